"""Who started, ended and ran in a span of time, by value."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.commands.digest.report import Period, RunHours, gpus, hours
from wandbwatch.model.run import Run, State

from tests.fakes import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TWO_GPUS = {"gpu.0.temp": 1.0, "gpu.1.temp": 1.0, "gpu.1.memory": 1.0, "cpu": 1.0}


def run(name: str, state: State, created: float, heard: float, **rest: object) -> Run:
    """Return a run that was *created* and last *heard* of so many hours ago."""
    runtime = rest.pop("runtime", (created - heard) * 3600)
    return Run(
        name,
        name,
        state,
        created=NOW - created * HOUR,
        heartbeat=NOW - heard * HOUR,
        runtime=runtime,  # type: ignore[arg-type]
        **rest,  # type: ignore[arg-type]
    )


LONG = run("long", State.FINISHED, 100, 1)
BRIEF = run("brief", State.FAILED, 5, 4)
OLD = run("old", State.CRASHED, 100, 30)
GOING = run("going", State.RUNNING, 2, 0)
ELDER = run("elder", State.RUNNING, 48, 0)
PERIOD = Period((GOING, ELDER, BRIEF, LONG, OLD), NOW - DAY, NOW)


def test_a_run_has_ended_when_it_ended_not_when_it_was_created():
    assert PERIOD.started == (GOING, BRIEF)
    assert PERIOD.ended == (LONG, BRIEF)
    assert PERIOD.failed == (BRIEF,)
    assert PERIOD.running == (GOING, ELDER)
    assert OLD not in PERIOD.heard


def test_only_what_ran_in_it_counts():
    assert [PERIOD.ran(one) / HOUR for one in PERIOD.runs] == [2, 24, 1, 23, 0]
    paused = run("paused", State.FINISHED, 20, 1, runtime=600.0)
    assert PERIOD.ran(paused) == timedelta(minutes=10)
    assert PERIOD.ran(Run("x", "x", State.RUNNING)) == timedelta()


@pytest.mark.parametrize(
    ("system", "count"),
    [(TWO_GPUS, 2), ({"cpu": 1.0}, 0), ({}, None), ({"gpu.process.0.x": 1.0}, 0)],
)
def test_gpus_are_counted_by_the_metrics_of_each(system, count):
    assert gpus(Run("a", "a", State.RUNNING, system=system)) == count


def test_gpu_hours_are_those_that_are_known():
    known = run("known", State.FINISHED, 3, 1, system=TWO_GPUS)
    assert hours(PERIOD, [known, BRIEF]) == RunHours(3 * HOUR, 4.0, 1)
    assert hours(PERIOD, [BRIEF]) == RunHours(HOUR, None, 1)
    assert hours(PERIOD, []) == RunHours(timedelta(), None, 0)


@pytest.mark.parametrize(
    ("metrics", "kind"),
    [
        (("tpu.0.dutyCycle", "tpu.1.dutyCycle"), "tpu"),
        (("trn.0.neuroncore_utilization", "trn.1.neuroncore_utilization"), "trn"),
        (("ipu.0.ipu utilisation (%)/l:a", "ipu.0.ipu utilisation (%)/l:b"), "ipu"),
    ],
)
def test_hours_of_other_accelerators_count_too(metrics, kind):
    one = run("one", State.FINISHED, 3, 1, system=dict.fromkeys(metrics, 1.0))
    assert hours(PERIOD, [one, BRIEF]).others == ((kind, 4.0),)


def test_only_the_parts_of_a_resumed_run_that_ran_in_it_count():
    earlier, today = PERIOD.now - 72 * HOUR, PERIOD.now - 2 * HOUR
    parts = ((earlier, earlier + 20 * HOUR), (today, today + HOUR))
    both = run("both", State.FINISHED, 72, 1, runtime=21 * 3600.0, system=TWO_GPUS)
    both = replace(both, spans=parts)
    assert hours(PERIOD, [both]) == RunHours(HOUR, 2.0, 0)
    begun = replace(both, spans=((PERIOD.since - HOUR, PERIOD.since + HOUR),))
    assert PERIOD.ran(begun) == HOUR
