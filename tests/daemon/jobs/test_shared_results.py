from __future__ import annotations

import pytest
from wandbwatch.daemon.jobs.shared_results import FRESH, KEPT, SharedResults
from wandbwatch.model.address import Address, Cloud
from wandbwatch.model.errors import UsageError
from wandbwatch.model.query import Axis, Query
from wandbwatch.model.run import Run, Series, State

from tests.fakes import FakeSource

GPT = Cloud("acme", "gpt")
OWL = Run("a1", "owl", State.FINISHED)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_same_question_is_asked_once_a_moment():
    clock, source = Clock(), FakeSource([OWL], [Series("loss", [0], [1.0])])
    shared = SharedResults(lambda _address: source, clock)
    for _ in range(3):
        assert shared(GPT).run() == OWL
        assert shared(GPT).runs(Query()).runs == (OWL,)
        (curves,) = shared(GPT).curves(Query(), ["loss"], Axis())
        assert list(curves.series) == ["loss"]
    assert source.asked == 3
    clock.now = FRESH + 1
    shared(GPT).run()
    assert source.asked == 4


def test_another_question_or_place_is_another():
    source = FakeSource([OWL])
    shared = SharedResults(lambda _address: source, Clock())
    shared(GPT).runs(Query())
    shared(GPT).runs(Query(limit=5))
    shared(Cloud("acme", "bert")).runs(Query())
    assert source.asked == 3


def test_an_error_is_not_kept():
    source = FakeSource([OWL, OWL])
    shared = SharedResults(lambda _address: source, Clock())
    for _ in range(2):
        with pytest.raises(UsageError):
            shared(GPT).run()
    assert source.asked == 2


def test_it_does_not_grow():
    source = FakeSource([OWL])
    shared = SharedResults(lambda _address: source, Clock())
    for limit in range(3 * KEPT):
        shared(GPT).runs(Query(limit=limit))
    assert len(shared._results) == KEPT  # noqa: SLF001 -- its whole memory


def test_a_list_is_given_no_answer_older_than_its_own_last_round():
    clock, source = Clock(), FakeSource([OWL])
    shared = SharedResults(lambda _address: source, clock)
    for now, subscription, asked in [
        *[(0, "a", 1), (1, "b", 1), (2, "c", 1)],  # they share
        *[(3, "a", 2), (4, "b", 2), (5, "b", 3)],
    ]:
        clock.now = now
        shared.begin(subscription)
        clock.now += 0.5
        shared(GPT).run()
        assert source.asked == asked, subscription


def test_a_slow_answer_is_as_old_as_its_request():
    clock, source = Clock(), FakeSource([OWL])

    def slow(_address: Address) -> FakeSource:
        clock.now += 2
        return source

    shared = SharedResults(slow, clock)
    for asked in (1, 2, 3):
        shared.begin("a")
        shared(GPT).run()
        assert source.asked == asked, "a list reads anew each time"
        clock.now += 5
