from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from wandbwatch.experiments.batch_supervisor import BatchSupervisor
from wandbwatch.experiments.engine import JobEngine
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.notify import Notifier
from wandbwatch.model.experiment import Experiment, Phase, Plan

START = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = Plan("ppo", "/s", "{}", "/w", best="loss:min")


class StoppedInBetween(Ledger):
    """Everything is stopped right after the first look for what was stopped."""

    def withdrawn(self, batch: int) -> Sequence[Experiment]:
        found = super().withdrawn(batch)
        self.ask(self.of_batch(batch), "term", "stopped by me")
        return found


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def test_scores_are_compared_with_earlier_ends(tmp_path, opened):
    ledger = Ledger(opened(tmp_path, Clock()))
    plans = [PLAN, PLAN, replace(PLAN, best="acc:max"), replace(PLAN, name="dqn")]
    batch = ledger.add(plans, 4, "me", detached=True)
    started = [ledger.begin(one, "log", "dir") for one in batch]
    for one, score in reversed(list(zip(started, (1.0, 2.0, 3.0, 4.0), strict=True))):
        assert one is not None
        assert ledger.end(replace(one, score=score), Phase.FINISHED)
    first, second, third, fourth = map(ledger.find, (1, 2, 3, 4))
    assert ledger.earlier_scores(first) == (2.0,)
    others = (second, third, fourth)
    assert [ledger.earlier_scores(one) for one in others] == [(), (), ()]


def test_an_end_is_recorded_once(tmp_path, opened):
    ledger = Ledger(opened(tmp_path, Clock()))
    (one,) = ledger.add([PLAN], 1, "me", detached=True)
    started = ledger.begin(one, "log", "dir")
    assert started is not None
    assert ledger.begin(one, "log", "dir") is None
    assert ledger.end(started, Phase.FINISHED)
    assert not ledger.end(started, Phase.LOST)
    assert ledger.find(1).phase is Phase.FINISHED
    assert ledger.unfinished() == ()


def test_a_supervisor_misses_no_stop_between_two_looks(tmp_path, opened):
    ledger = StoppedInBetween(opened(tmp_path, Clock()))
    ledger.add([PLAN] * 3, 2, "me", detached=True)
    supervisor = BatchSupervisor(
        ledger, 1, Notifier(ledger, None, 1), {}, JobEngine({})
    )
    assert not supervisor.step()
    assert supervisor.step()
    assert {one.phase for one in ledger.of_batch(1)} == {Phase.STOPPED}
