"""Events that waited for hours: one digest in their place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from wandbwatch.delivery.digests import LATE_DIGEST, fold
from wandbwatch.delivery.outbox import History, SendResults
from wandbwatch.model.delivery import MessageFile, MessageKind
from wandbwatch.model.report import Level

from tests.delivery.outbox.messages import enqueue, head, queued
from tests.delivery.sender.harness import SenderHarness

PLOT = MessageFile("plot.png", b"png")
EVENT, BAD = MessageKind.EVENT, Level.BAD


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[SenderHarness]:
    harness = SenderHarness(tmp_path)
    yield harness
    harness.close()


def after(harness: SenderHarness, **span: float) -> list[str]:
    harness.clock.at += timedelta(**span)
    harness.deliver()
    return [str(one["message"]["content"]) for one in harness.server.messages]


def test_many_late_events_are_one_message_ahead_of_what_came_later(harness):
    for hour in range(40):
        event = queued(f"run {hour} failed", hour=hour, kind=EVENT, files=(PLOT,))
        enqueue(harness.store, event)
    harness.clock.at += timedelta(hours=13)
    enqueue(harness.store, queued("fresh", "bert", kind=EVENT))
    first, second = after(harness)
    assert first.startswith("40 events could not be posted for up to 13h 00m")
    assert "• run 39 failed" in first
    assert "the latest 10; the file has all:" in first
    assert second == "fresh"
    (file,) = harness.server.messages[0]["files"]
    assert file["filename"] == "events.txt"
    assert harness.server.messages[1]["files"] == []
    entries = list(History(harness.store).entries())
    assert [one.subscription for one in entries] == [LATE_DIGEST, "bert"]


def test_a_digest_of_bad_news_pings_once(harness):
    for i in range(5):
        level = BAD if i == 3 else Level.INFO
        enqueue(harness.store, queued(f"{i}", sequence=i, kind=EVENT, level=level))
    harness.clock.at += timedelta(hours=13)
    harness.deliver()
    assert harness.store.read(
        "SELECT level FROM message WHERE state = 'delivered'"
    ) == [("bad",)]


@pytest.mark.parametrize(("count", "hours"), [(2, 13), (40, 11)])
def test_few_events_and_fresh_ones_are_posted_one_by_one(harness, count, hours):
    for i in range(count):
        enqueue(harness.store, queued(f"event {i}", sequence=i, kind=EVENT))
    assert len(after(harness, hours=hours)) == count


def test_what_may_be_posted_already_is_not_in_a_digest(harness):
    for i in range(5):
        enqueue(harness.store, queued(f"event {i}", sequence=i, kind=EVENT))
    SendResults(harness.store).retry(
        head(harness.store), 1, "connection reset", ambiguous=True
    )
    texts = after(harness, hours=13)
    assert "possible duplicate" in texts[0]
    assert texts[1].startswith("4 events could not be posted")


def test_a_digest_that_waits_is_not_folded_again(harness):
    for day in range(2):
        for i in range(4):
            event = queued(f"event {i}", hour=24 * day, sequence=i, kind=EVENT)
            enqueue(harness.store, event)
        harness.clock.at += timedelta(hours=13)
        assert fold(harness.store, "lab", 12 * 3600.0) == 4
    texts = after(harness, hours=48)
    assert [text.split(" for")[0] for text in texts] == [
        "4 events could not be posted"
    ] * 2
