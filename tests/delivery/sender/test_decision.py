from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.delivery.outbox import Waiting
from wandbwatch.delivery.sender.decision import (
    Done,
    Fail,
    PostAgain,
    RateLimiter,
    Reduce,
    Retry,
    Step,
    StopChannel,
    ThreadGone,
    backoff,
    before_retry,
    decide,
    limiter_after,
    out_of_tries,
)
from wandbwatch.model.delivery import (
    Ambiguous,
    Delivered,
    MessageMissing,
    NotSent,
    Outcome,
    Rate,
    RateLimited,
    RateScope,
    Refused,
    WebhookGone,
)

from tests.delivery.outbox.messages import queued

NEW = Waiting(1, queued("x"), 0, 0, False, 0.0, "")


def step(outcome: Outcome, waiting: Waiting = NEW, *, editing: bool = False) -> Step:
    return decide(outcome, waiting, editing=editing, own_thread=False)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Delivered("1", "2"), Done("1", "2")),
        (NotSent("refused"), Retry(1, "refused")),
        (RateLimited(0.5, RateScope.SHARED), Retry(0.5, "429 rate limit (shared)")),
        (RateLimited(1e9, RateScope.USER), Retry(3600, "429 rate limit (user)")),
        (RateLimited(None, RateScope.EDGE), Retry(120, "429 rate limit (edge)")),
        (RateLimited(900, RateScope.EDGE), Retry(900, "429 rate limit (edge)")),
        (Ambiguous("reset"), Retry(1, "reset", counted=True)),
        (WebhookGone("10015"), StopChannel("10015")),
        (WebhookGone("10003", thread=True), StopChannel("10003")),
        (Refused(50035, "title"), Reduce("title")),
        (MessageMissing(), Fail("10008 Unknown Message")),
    ],
)
def test_each_outcome_has_its_step(outcome, expected):
    assert step(outcome) == expected


def test_an_edit_is_repeatable_and_may_be_missing():
    assert step(Ambiguous("reset"), editing=True) == Retry(1, "reset")
    assert step(MessageMissing(), editing=True) == PostAgain()


def test_a_thread_of_ours_is_opened_again():
    gone = WebhookGone("10003", thread=True)
    assert decide(gone, NEW, editing=False, own_thread=True) == ThreadGone()


def test_waits_grow_and_end_growing():
    assert [backoff(n) for n in (0, 1, 5, 9, 10, 10**6)] == [1, 2, 32, 512, 600, 600]
    edge = RateLimited(None, RateScope.EDGE)
    waits = [step(edge, replace(NEW, attempts=n)) for n in range(8)]
    minutes = [w.after / 60 for w in waits if isinstance(w, Retry)]
    assert minutes == [2, 4, 8, 16, 32, 60, 60, 60]


def test_plain_text_that_is_refused_is_a_dead_letter_with_both_reasons():
    reduced = replace(NEW, reduced=True, reason="title")
    assert step(Refused(1, "no"), reduced) == Fail("title; and as plain text: no")


def test_an_outage_is_not_counted():
    assert before_retry(Ambiguous("502"), NEW) == Retry(1, "502")
    assert before_retry(NotSent("refused"), NEW) == Retry(1, "refused")
    assert before_retry(WebhookGone("10015"), NEW) == StopChannel("10015")
    assert before_retry(Delivered(), NEW) is None


def test_a_message_of_unknown_fate_is_sent_three_times_more():
    assert out_of_tries(replace(NEW, ambiguous=3)) is None
    assert out_of_tries(replace(NEW, ambiguous=4)) is not None


SECONDS = st.floats(0, 3)


@given(st.lists(st.tuples(SECONDS, SECONDS, SECONDS), min_size=40, max_size=90))
def test_no_window_ever_holds_more_than_its_limit(sends):
    """Whatever passes between sends, on their way there and on the way back."""
    limiter, now, arrived = RateLimiter(), 1000.0, []
    for idle, there, back in sends:
        now += idle
        now += limiter.delay(now)
        arrived.append(now + there / 10)
        now += there / 10 + back / 10
        limiter.ended(now)
    for count, seconds in ((5, 2.0), (30, 60.0)):
        spans = zip(arrived, arrived[count:], strict=False)
        assert all(later - first > seconds for first, later in spans)


def test_what_an_answer_says_is_believed_for_a_while():
    limiter = RateLimiter()
    limiter.ended(100.0, Rate(0, 7.5))
    assert 7.5 < limiter.delay(100.0) < 8
    limiter.ended(108.0, Rate(3, 1.0))
    assert limiter.delay(108.0) == 0
    limiter.ended(108.0, Rate(0, 1e9))
    assert limiter.delay(108.0) <= 61


def test_a_clock_that_was_put_back_delays_nothing():
    limiter = RateLimiter()
    for _ in range(30):
        limiter.ended(1e6, Rate(0, 2.0))
    assert limiter.delay(1000.0) <= 61


def test_the_last_send_of_a_sender_that_died_may_end_right_now():
    limiter = limiter_after((100.0, 100.1, 100.2, 100.3, 100.4), 101.0)
    assert 1.0 < limiter.delay(101.0) < 1.3
    assert limiter_after((), 101.0).delay(101.0) == 0
