"""Messages that quiet hours or an outage held: one digest in their place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from wandbwatch.delivery.digests import LATE_DIGEST, fold, heading, is_quiet
from wandbwatch.delivery.outbox import History, SendResults
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import MessageFile, MessageKind
from wandbwatch.model.settings import QuietHours

from tests.delivery.outbox.messages import NOON, enqueue, head, queued
from tests.delivery.sender.harness import SenderHarness

NIGHT = QuietHours(time(22), time(8))
LUNCH = QuietHours(time(12), time(13, 30))


@pytest.mark.parametrize(
    ("quiet", "at", "held"),
    [
        (None, "03:00", False),
        (NIGHT, "21:59", False),
        (NIGHT, "22:00", True),
        (NIGHT, "00:00", True),
        (NIGHT, "07:59", True),
        (NIGHT, "08:00", False),
        (LUNCH, "12:00", True),
        (LUNCH, "13:30", False),
        (QuietHours(time(5), time(5)), "05:00", False),
    ],
)
def test_quiet_hours_have_a_start_and_an_end(quiet, at, held):
    assert is_quiet(quiet, datetime.fromisoformat(f"2026-01-01 {at}+01:00")) is held


def test_posts_are_held_bad_news_pass_and_one_digest_follows(harness):
    harness.hook("ops", quiet=LUNCH)
    calm = [queued(f"calm {i}", f"s{i}", channel="ops") for i in range(4)]
    bad = queued("bad", "s9", channel="ops", level=Level.BAD)
    more = queued("more of it", "s9", sequence=1, channel="ops")
    harness.enqueue(*calm, bad, more)
    harness.restart(once=True)
    harness.deliver("ops")
    assert harness.texts == ["bad", "more of it"]
    harness.restart()
    harness.deliver("ops")
    assert (harness.clock.now() - NOON).total_seconds() >= 90 * 60
    (digest,) = harness.texts[2:]
    assert digest.splitlines() == [heading(LUNCH, 4), *(f"calm {i}" for i in range(4))]
    assert harness.admin.waiting() == ()


def test_events_that_were_held_are_in_the_digest_as_they_are_at_last(harness):
    harness.hook("ops", quiet=LUNCH)
    best, late = (
        replace(
            queued(
                text,
                "s",
                hour,
                10_000,
                channel="ops",
                kind=MessageKind.EVENT,
                edit=True,
            ),
            name="best#0",
        )
        for text, hour in (("best: 0.5", 0), ("best: 0.4", 1))
    )
    started = queued(
        "started", "s", sequence=10_001, channel="ops", kind=MessageKind.EVENT
    )
    harness.enqueue(best, started)
    harness.enqueue(late)
    harness.deliver("ops")
    (digest,) = harness.texts
    assert digest.splitlines() == [heading(LUNCH, 2), "started", "best: 0.4"]
    assert harness.admin.waiting() == ()


def test_the_rest_of_an_event_that_is_bad_news_is_not_held(harness):
    harness.hook("ops", quiet=LUNCH)
    crashed = queued(
        "crashed", "s", sequence=10_000, channel="ops", level=Level.BAD, edit=True
    )
    more = queued(
        "more", "s", 0, 10_001, channel="ops", kind=MessageKind.EVENT, edit=True
    )
    crashed = replace(crashed, kind=MessageKind.EVENT, name="a#0")
    harness.enqueue(crashed, replace(more, name="a#1"))
    harness.restart(once=True)
    harness.deliver("ops")
    assert harness.texts == ["crashed", "more"]


def test_one_post_is_no_digest(harness):
    harness.hook("ops", quiet=LUNCH)
    harness.enqueue(queued("calm", channel="ops"))
    harness.deliver("ops")
    assert harness.texts == ["calm"]


def test_a_held_report_still_gives_way_to_the_next(harness):
    harness.hook("ops", quiet=LUNCH)
    harness.enqueue(queued("old", channel="ops"))
    harness.restart(once=True)
    harness.deliver("ops")
    harness.enqueue(queued("new", hour=1, channel="ops"))
    harness.restart()
    harness.deliver("ops")
    assert harness.texts == ["new"]


def test_a_live_message_is_kept_fresh_in_quiet_hours(harness):
    harness.hook("ops")
    harness.enqueue(queued("one", channel="ops", edit=True))
    harness.deliver("ops")
    harness.channels["ops"] = replace(harness.channels["ops"], quiet=LUNCH)
    harness.enqueue(queued("two", hour=1, channel="ops", edit=True))
    harness.restart(once=True)
    harness.deliver("ops")
    assert harness.texts == ["two"]
    assert (harness.clock.now() - NOON).total_seconds() < 60
    assert harness.admin.waiting() == ()


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
