"""What `why` says of runs that went wrong in known ways."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.analysis.causes import Evidence, alike, causes, explained
from wandbwatch.analysis.compare import Peers
from wandbwatch.cli import grammar
from wandbwatch.model.cell import Level
from wandbwatch.model.report import Note, Report, Table
from wandbwatch.model.run import Run, Series, State
from wandbwatch.model.run_details import Printed

from tests.fakes import NOW, FakeSource, fake_env

MINUTE = 60.0
END = NOW.timestamp()
USE, FULL = "system/gpu.0.gpu", "system/gpu.0.memoryAllocated"


def series(key: str, values: Sequence[float], until: float = END) -> Series:
    """Return a value a minute, the last one at *until*."""
    x = [until - MINUTE * (len(values) - 1 - n) for n in range(len(values))]
    return Series(key, x, list(values))


def run(state: State = State.FAILED, **more: object) -> Run:
    made = Run(
        "a",
        "owl",
        state,
        created=NOW - timedelta(hours=2),
        heartbeat=NOW,
        runtime=7200.0,
        last_step=59,
        exit_code=1,
        entity="me",
        project="p",
    )
    return replace(made, **more)  # type: ignore[arg-type]


STEPS = series("_step", [float(n) for n in range(60)])
CALM = [1.0, 1.1, 0.9, 1.05, 0.95] * 12


def found(one: Run, *curves: Series, console: Sequence[Printed] = ()) -> list[str]:
    known = Evidence(one, {s.key: s for s in (*curves, STEPS)}, console)
    return [f"{cause.kind}: {cause.text}" for cause in causes(known)]


def test_the_first_nan_is_named_with_its_step_and_time():
    first, last = found(run(), series("loss", [*CALM[:40], *[math.nan] * 20]))
    assert first == (
        "NaN: loss became NaN at step 40 (2026-01-01 11:41 UTC);"
        " so were all of its last 20 values"
    )
    assert last == (
        "failed: its process ended with exit code 1 at step 59 (2026-01-01 12:00 UTC)"
    )
    assert found(run(State.FINISHED), series("loss", [math.nan, *CALM[1:]])) == []


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([*CALM[:40], *[2.0**n for n in range(1, 21)]], "divergence"),
        ([*CALM[:30], *[9.0] * 10, *CALM[:20]], "spike"),
        ([*CALM[:30], 9.0, *CALM[31:]], ""),
        (CALM, ""),
    ],
)
def test_a_loss_that_leaves_its_level_is_a_cause(values, kind):
    said = found(run(State.FINISHED), series("train/loss", values))
    assert [one.partition(":")[0] for one in said] == ([kind] if kind else [])


GAIN = [100.0 * n for n in range(40)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([*GAIN, *[3900.0 / 2**n for n in range(20)]], "collapse"),
        ([*GAIN, *[100.0] * 10, *[3900.0] * 10], ""),
        ([*GAIN, *[3000.0] * 20], ""),
        ([0.5, 0.9, 0.1, 0.6, 0.4, 0.8, 0.2, 0.5, 0.3, 0.7] * 6, ""),
        ([4000.0 - value for value in GAIN], ""),
        (GAIN[:10] + [0.0] * 9, ""),
    ],
)
def test_a_score_that_loses_what_it_gained_is_a_cause(values, kind):
    said = found(run(State.FINISHED), series("rollout/ep_rew_mean", values))
    assert [one.partition(":")[0] for one in said] == ([kind] if kind else [])
    if kind:
        assert said[0] == (
            "collapse: rollout/ep_rew_mean fell from 3800 to 0.029755,"
            " starting at step 43 (2026-01-01 11:44 UTC)"
        )


def test_a_hang_is_reported_from_a_usual_pause():
    steps = series("_step", [float(n) for n in range(30)], END - 40 * MINUTE)
    known = Evidence(run(State.KILLED), {"_step": steps})
    hang, killed = causes(known)
    assert hang.text == (
        "no step after step 29 (2026-01-01 11:20 UTC), for 40m 00s until its last"
        " heartbeat; its longest pause before was 1m 00s"
    )
    assert killed.kind == "killed"
    slow = Series("_step", [END - 7200 + 2400 * n for n in range(3)], [0, 1, 2])
    assert causes(Evidence(run(State.RUNNING), {"_step": slow})) == ()


def test_idle_gpus_and_full_memory_are_causes():
    idle, *_ = found(run(State.RUNNING), series(USE, [90.0] * 20 + [0.0] * 40))
    assert idle == (
        "GPU idle: GPUs below 5% from step 20 (2026-01-01 11:21 UTC) on, for 39m 00s"
    )
    memory, _ = found(run(), series(FULL, [50.0 + n for n in range(50)]))
    assert memory == (
        "memory: memory of GPU 0 rose from 50% to 99%,"
        " above 95% from step 55 (2026-01-01 11:56 UTC) on"
    )


@pytest.mark.parametrize(
    ("busy", "full", "name"),
    [
        ("gpu.11.gpu/l:node-1", "gpu.11.memoryAllocated/l:node-1", "GPU"),
        ("tpu.0.dutyCycle", "tpu.0.memoryUsage", "TPU"),
        ("trn.3.neuroncore_utilization", "", "Trainium"),
        ("ipu.0.ipu utilisation (%)", "", "IPU"),
    ],
)
def test_any_accelerator_can_be_idle_or_full(busy, full, name):
    idle, *_ = found(
        run(State.RUNNING), series(f"system/{busy}", [90.0] * 20 + [0.0] * 40)
    )
    assert idle.startswith(f"{name} idle: {name}s below 5%")
    if full:
        values = [50.0 + n for n in range(50)]
        memory, *_ = found(run(), series(f"system/{full}", values))
        number = "11 of node-1" if "11" in full else "0"
        assert memory.startswith(f"memory: memory of {name} {number} rose from 50%")


def test_the_console_names_an_error_and_a_crash_without_one_is_a_dead_node():
    lines = [
        Printed(t, when=NOW) for t in ("x", "RuntimeError: CUDA out of memory", "y")
    ]
    assert found(run(), console=lines)[0] == (
        "out of memory: printed at step 59 (2026-01-01 12:00 UTC):"
        " RuntimeError: CUDA out of memory"
    )
    raised = "    raise Exception('CUDA out of memory')"
    traced = ('  File "t.py", line 3', raised, "Oom: x")
    assert found(run(), console=[*map(Printed, traced)])[0].startswith("failed")
    lines = [Printed("ValueError: bad", when=NOW)]
    assert found(run(), console=lines)[0].endswith("UTC): ValueError: bad")
    assert found(run(), console=[Printed("ValueError: bad")])[0] == (
        "error: printed: ValueError: bad"
    )
    torchrun = ("[E X.cpp:1] [Rank 3] NCCL timeout", "x.ChildFailedError: ")
    assert found(run(), console=[*map(Printed, torchrun)])[0] == (
        "node: printed: NCCL timeout"
    )
    (dead,) = found(run(State.CRASHED), console=[Printed("step 3", when=NOW)])
    assert dead.startswith("dead node: heartbeats stopped at")
    early, _ = found(run(last_step=None, runtime=4.0))
    assert early == "start: it ended after 4s, before its first step"


def test_runs_that_ended_in_the_same_way_are_named():
    other = run(id="b", name="elk")
    assert alike(run(), [other, run(id="c", exit_code=9), run()]) == (
        "1 other run failed with exit code 1: elk"
    )
    assert alike(run(State.FINISHED), [run(State.FINISHED, id="b")]) == ""


def report(*runs: Run, console: Sequence[Printed] = ()) -> tuple[Report, int]:
    curves = [series("loss", [*CALM[:40], *[math.nan] * 20]), STEPS]
    source = FakeSource(runs, curves, console)
    (told,) = grammar.parse("why me/p/a", fake_env(source)).reports
    return told, source.asked


def test_a_page_has_the_cause_the_changed_settings_and_the_console():
    good = run(
        State.FINISHED, id="b", created=NOW - timedelta(days=1), config={"lr": 1}
    )
    bad = run(config={"lr": 2}, summary={"loss": math.nan})
    told, asked = report(bad, good, console=[Printed("bye", when=NOW)])
    assert told.title.startswith("owl: failed; first, loss became NaN at step 40 (2026")
    assert told.headline.startswith("owl failed: loss became NaN at step 40 (step ")
    assert told.level is Level.BAD
    assert asked <= 3
    tables = [block for block in told.blocks if isinstance(block, Table)]
    assert [row[0] for row in tables[0].rows] == ["NaN", "failed"]
    assert "lr" in str(tables[1])


def test_a_page_says_how_the_machine_was_when_it_went_wrong():
    known = [
        series("loss", [*CALM[:40], *[math.nan] * 20]),
        series(USE, [97.0] * 40 + [0.0] * 20),
        series("system/gpu.1.gpu", [60.0] * 60),
        series(FULL, [61.4] * 41 + [10.0] * 19),
        series("system/memory_percent/l:node-0", [33.0] * 60),
    ]
    evidence = Evidence(run(), {one.key: one for one in (*known, STEPS)})
    blocks = list(explained(evidence, causes(evidence), Peers(evidence.run)))
    assert (
        Note(
            "at step 40 (2026-01-01 11:41 UTC): GPU use 0-60%, GPU memory 61%,"
            " machine memory 33%"
        )
        in blocks
    )


def test_a_bad_curve_of_a_run_that_finished_is_compared_with_the_last_good_run():
    good = run(
        State.FINISHED, id="b", created=NOW - timedelta(days=1), config={"lr": 1}
    )
    bad = run(State.FINISHED, config={"lr": 2}, summary={"loss": math.nan})
    told, _ = report(bad, good)
    titles = [block.title for block in told.blocks if isinstance(block, Table)]
    assert titles == ["causes", "configuration"]


def test_a_run_without_a_cause_says_so():
    source = FakeSource([run(State.RUNNING)], [series("loss", CALM)])
    (told,) = grammar.parse("why me/p/a", fake_env(source)).reports
    assert Note("nothing unusual in its curves, GPUs and console") in told.blocks
    assert told.level is Level.INFO
