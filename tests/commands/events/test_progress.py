"""Which pauses of a run are usual, by value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from wandbwatch.commands.events.lifecycle import (
    Event,
    EventMemory,
    Recovered,
    Stalled,
    detect,
    taught,
)
from wandbwatch.commands.events.lifecycle.detection import listed
from wandbwatch.commands.events.lifecycle.event import LongPause
from wandbwatch.commands.events.lifecycle.progress import gpus_idle, past
from wandbwatch.model.query import Curves
from wandbwatch.model.run import Run, Series, State

from tests.commands.events.test_detection import MINUTE, RULES
from tests.fakes import NOW
from tests.runs.synthetic import START, row, run, write
from tests.sources.local.reading import source


class Group:
    """Runs of a group, looked at once a minute; some make a step each minute."""

    def __init__(self, *names: str) -> None:
        self.steps: dict[str, int | None] = dict.fromkeys(names, 0)
        self.rows: dict[str, float] = {}
        self.over: dict[str, datetime] = {}
        self.minute = 0
        self.memory: EventMemory | None = None
        self.system: dict[str, float] = {}

    def pass_minutes(self, minutes: int, *moving: str) -> list[Event]:
        found: list[Event] = []
        for _ in range(minutes):
            self.minute += 1
            for name in moving:
                self.steps[name] = (self.steps[name] or 0) + 1
                self.rows[name] = (NOW + self.minute * MINUTE).timestamp()
            happened, memory = detect(
                self.memory, self.runs(), NOW + self.minute * MINUTE, RULES
            )
            self.memory = EventMemory.read(*memory.written())
            assert self.memory == memory
            found += [event for event in happened if event.kind.value != "started"]
        return found

    def finish(self, name: str) -> list[Event]:
        self.over[name] = NOW + self.minute * MINUTE
        return self.pass_minutes(1)

    def runs(self) -> Sequence[Run]:
        at = NOW + self.minute * MINUTE
        return [
            Run(
                name,
                name,
                State.FINISHED if name in self.over else State.RUNNING,
                created=NOW,
                heartbeat=(heard := self.over.get(name, at)),
                runtime=(heard - NOW).total_seconds() if name in self.over else None,
                group="g",
                last_step=step,
                summary={"_timestamp": self.rows[name]} if name in self.rows else {},
                system=self.system,
            )
            for name, step in self.steps.items()
        ]


def test_a_pause_that_ended_well_is_usual_from_then_on():
    group = Group("a")
    group.pass_minutes(7, "a")
    (stall,) = group.pass_minutes(19)
    assert isinstance(stall, Stalled)
    (back,) = group.pass_minutes(1, "a")
    assert isinstance(back, Recovered)
    assert (back.after, back.usual) == (20 * 60, True)
    group.pass_minutes(33, "a")
    assert group.pass_minutes(39) == []
    (again,) = group.pass_minutes(3)
    assert isinstance(again, Stalled)
    assert again.usual == 20 * 60


def test_a_local_run_resumed_from_an_earlier_step_is_not_stalled(tmp_path):
    path = tmp_path / "wandb"
    first = [r for n in range(60) for r in row({"k": n}, n, START + n)]
    write(path / "offline-run-20240101_000000-a" / "run-a.wandb", [run("a"), *first])
    memory: EventMemory | None = None
    found: list[Event] = []
    for minute in range(1, 40):
        at = START + 1000 + 60 * minute
        steps = range(10, 10 + minute)
        again = [
            r for n in steps for r in row({"k": -n}, n, START + 1060 + 60 * (n - 9))
        ]
        second = path / "offline-run-20240101_000100-a" / "run-a.wandb"
        write(second, [run("a", START + 1000), *again])
        listing = listed(source(tmp_path, at), {}, ["k"], memory)
        (one,) = listing.runs
        assert (one.last_step, one.summary["k"]) == (59, -steps[-1])
        now = datetime.fromtimestamp(at, UTC)
        happened, memory = detect(memory, listing.runs, now, RULES)
        found += happened
    assert [event for event in found if isinstance(event, Stalled)] == []


def test_the_pauses_of_a_group_teach_its_other_runs():
    group = Group("a", "b")
    group.pass_minutes(7, "a", "b")
    assert len(group.pass_minutes(25, "b")) == 1
    group.pass_minutes(1, "a", "b")
    assert group.pass_minutes(25, "a") == []


def test_pauses_on_a_schedule_do_not_excuse_a_hang_between_them():
    group = Group("a")
    group.pass_minutes(33, "a")
    for _ in range(5):
        group.pass_minutes(25)
        group.pass_minutes(40, "a")
    assert group.pass_minutes(25) == []  # on time
    group.pass_minutes(17, "a")
    (stall,) = group.pass_minutes(12)
    assert isinstance(stall, Stalled)
    assert stall.usual < 5 * 60


@pytest.mark.parametrize(("use", "stalls"), [(0.0, 1), (100.0, 0)])
def test_busy_gpus_put_a_stall_off_and_do_not_cancel_it(use, stalls):
    group = Group("a")
    group.pass_minutes(7, "a")
    group.pass_minutes(19)
    group.pass_minutes(31, "a")
    group.system = {"gpu.0.gpu": use, "gpu.1.gpu": use, "gpu.0.temp": 40.0}
    assert len(group.pass_minutes(35)) == stalls
    assert len(group.pass_minutes(10)) == 1 - stalls


def test_a_first_epoch_of_an_hour_is_no_stall_while_the_run_is_alive():
    group = Group("a")
    group.steps = {"a": None}
    assert group.pass_minutes(70) == []
    group.steps = {"a": 0}
    assert group.pass_minutes(100) == []
    group.pass_minutes(1, "a")
    assert group.pass_minutes(100) == []


@pytest.mark.parametrize(("use", "stalls"), [(0.0, 1), (100.0, 0)])
def test_a_first_run_may_log_at_its_start_and_then_each_hour(use, stalls):
    group = Group("a")
    group.system = {"gpu.0.gpu": use}
    group.steps = {"a": None}
    group.pass_minutes(2)
    group.steps = {"a": 0}
    assert len(group.pass_minutes(60)) == stalls
    group.system = {"gpu.0.gpu": 100.0}
    for _ in range(5):
        happened = group.pass_minutes(1, "a") + group.pass_minutes(60)
        assert not [event for event in happened if isinstance(event, Stalled)]


def test_the_first_pause_at_a_round_step_is_likely_an_evaluation():
    for step, stalls in ((499, 0), (500, 0), (613, 1)):
        group = Group("a")
        group.steps = {"a": step - 5}
        group.pass_minutes(6, "a")
        assert group.steps == {"a": step + 1}
        group.steps = {"a": step}
        group.pass_minutes(1)
        assert len(group.pass_minutes(30)) == stalls


def test_how_long_a_run_went_on_after_its_last_step_is_usual_at_its_end():
    group = Group("a", "b")
    group.pass_minutes(63, "a", "b")
    group.steps["b"] = 51
    assert len(group.pass_minutes(15, "b")) == 1
    (over,) = group.finish("a")
    assert over.kind.value == "finished"
    assert group.pass_minutes(28) == []
    assert len(group.pass_minutes(3)) == 1


@pytest.mark.parametrize("step", [None, 0])
def test_runs_that_finish_with_one_row_at_most_teach_that_others_log_none(step):
    group = Group("a")
    group.steps = {"a": step}
    assert len(group.pass_minutes(400)) == 1
    group.finish("a")
    group.steps = {"b": None}
    assert group.pass_minutes(400) == []


def test_a_process_that_logs_no_step_beside_one_that_does_is_not_stalled():
    group = Group("rank0", "rank1")
    group.steps["rank1"] = None
    assert group.pass_minutes(400, "rank0") == []
    group.system = {"gpu.0.gpu": 0.0}
    assert len(group.pass_minutes(1, "rank0")) == 1


def test_a_pause_seen_by_rare_checks_is_learnt_too():
    group = Group("a")
    group.pass_minutes(63, "a")
    assert len(group.pass_minutes(25)) == 1
    group.minute += 60
    group.steps["a"], group.rows["a"] = 123, group.rows["a"] + 3600.0
    assert [type(event) for event in group.pass_minutes(1)] == [Recovered]
    assert group.pass_minutes(20) == []


def test_histories_teach_the_pauses_of_ended_and_running_runs():
    x = [20.0 * n + (1200.0 if n >= 50 else 0.0) for n in range(100)]
    assert past(Series("_step", x, list(range(100))), 600) == (LongPause(49, 1220.0),)
    # Of a sample, the time of the steps between is no pause.
    thin = Series("_step", x[::10], list(range(0, 100, 10)), sampled=True)
    assert past(thin, 600) == (LongPause(40, 1220.0),)
    group = Group("a")
    group.pass_minutes(1, "a")
    assert group.memory
    steps = Series("_step", x, list(range(100)))
    (run,) = group.runs()
    done = Curves(replace(run, id="old"), {"_step": steps})
    group.memory = taught(group.memory, [done], 600)
    group.pass_minutes(7, "a")
    assert group.pass_minutes(35) == []
    assert len(group.pass_minutes(10)) == 1


def test_a_first_row_that_comes_late_is_a_pause_of_the_start():
    x = [900.0, 901.0, 902.0]
    assert past(Series("_step", x, [0, 1, 2]), 600) == (LongPause(None, 900.0),)
    assert past(Series("_step", [], []), 600) == ()


@pytest.mark.parametrize(
    ("system", "idle"),
    [
        ({}, False),
        ({"cpu": 0.0}, False),
        ({"gpu.0.gpu": 1.0, "gpu.0.temp": 90.0}, True),
        ({"gpu.0.gpu": 1.0, "gpu.1.gpu": 99.0}, False),
        ({"gpu.0.gpu/l:node-0": 0.0}, True),
    ],
)
def test_gpus_are_idle_if_all_of_them_are(system, idle):
    assert gpus_idle(Run("a", "a", State.RUNNING, system=system)) is idle
