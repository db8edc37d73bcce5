from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from wandbwatch.delivery.outbox import Outbox, Queue, SendResults, Store
from wandbwatch.model.queued_message import MessageKind

from tests.delivery.outbox.letters import NOON, Clock, enqueue, head, letter, text


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock, opened):
    store = opened(tmp_path, clock.now)
    yield store
    store.close()


def waiting(store: Store, channel: str = "lab") -> list[str]:
    """The texts that wait, in order, taken out one by one."""
    texts = []
    while first := Queue(store).head(channel):
        texts.append(text(first))
        SendResults(store).failed(first, "")
    return texts


def test_a_round_is_written_whole_or_not_at_all(store):
    outbox = Outbox(store)

    def killed() -> None:
        with outbox.round() as round_:
            round_.enqueue(letter("one"))
            round_.remember("gpt", "states a/b", "told", "x")
            round_.done("gpt", NOON)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert outbox.pending() == 0
    assert outbox.recall("gpt", "states a/b") == {}
    assert outbox.slot("gpt") is None


def test_what_a_round_wrote_is_there_after_a_restart(store, tmp_path, opened):
    berlin = timezone(timedelta(hours=1))
    with Outbox(store).round() as round_:
        round_.enqueue(letter("one"))
        round_.remember("gpt", "line", "told", "x")
        round_.remember("gpt", "line", "old", "y")
        round_.forget("gpt", "line", "old")
        round_.done("gpt", NOON.astimezone(berlin))
    store.close()
    again = opened(tmp_path)
    outbox = Outbox(again)
    assert outbox.pending() == 1
    assert outbox.recall("gpt", "line") == {"told": "x"}
    assert outbox.recall("gpt", "other line") == {}
    assert outbox.slots() == {"gpt": NOON}
    again.close()


def test_a_place_in_a_list_is_filled_once(store):
    assert enqueue(store, letter("one"), letter("one again")) == [True, False]
    first = head(store)
    SendResults(store).delivered(first, "1", None)
    assert enqueue(store, letter("one, after it was told")) == [False]


def test_a_report_takes_the_place_of_its_forerunner(store):
    enqueue(store, letter("old"), letter("old, second", sequence=1))
    enqueue(store, letter("other", "bert"))
    enqueue(store, letter("elsewhere", channel="ops"))
    enqueue(store, letter("new", hour=1))
    assert waiting(store) == ["other", "new"]
    assert waiting(store, "ops") == ["elsewhere"]


def test_an_event_is_never_superseded(store):
    enqueue(
        store, letter("event", kind=MessageKind.EVENT), letter("report", sequence=1)
    )
    enqueue(store, letter("new", hour=1))
    assert waiting(store) == ["event", "new"]


@pytest.mark.parametrize("begun", ["delivered", "claimed", "ambiguous"])
def test_a_list_that_was_begun_is_not_superseded(store, begun):
    enqueue(store, letter("first"), letter("second", sequence=1))
    first = head(store)
    if begun == "delivered":
        SendResults(store).delivered(first, "1", None)
    else:
        Queue(store).claim(first, "lane")
    if begun == "ambiguous":
        SendResults(store).again(first, 0, "reset", ambiguous=True)
    enqueue(store, letter("new", hour=1))
    left = ["first"] * (begun != "delivered") + ["second", "new"]
    assert waiting(store) == left


def test_a_report_that_never_left_is_superseded(store):
    enqueue(store, letter("old"))
    first = head(store)
    Queue(store).claim(first, "lane")
    SendResults(store).again(first, 60, "refused")
    enqueue(store, letter("new", hour=1))
    assert waiting(store) == ["new"]


def test_what_was_told_is_forgotten_after_a_week(store, clock):
    enqueue(store, letter("one"))
    SendResults(store).delivered(head(store), "1", None)
    clock.wait(8 * 86400)
    enqueue(store)
    assert store.read("SELECT count(*) FROM message") == [(0,)]
