from __future__ import annotations

from dataclasses import replace

import pytest
from wandbwatch.delivery.outbox import Waiting
from wandbwatch.delivery.sender.decision import (
    Again,
    Anew,
    Done,
    Fail,
    Reduce,
    Step,
    StopChannel,
    ThreadGone,
    backoff,
    before_again,
    decide,
    used_up,
)
from wandbwatch.model.delivery import (
    Ambiguous,
    Delivered,
    MessageMissing,
    NotSent,
    Outcome,
    RateLimited,
    RateScope,
    Refused,
    WebhookGone,
)

from tests.delivery.outbox.letters import letter

NEW = Waiting(1, letter("x"), 0, 0, False, 0.0, "")


def step(outcome: Outcome, waiting: Waiting = NEW, *, editing: bool = False) -> Step:
    return decide(outcome, waiting, editing=editing, own_thread=False)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Delivered("1", "2"), Done("1", "2")),
        (NotSent("refused"), Again(1, "refused")),
        (RateLimited(0.5, RateScope.SHARED), Again(0.5, "429 rate limit (shared)")),
        (RateLimited(1e9, RateScope.USER), Again(3600, "429 rate limit (user)")),
        (RateLimited(None, RateScope.EDGE), Again(120, "429 rate limit (edge)")),
        (RateLimited(900, RateScope.EDGE), Again(900, "429 rate limit (edge)")),
        (Ambiguous("reset"), Again(1, "reset", counted=True)),
        (WebhookGone("10015"), StopChannel("10015")),
        (WebhookGone("10003", thread=True), StopChannel("10003")),
        (Refused(50035, "title"), Reduce("title")),
        (MessageMissing(), Fail("10008 Unknown Message")),
    ],
)
def test_each_outcome_has_its_step(outcome, expected):
    assert step(outcome) == expected


def test_an_edit_is_repeatable_and_may_be_missing():
    assert step(Ambiguous("reset"), editing=True) == Again(1, "reset")
    assert step(MessageMissing(), editing=True) == Anew()


def test_a_thread_of_ours_is_opened_anew():
    gone = WebhookGone("10003", thread=True)
    assert decide(gone, NEW, editing=False, own_thread=True) == ThreadGone()


def test_waits_grow_and_end_growing():
    assert [backoff(n) for n in (0, 1, 5, 9, 10, 10**6)] == [1, 2, 32, 512, 600, 600]
    edge = RateLimited(None, RateScope.EDGE)
    waits = [step(edge, replace(NEW, attempts=n)) for n in range(8)]
    minutes = [w.after / 60 for w in waits if isinstance(w, Again)]
    assert minutes == [2, 4, 8, 16, 32, 60, 60, 60]


def test_plain_text_that_is_refused_is_a_dead_letter_with_both_reasons():
    reduced = replace(NEW, reduced=True, reason="title")
    assert step(Refused(1, "no"), reduced) == Fail("title; and as plain text: no")


def test_an_outage_is_not_counted():
    assert before_again(Ambiguous("502"), NEW) == Again(1, "502")
    assert before_again(NotSent("refused"), NEW) == Again(1, "refused")
    assert before_again(WebhookGone("10015"), NEW) == StopChannel("10015")
    assert before_again(Delivered(), NEW) is None


def test_three_times_again_and_no_more():
    assert used_up(replace(NEW, ambiguous=3)) is None
    assert used_up(replace(NEW, ambiguous=4)) is not None
