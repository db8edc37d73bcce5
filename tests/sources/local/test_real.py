"""Runs that the real SDK wrote, read and compared with what was logged and with
what wandb's own reader says."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from wandbwatch.model.query import AxisKind, Query
from wandbwatch.model.run import Json, State, flat

from tests.runs.rows import CONFIG, NAME, STEPS, loss, row
from tests.sources.local.reading import curves, leet, leet_summary, over, points, source

IDS = ["crashed", "derived", "failed", "finished", "resumed"]


def directory(local_runs: Path, run_id: str) -> Path:
    return next((local_runs / "wandb").glob(f"offline-run-*-{run_id}"))


def same(one: object, other: object) -> bool:
    """Compare with NaN equal at the same value, and 1 to 1.0."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if len(one) != len(other):
            return False
        return all(same(a, b) for a, b in zip(one, other, strict=True))
    return one == other or (one != one and other != other)  # noqa: PLR0124


def test_every_run_is_found_with_its_state(local_runs):
    runs = source(local_runs, datetime.now(UTC).timestamp() + 700).runs(Query()).runs
    assert {run.id: run.state for run in runs} == {
        "crashed": State.CRASHED,
        "derived": State.FINISHED,
        "failed": State.FAILED,
        "finished": State.FINISHED,
        "resumed": State.CRASHED,
    }
    assert {run.id: run.exit_code for run in runs} == {
        "crashed": None,
        "derived": 0,
        "failed": 3,
        "finished": 0,
        "resumed": 254,
    }


def test_a_killed_run_counts_as_running_until_it_was_silent_for_long(local_runs):
    run = directory(local_runs, "crashed")
    said = source(run).run().heartbeat
    assert said
    assert source(run, said.timestamp() + 500).run().state is State.RUNNING
    assert source(run, said.timestamp() + 700).run().state is State.CRASHED


def test_who_a_run_is(local_runs):
    run = source(directory(local_runs, "finished")).run()
    assert (run.id, run.name, run.project) == ("finished", NAME, "fixtures")
    assert (run.group, run.job_type) == ("even", "train")
    assert set(run.tags) == {"finished", "fixture"}
    assert run.notes == "two\nlines"
    assert run.host
    assert run.last_step == STEPS - 1
    assert run.created
    assert run.heartbeat
    assert run.runtime is not None
    assert 0 < run.runtime < 60


def test_configuration(local_runs):
    run = source(directory(local_runs, "finished")).run()
    assert run.config == flat(CONFIG | {"later": {"x": 1}})


def test_series_are_what_was_logged(local_runs):
    run = directory(local_runs, "finished")
    for key, value in flat(row(0)).items():
        expected = [
            (step, flat(row(step))[key])
            for step in range(STEPS)
            if key in flat(row(step))
        ]
        plots = isinstance(value, int | float)
        assert same(points(run, key), expected if plots else []), key
    assert points(run, "once") == [(STEPS // 2, 1e300)]


def test_media_and_what_was_never_logged_have_no_series(local_runs):
    run = directory(local_runs, "finished")
    keys = ("image", "images", "table", "histogram", "net", "net.layer", "nope", "loss")
    assert curves(run, *keys) == {}
    assert points(run, "image.width") == [(1, 2)]


def test_axes(local_runs):
    run = directory(local_runs, "finished")
    by_key = points(run, "val/loss", over(AxisKind.KEY, "val/step"))
    assert same(by_key, [(n, loss(n * 10) * 2) for n in range(6)])
    assert points(run, "count", over(AxisKind.KEY, "no such key")) == []
    wall = points(run, "count", over(AxisKind.WALL))
    runtime = points(run, "count", over(AxisKind.RUNTIME))
    assert len(wall) == len(runtime) == STEPS
    created = source(run).run().created
    assert created
    start = created.timestamp()
    for (when, _), (seconds, _) in zip(wall, runtime, strict=True):
        assert when - start == pytest.approx(seconds, abs=0.5)


def test_system_metrics(local_runs):
    run = directory(local_runs, "finished")
    system = source(run).run().system
    assert "memory_percent" in system
    seconds = points(run, "system/memory_percent", over(AxisKind.RUNTIME))
    assert seconds
    assert seconds[-1][1] == system["memory_percent"]
    assert all(-1 < x < 60 for x, _ in seconds)
    by_step = points(run, "system/memory_percent")
    assert [y for _, y in by_step] == [y for _, y in seconds]
    assert {x for x, _ in by_step} <= set(range(STEPS))


@pytest.mark.parametrize("run_id", ["finished", "failed", "crashed"])
def test_summary_agrees_with_wandbs_own_reader(local_runs, run_id):
    run = directory(local_runs, run_id)
    theirs = leet_summary(run)
    ours = source(run).run()
    mine = {k: v for k, v in ours.summary.items() if not k.startswith("_wandb")}
    assert mine == {k: _plain(v) for k, v in flat(theirs["summary"]).items()}
    assert ours.last_step == theirs["step"]
    assert ours.exit_code == theirs["exit_code"]
    assert ours.config == flat(theirs["config"])
    assert ours.notes == theirs["notes"]
    assert sorted(ours.tags) == sorted(theirs["tags"])
    assert ours.created == datetime.fromisoformat(theirs["start_time"])


def _plain(value: Json) -> Json:
    spelled = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    return spelled.get(value, value) if isinstance(value, str) else value


def test_defined_metrics_have_the_summary_asked_for(local_runs):
    summary = source(directory(local_runs, "finished")).run().summary
    assert {k: v for k, v in summary.items() if k.startswith("acc")} == {
        "acc.min": 0,
        "acc.max": (STEPS - 1) / STEPS,
        "acc.mean": pytest.approx((STEPS - 1) / 2 / STEPS),
        "acc.first": 0,
        "acc.last": (STEPS - 1) / STEPS,
    }
    assert "hidden" not in summary
    assert summary["best.step"] == 3
    assert summary["_step"] == STEPS - 1
    assert same(summary["val/loss"], loss(50) * 2)
    image = summary["image"]
    assert isinstance(image, dict)
    assert image["_type"] == "image-file"


def test_a_summary_left_to_the_server_is_made_from_history(local_runs):
    run = directory(local_runs, "derived")
    assert '"acc"' not in "".join(
        line for line in leet(run).splitlines() if '"type":"summary"' in line
    )
    summary = source(run).run().summary
    expected = flat(row(STEPS - 1) | {"val/loss": loss(50) * 2, "val/step": 5})
    del expected["hidden"], expected["acc"]
    for key, value in expected.items():
        assert same(summary[key], value), key
    assert summary["acc.max"] == (STEPS - 1) / STEPS
    assert summary["acc.mean"] == pytest.approx((STEPS - 1) / 2 / STEPS)
    assert "acc" not in summary
    assert "acc.min" not in summary
    assert "hidden" not in summary
    assert summary["best"] == 0.5
    assert summary["_step"] == STEPS - 1


def test_a_resumed_run_is_one_run(local_runs):
    (one,) = source(local_runs).runs(Query(ids=("resumed",))).runs
    assert one.summary["only/0"] == 0
    assert one.summary["only/1"] == 1
    assert one.last_step == 2 * STEPS - 1
    (found,) = source(local_runs).curves(
        Query(ids=("resumed",), summary=(), config=()),
        ["train/loss"],
        over(AxisKind.STEP),
    )
    assert list(found.series["train/loss"].x) == list(range(2 * STEPS))
    parts = list((local_runs / "wandb").glob("offline-run-*-resumed*"))
    assert len(parts) == 2
    assert source(parts[0]).run() == source(parts[1]).run()
    assert source(parts[0]).run().last_step == 2 * STEPS - 1


def test_a_run_is_read_while_it_is_written(running_run):
    running_run.log(20)
    (found,) = source(running_run.directory).runs(Query()).runs
    before = points(running_run.directory, "train/loss")
    running_run.log(2000)  # more than a block, so that some of it is on disk
    after = points(running_run.directory, "train/loss")
    assert found.id == "running"
    assert found.state is State.RUNNING
    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert after == [(step, 1 / (step + 1)) for step in range(len(after))]


def test_the_readers_count_of_rows_agrees(local_runs):
    run = directory(local_runs, "failed")
    rows = [json.loads(line) for line in leet(run).splitlines()]
    logged = [
        r["history"]["item"]["train/loss"] for r in rows if r["type"] == "history"
    ]
    assert [y for _, y in points(run, "train/loss")] == logged
