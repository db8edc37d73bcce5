"""The sender's and the operator's sides of the outbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from wandbwatch.delivery.digests import HeldMessages
from wandbwatch.delivery.outbox import (
    Outbox,
    OutboxAdmin,
    Queue,
    SendResults,
)
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message, MessageFile

from tests.delivery.outbox.messages import NOON, Clock, enqueue, head, queued, text


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock, opened):
    store = opened(tmp_path, clock.now)
    yield store
    store.close()


def test_a_letter_comes_back_as_it_went_in(store):
    files = (MessageFile("b.png", b"\x89PNG"), MessageFile("a.png", b""))
    sent = queued("x", level=Level.BAD, edit=True, expires=NOON, files=files)
    enqueue(store, sent)
    first = head(store)
    assert first.queued == sent
    assert (first.attempts, first.ambiguous, first.reduced) == (0, 0, False)


def test_a_claim_that_was_never_given_back_is_ambiguous(store):
    queue = Queue(store)
    enqueue(store, queued("x"))
    queue.claim(head(store), "bucket")
    assert queue.recover() == 1
    assert head(store).ambiguous == 1
    assert queue.recover() == 0


def test_a_claimed_edit_is_repeatable(store):
    queue = Queue(store)
    enqueue(store, queued("x", edit=True))
    SendResults(store).delivered(head(store), "77", None)
    enqueue(store, queued("y", hour=1, edit=True))
    assert queue.live(head(store).queued) == "77"
    queue.claim(head(store), "bucket")
    queue.recover()
    assert head(store).ambiguous == 0


def test_an_edit_forgets_a_message_that_is_missing(store):
    queue = Queue(store)
    enqueue(store, queued("x", edit=True))
    SendResults(store).delivered(head(store), "77", None)
    enqueue(store, queued("y", hour=1, edit=True))
    SendResults(store).post_again(head(store))
    assert queue.live(head(store).queued) is None


def test_attempts_and_waits_are_kept(store):
    results = SendResults(store)
    enqueue(store, queued("x"))
    results.retry(head(store), 30, "connection refused")
    results.retry(head(store), 30, "reset", ambiguous=True)
    results.reduce(head(store), "embeds[0].title: too long")
    first = head(store)
    assert (first.attempts, first.ambiguous, first.reduced) == (2, 1, True)
    assert first.not_before == NOON.timestamp() + 30
    assert first.reason == "embeds[0].title: too long"


def test_a_stopped_channel_keeps_its_letters_and_is_left_alone(store):
    queue, admin = Queue(store), OutboxAdmin(store)
    enqueue(store, queued("x"), queued("y", channel="ops"))
    SendResults(store).stopped(head(store), "10015 Unknown Webhook")
    assert queue.channels() == ("ops",)
    assert Outbox(store).pending() == 1
    assert [(s.channel, s.reason) for s in admin.stopped()] == [
        ("lab", "10015 Unknown Webhook")
    ]
    assert admin.resume("lab")
    assert not admin.resume("lab")
    assert queue.channels() == ("lab", "ops")


def test_what_is_late_fails_with_its_reason(store, clock):
    late = NOON + timedelta(hours=1)
    enqueue(store, queued("x", expires=late), queued("y", sequence=1))
    results = SendResults(store)
    results.retry(head(store), 1, "connection refused")
    assert results.expire("lab") == 0
    clock.wait(3600)
    assert results.expire("lab") == 1
    assert [f.reason for f in OutboxAdmin(store).failed()] == [
        "it waited too long: connection refused"
    ]
    assert text(head(store)) == "y"


def test_what_failed_waits_again_behind_the_rest(store):
    enqueue(
        store, queued("x", files=(MessageFile("a.png", b"1"),)), queued("y", sequence=1)
    )
    admin = OutboxAdmin(store)
    SendResults(store).failed(head(store), "50035")
    assert [w.subscription for w in admin.waiting()] == ["gpt"]
    assert admin.retry() == 1
    assert text(head(store)) == "y"
    SendResults(store).delivered(head(store), "1", None)
    assert head(store).queued.message.files == (MessageFile("a.png", b"1"),)
    SendResults(store).failed(head(store), "50035")
    assert admin.drop() == 1
    assert admin.failed() == admin.waiting() == ()


def test_quiet_hours_let_bad_news_pass_and_hold_the_rest(store):
    queue, held = Queue(store), HeldMessages(store)
    enqueue(store, queued("calm"), queued("bad", sequence=1, level=Level.BAD))
    held.hold("lab", Level.BAD)
    first = head(store, quiet=Level.BAD)
    assert text(first) == "bad"
    SendResults(store).delivered(first, "1", None)
    assert queue.head("lab", quiet=Level.BAD) is None
    assert queue.rest(first.queued, quiet=Level.BAD) is None
    enqueue(store, queued("calm too", "bert"))
    held.hold("lab", Level.BAD)
    kept = held.held("lab")
    assert len(kept) == 2
    held.replace(kept, [Message('{"content": "both"}')])
    assert text(head(store)) == "both"
    assert held.held("lab") == ()


def test_quiet_hours_hold_what_is_less_bad_than_a_channel_pings_for(store):
    enqueue(store, queued("stalled", level=Level.WARN))
    assert Queue(store).head("lab", quiet=Level.BAD) is None
    assert text(head(store, quiet=Level.WARN)) == "stalled"
    HeldMessages(store).hold("lab", Level.WARN)
    assert HeldMessages(store).held("lab") == ()


def test_quiet_hours_let_what_follows_bad_news_pass(store):
    enqueue(store, queued("bad", level=Level.BAD), queued("more", sequence=1))
    SendResults(store).delivered(head(store, quiet=Level.BAD), "1", None)
    assert text(head(store, quiet=Level.BAD)) == "more"


def test_quiet_hours_let_a_list_end_and_an_edit_pass(store):
    queue, results = Queue(store), SendResults(store)
    enqueue(store, queued("x", edit=True))
    results.delivered(head(store), "1", None)
    enqueue(store, queued("first", "bert"), queued("second", "bert", sequence=1))
    results.delivered(head(store), "2", None)
    enqueue(store, queued("y", hour=1, edit=True), queued("new", "t5"))
    texts = []
    while first := queue.head("lab", quiet=Level.BAD):
        texts.append(text(first))
        results.delivered(first, "3", None)
    assert texts == ["second", "y"]


def test_sends_are_counted_by_lane(store, clock):
    queue = Queue(store)
    enqueue(store, queued("x"))
    queue.claim(head(store), "bucket")
    clock.wait(10)
    queue.claim(head(store), "bucket")
    assert queue.sent("bucket", NOON.timestamp() - 1) == (
        NOON.timestamp(),
        NOON.timestamp() + 10,
    )
    assert queue.sent("other", 0) == ()
