"""The sender's and the operator's sides of the outbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from wandbwatch.delivery.outbox import (
    Outbox,
    OutboxAdmin,
    Queue,
    SendResults,
)
from wandbwatch.delivery.quiet_hours import HeldMessages
from wandbwatch.model.queued_message import Message, MessageFile
from wandbwatch.model.report import Level

from tests.delivery.outbox.letters import NOON, Clock, enqueue, head, letter, text


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
    sent = letter("x", level=Level.BAD, edit=True, expires=NOON, files=files)
    enqueue(store, sent)
    first = head(store)
    assert first.letter == sent
    assert (first.attempts, first.ambiguous, first.reduced) == (0, 0, False)


def test_a_claim_that_nobody_gave_back_is_ambiguous(store):
    queue = Queue(store)
    enqueue(store, letter("x"))
    queue.claim(head(store), "lane")
    assert queue.recover() == 1
    assert head(store).ambiguous == 1
    assert queue.recover() == 0


def test_a_claimed_edit_is_repeatable(store):
    queue = Queue(store)
    enqueue(store, letter("x", edit=True))
    SendResults(store).delivered(head(store), "77", None)
    enqueue(store, letter("y", hour=1, edit=True))
    assert queue.live(head(store).letter) == "77"
    queue.claim(head(store), "lane")
    queue.recover()
    assert head(store).ambiguous == 0


def test_an_edit_forgets_a_message_that_is_missing(store):
    queue = Queue(store)
    enqueue(store, letter("x", edit=True))
    SendResults(store).delivered(head(store), "77", None)
    enqueue(store, letter("y", hour=1, edit=True))
    SendResults(store).anew(head(store))
    assert queue.live(head(store).letter) is None


def test_attempts_and_waits_are_kept(store):
    endings = SendResults(store)
    enqueue(store, letter("x"))
    endings.again(head(store), 30, "connection refused")
    endings.again(head(store), 30, "reset", ambiguous=True)
    endings.reduce(head(store), "embeds[0].title: too long")
    first = head(store)
    assert (first.attempts, first.ambiguous, first.reduced) == (2, 1, True)
    assert first.not_before == NOON.timestamp() + 30
    assert first.reason == "embeds[0].title: too long"


def test_a_stopped_channel_keeps_its_letters_and_is_left_alone(store):
    queue, desk = Queue(store), OutboxAdmin(store)
    enqueue(store, letter("x"), letter("y", channel="ops"))
    SendResults(store).stopped(head(store), "10015 Unknown Webhook")
    assert queue.channels() == ("ops",)
    assert Outbox(store).pending() == 1
    assert [(s.channel, s.reason) for s in desk.stopped()] == [
        ("lab", "10015 Unknown Webhook")
    ]
    assert desk.resume("lab")
    assert not desk.resume("lab")
    assert queue.channels() == ("lab", "ops")


def test_what_is_late_fails_with_its_reason(store, clock):
    late = NOON + timedelta(hours=1)
    enqueue(store, letter("x", expires=late), letter("y", sequence=1))
    endings = SendResults(store)
    endings.again(head(store), 1, "connection refused")
    assert endings.expire("lab") == 0
    clock.wait(3600)
    assert endings.expire("lab") == 1
    assert [f.reason for f in OutboxAdmin(store).failed()] == [
        "it waited too long: connection refused"
    ]
    assert text(head(store)) == "y"


def test_what_failed_waits_again_behind_the_rest(store):
    enqueue(
        store, letter("x", files=(MessageFile("a.png", b"1"),)), letter("y", sequence=1)
    )
    desk = OutboxAdmin(store)
    SendResults(store).failed(head(store), "50035")
    assert [w.subscription for w in desk.waiting()] == ["gpt"]
    assert desk.retry() == 1
    assert text(head(store)) == "y"
    SendResults(store).delivered(head(store), "1", None)
    assert head(store).letter.message.files == (MessageFile("a.png", b"1"),)
    SendResults(store).failed(head(store), "50035")
    assert desk.drop() == 1
    assert desk.failed() == desk.waiting() == ()


def test_quiet_hours_let_bad_news_pass_and_hold_the_rest(store):
    queue, held = Queue(store), HeldMessages(store)
    enqueue(store, letter("calm"), letter("bad", sequence=1, level=Level.BAD))
    held.hold("lab")
    first = head(store, quiet=True)
    assert text(first) == "bad"
    SendResults(store).delivered(first, "1", None)
    assert queue.head("lab", quiet=True) is None
    assert queue.rest(first.letter, quiet=True) is None
    enqueue(store, letter("calm too", "bert"))
    held.hold("lab")
    kept = held.held("lab")
    assert len(kept) == 2
    held.replace(kept, [Message('{"content": "both"}')])
    assert text(head(store)) == "both"
    assert held.held("lab") == ()


def test_quiet_hours_let_what_follows_bad_news_pass(store):
    enqueue(store, letter("bad", level=Level.BAD), letter("more", sequence=1))
    SendResults(store).delivered(head(store, quiet=True), "1", None)
    assert text(head(store, quiet=True)) == "more"


def test_quiet_hours_let_a_list_end_and_an_edit_pass(store):
    queue, endings = Queue(store), SendResults(store)
    enqueue(store, letter("x", edit=True))
    endings.delivered(head(store), "1", None)
    enqueue(store, letter("first", "bert"), letter("second", "bert", sequence=1))
    endings.delivered(head(store), "2", None)
    enqueue(store, letter("y", hour=1, edit=True), letter("new", "t5"))
    texts = []
    while first := queue.head("lab", quiet=True):
        texts.append(text(first))
        endings.delivered(first, "3", None)
    assert texts == ["second", "y"]


def test_sends_are_counted_by_lane(store, clock):
    queue = Queue(store)
    enqueue(store, letter("x"))
    queue.claim(head(store), "lane")
    clock.wait(10)
    queue.claim(head(store), "lane")
    assert queue.sent("lane", NOON.timestamp() - 1) == (
        NOON.timestamp(),
        NOON.timestamp() + 10,
    )
    assert queue.sent("other", 0) == ()
