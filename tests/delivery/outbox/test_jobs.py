from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from wandbwatch.delivery.outbox import Outbox, Queue, SendResults, Store
from wandbwatch.model.delivery import MessageKind

from tests.delivery.outbox.messages import NOON, Clock, enqueue, head, queued, text


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
            round_.enqueue(queued("one"))
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
        round_.enqueue(queued("one"))
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
    assert enqueue(store, queued("one"), queued("one again")) == [True, False]
    first = head(store)
    SendResults(store).delivered(first, "1", None)
    assert enqueue(store, queued("one, after it was told")) == [False]


def test_a_report_takes_the_place_of_its_forerunner(store):
    enqueue(store, queued("old"), queued("old, second", sequence=1))
    enqueue(store, queued("other", "bert"))
    enqueue(store, queued("elsewhere", channel="ops"))
    enqueue(store, queued("new", hour=1))
    assert waiting(store) == ["other", "new"]
    assert waiting(store, "ops") == ["elsewhere"]


def test_an_event_is_never_superseded(store):
    enqueue(
        store, queued("event", kind=MessageKind.EVENT), queued("report", sequence=1)
    )
    enqueue(store, queued("new", hour=1))
    assert waiting(store) == ["event", "new"]


@pytest.mark.parametrize("state", ["delivered", "claimed", "ambiguous"])
def test_a_partly_sent_list_is_not_superseded(store, state):
    enqueue(store, queued("first"), queued("second", sequence=1))
    first = head(store)
    if state == "delivered":
        SendResults(store).delivered(first, "1", None)
    else:
        Queue(store).claim(first, "bucket")
    if state == "ambiguous":
        SendResults(store).retry(first, 0, "reset", ambiguous=True)
    enqueue(store, queued("new", hour=1))
    left = ["first"] * (state != "delivered") + ["second", "new"]
    assert waiting(store) == left


def test_a_report_that_never_left_is_superseded(store):
    enqueue(store, queued("old"))
    first = head(store)
    Queue(store).claim(first, "bucket")
    SendResults(store).retry(first, 60, "refused")
    enqueue(store, queued("new", hour=1))
    assert waiting(store) == ["new"]


def test_what_was_reported_is_forgotten_after_a_week(store, clock):
    enqueue(store, queued("one"))
    SendResults(store).delivered(head(store), "1", None)
    clock.wait(8 * 86400)
    enqueue(store)
    assert store.read("SELECT count(*) FROM message") == [(0,)]
