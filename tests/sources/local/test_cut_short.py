"""Runs whose .wandb file is cut short, empty or damaged, or has no times."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from wandbwatch.model.query import Axis, AxisKind, Query
from wandbwatch.model.run import State

from tests.runs import synthetic
from tests.runs.synthetic import (
    BLOCK,
    START,
    exit_record,
    field,
    frame,
    item,
    row,
    run,
    steps,
    summary,
)
from tests.sources.local.reading import file_of, over, points, read, source, written

LATER = START + 1e6
AHEAD = {"loss": 0.5, "_step": 900, "_timestamp": START + 900, "_runtime": 900}


def rows(count: int) -> list[bytes]:
    return [record for n in range(count) for record in row({"loss": 9.0, "old": n}, n)]


def beside(directory: Path, **files: Any) -> Path:
    """Put files beside a .wandb file: ``summary``, ``metadata`` and ``debug``."""
    (directory / "files").mkdir()
    (directory / "logs").mkdir()
    for name in ("summary", "metadata"):
        if name in files:
            path = directory / "files" / f"wandb-{name}.json"
            path.write_text(json.dumps(files[name]))
    if "debug" in files:
        (directory / "logs" / "debug.log").write_text(files["debug"])
    return directory


def test_files_that_are_ahead_of_the_log_count(tmp_path):
    path = beside(written(tmp_path, [run("one"), *rows(5)]), summary=AHEAD)
    one = source(path, LATER).run()
    assert (one.state, one.last_step, one.runtime) == (State.UNKNOWN, 900, 900)
    assert (one.summary["loss"], one.summary["old"]) == (0.5, 4)
    assert one.heartbeat == at(900)
    assert one.caveats == (
        (
            "the .wandb file ends at step 4, cut short; values up to step 900 come from"
            " files/; how the run ended is unknown"
        ),
    )
    (listed,) = source(path, LATER).runs(Query(summary=("loss",))).runs
    assert listed.summary == {"loss": 0.5}


def at(second: float) -> datetime:
    return datetime.fromtimestamp(START + second, UTC)


DEBUG = "2024-01-01 00:00:00,000 INFO MainThread:1 [wandb_run.py] got exitcode: {}\n"


@pytest.mark.parametrize(
    ("code", "state"), [(0, State.FINISHED), (1, State.FAILED), (-9, State.FAILED)]
)
def test_the_sdk_log_has_the_exit_code(tmp_path, code, state):
    path = written(tmp_path, [run("one"), *rows(5)])
    beside(path, summary=AHEAD, debug="\n".join(map(DEBUG.format, (7, code))))
    one = source(path, LATER).run()
    assert (one.state, one.exit_code, one.last_step) == (state, code, 900)
    (caveat,) = one.caveats
    assert "unknown" not in caveat
    running = source(path, START + 901).run()
    assert (running.state, running.exit_code) == (State.RUNNING, None)


def test_a_killed_run_whose_last_rows_were_not_written_out_crashed(tmp_path):
    newer = AHEAD | {"_step": 9, "_timestamp": START + 9}
    path = beside(written(tmp_path, [run("one"), *rows(5)]), summary=newer)
    assert source(path, LATER).run().state is State.CRASHED


@pytest.mark.parametrize(
    "records", [[run("one"), *rows(5), exit_record(1)], [run("one"), *rows(999)]]
)
def test_files_that_are_not_ahead_do_not_count(tmp_path, records):
    one = source(beside(written(tmp_path, records), summary=AHEAD), LATER).run()
    assert one.summary["loss"] == 9
    assert one.caveats == ()


@pytest.mark.parametrize("size", [0, 7])
def test_an_empty_log_with_files(tmp_path, size):
    path = written(tmp_path, [])
    file_of(path).write_bytes(frame([])[:size])
    metadata = {"startedAt": "2024-01-01T00:00:00.5Z", "host": "box", "username": "me"}
    beside(path, summary={"loss": "NaN", "a": {"b": 1}, "_step": 3}, metadata=metadata)
    one = source(path, LATER).run()
    assert one.created == datetime(2024, 1, 1, 0, 0, 0, 500_000, UTC)
    assert (one.id, one.host, one.user, one.last_step) == ("one", "box", "me", 3)
    assert one.summary["a.b"] == 1
    assert str(one.summary["loss"]) == "nan"
    assert one.caveats[0].startswith("the .wandb file is empty, cut short")


def test_an_empty_log_without_files_has_the_time_of_its_directory(tmp_path):
    path = written(tmp_path, [])
    file_of(path).write_bytes(b"")
    named = datetime(2024, 1, 1).astimezone()
    one = source(path, LATER + 1e9).run()
    assert (one.state, one.created, one.heartbeat) == (State.UNKNOWN, named, named)
    assert "empty" in one.caveats[0]
    assert source(path, named.timestamp() + 5).run().caveats == ()


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"_step": "x"}', "[" * 10_000])
def test_files_that_make_no_sense_are_ignored(tmp_path, content):
    path = beside(written(tmp_path, [run("one"), *rows(5)]), metadata=[], debug="\0")
    (path / "files" / "wandb-summary.json").write_text(content)
    one = source(path, LATER).run()
    assert (one.state, one.last_step, one.caveats) == (State.CRASHED, 4, ())


CONFIG = """\
wandb_version: 1
_wandb:
    value: {python_version: 3.11.2}
lr:
    desc: null
    value: 0.001
name: {value: 2024-01-01}
opt:
    value: {betas: [0.9, 0.99], eps: NaN}
"""


@pytest.mark.parametrize("records", [[], [run("one")], [run("one"), *rows(5)]])
def test_config_yaml_counts_where_the_log_has_no_config(tmp_path, records):
    path = beside(written(tmp_path, records), summary=AHEAD)
    (path / "files" / "config.yaml").write_text(CONFIG)
    one = source(path, LATER).run()
    values = dict(one.config)
    assert str(values.pop("opt.eps")) == "nan"
    assert values == {"lr": 0.001, "name": "2024-01-01", "opt.betas": [0.9, 0.99]}
    assert one.caveats[0].startswith("the .wandb file ")
    note = "the .wandb file has no config; its values come from files/config.yaml"
    assert one.caveats[-1] == note
    (listed,) = source(path, LATER).runs(Query({"config.lr": 0.001}, config=())).runs
    assert (listed.config, note in listed.caveats) == ({}, False)


def config(key: str) -> bytes:
    return field(5, field(1, item((key,), 1)))


@pytest.mark.parametrize("own", [["lr"], []])
def test_config_yaml_does_not_count_beside_a_whole_log(tmp_path, own):
    path = written(tmp_path, [run("one"), *map(config, own), *rows(5), exit_record(0)])
    (beside(path) / "files" / "config.yaml").write_text(CONFIG)
    one = source(path, LATER).run()
    assert (one.config, one.caveats) == (dict.fromkeys(own, 1), ())


@pytest.mark.parametrize(
    "text", ["", "[1]", "a: [", "a: {value: &x [1]}\nb: {value: *x}", "!!python/x 1"]
)
def test_a_config_yaml_that_makes_no_sense_is_ignored(tmp_path, text):
    path = beside(written(tmp_path, [run("one"), *rows(5)]))
    (path / "files" / "config.yaml").write_text(text)
    one = source(path, LATER).run()
    assert (one.config, one.caveats) == ({}, ())


def touched(path: Path, when: float) -> Path:
    os.utime(file_of(path), (when, when))
    return path


@pytest.mark.parametrize("runtime", [0, 60])
def test_a_run_without_times_ended_after_its_runtime(tmp_path, runtime):
    ended = field(18, field(1, 1) + field(2, runtime))
    path = touched(written(tmp_path, [run("one"), ended]), LATER)
    one = source(path, LATER).run()
    assert (one.state, one.heartbeat) == (State.FAILED, at(runtime))
    assert one.runtime == (runtime or None)


@pytest.mark.parametrize("records", [[run("one")], [run("one"), *rows(5)]])
def test_a_copy_of_an_old_run_is_not_running(tmp_path, records):
    path = touched(written(tmp_path, records), LATER)
    one = source(path, LATER).run()
    assert one.state is State.CRASHED
    assert one.heartbeat
    assert one.heartbeat <= at(4)


def test_a_copy_that_is_older_than_its_records_ended_by_them(tmp_path):
    path = touched(written(tmp_path, [run("one"), *rows(5), exit_record(0)]), 0)
    assert source(path, LATER).run().heartbeat == at(4)


def test_a_new_run_that_logs_nothing_runs_while_its_file_grows(tmp_path):
    path = touched(written(tmp_path, [run("one")]), START + 3000)
    assert source(path, START + 3001).run().state is State.RUNNING


def test_damaged_blocks_are_counted(tmp_path):
    path = written(tmp_path, steps(400))
    content = bytearray(file_of(path).read_bytes())
    assert source(path).run().caveats == ()
    for block in (2, 3, 5):
        content[block * BLOCK : block * BLOCK + 500] = bytes([255]) * 500
    file_of(path).write_bytes(content)
    note = "3 damaged blocks of its .wandb file skipped"
    assert source(path).run().caveats == (note,)
    bare = Query(summary=(), config=())
    (found,) = source(path).curves(bare, ["val/loss"], over(AxisKind.STEP))
    assert found.run.caveats == (note,)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("levels", [70, 500, 100_000])
def test_a_run_that_nests_deeply_leaves_its_listing_alone(tmp_path, levels):
    deep = b'{"a":' * levels + b"1" + b"}" * levels
    value = field(1, field(2, "deep") + field(16, deep))
    path = field(1, b"".join(field(2, "a") for _ in range(levels)) + field(16, "1"))
    hostile = [run("bad"), field(3, value + path), field(5, value + path)]
    written(tmp_path / "wandb", [*hostile, *row({"k": 1}, 0)], "bad")
    written(tmp_path / "wandb", [run("good"), *row({"k": 1}, 0)], "good")
    runs = source(tmp_path).runs(Query()).runs
    assert {one.id for one in runs} == {"good", "bad"}


def test_a_run_that_cannot_be_read_says_why_in_its_listing(tmp_path):
    path = written(tmp_path / "wandb", [run("bad")], "bad")
    file_of(path).write_bytes(b"not a run at all")
    written(tmp_path / "wandb", [run("good"), *row({"k": 1}, 0)], "good")
    found = {one.id: one for one in source(tmp_path).runs(Query()).runs}
    assert found["good"].caveats == ()
    (why,) = found["bad"].caveats
    assert why.startswith("cannot be read: ")
    assert "wrong header" in why
    assert str(tmp_path) not in why


@pytest.mark.parametrize("later", [0, 1e6])
def test_a_run_without_a_readable_record_says_so_at_any_age(tmp_path, later):
    path = written(tmp_path, [])
    file_of(path).write_bytes(frame([])[:7] + b"\xff" * 999)
    one = source(path, file_of(path).stat().st_mtime + later).run()
    assert one.state is State.UNKNOWN
    assert one.caveats[0].startswith("the .wandb file is damaged or cut short")


def resumed(directory: Path, *parts: list[bytes]) -> Path:
    for number, records in enumerate(parts):
        path = directory / "wandb" / f"offline-run-20240101_00000{number}-one"
        path.mkdir(parents=True)
        (path / "run-one.wandb").write_bytes(frame(records))
    return directory


def test_an_empty_field_of_a_resumed_run_takes_nothing_back(tmp_path):
    first = run("one", name="owl", group="g", job_type="train", tag="a")
    notes = field(17, field(1, "one") + field(9, "two\nlines"))
    path = resumed(
        tmp_path,
        [first, notes, *rows(2)],
        [run("one", START + 50), *rows(1)],
        [run("one", START + 60, group="h")],
    )
    one = source(path).run()
    assert (one.name, one.group, one.job_type) == ("owl", "h", "train")
    assert (one.tags, one.notes, one.last_step) == (("a",), "two\nlines", 1)


def test_a_resumed_run_has_the_times_of_its_parts(tmp_path):
    path = resumed(
        tmp_path,
        [run("one"), *rows(11)],
        [run("one", START + 1000), *row({"k": 1}, 11, START + 1009)],
    )
    one = source(path).run()
    assert one.spans == ((at(0), at(10)), (at(1000), at(1020)))
    assert one.runtime == 30


def test_a_run_that_was_resumed_from_an_earlier_step_has_one_value_a_step(tmp_path):
    first = [record for n in range(6) for record in row({"k": n, "a": n}, n)]
    second = [record for n in range(2, 4) for record in row({"k": -n}, n, START + 100)]
    path = resumed(tmp_path, [run("one"), *first], [run("one", START + 100), *second])
    assert source(path).run().last_step == 5
    expected = [(0, 0), (1, 1), (2, -2), (3, -3), (4, 4), (5, 5)]
    assert points(path, "k") == expected
    assert points(path, "a") == [(n, n) for n in range(6)]
    wall = points(path, "k", over(AxisKind.WALL))
    assert [x - START for x, _ in wall] == [0, 1, 4, 5, 102, 103]
    assert points(path, "k", over(AxisKind.KEY, "_step")) == expected


def test_a_run_that_nests_deeply_is_read_alone(tmp_path):
    deep = b'{"a":' * 500 + b"1" + b"}" * 500
    value = field(1, field(2, "deep") + field(16, deep))
    path = field(1, b"".join(field(2, "a") for _ in range(500)) + field(16, "1"))
    records = [run("one"), field(3, value + path), field(5, value + path), *rows(2)]
    one = read(tmp_path, records)
    assert (one.last_step, one.summary["loss"]) == (1, 9.0)
    assert len(max(one.summary, key=len).split(".")) == 100


def test_a_curve_ends_with_the_last_value_in_the_files(tmp_path):
    path = beside(written(tmp_path, [run("one"), *rows(5)]), summary=AHEAD)
    keys = ["loss", "old", "_step"]
    for kind, x in ((AxisKind.STEP, 900.0), (AxisKind.WALL, START + 900)):
        (found,) = source(path, LATER).curves(Query(), keys, Axis(kind))
        loss, steps = found.series["loss"], found.series["_step"]
        assert (loss.x[-1], loss.y[-1], loss.sampled, loss.exact) == (x, 0.5, True, x)
        assert (steps.y[-2], steps.y[-1]) == (4, 900)
        assert list(found.series["old"].y) == [0, 1, 2, 3, 4]


def test_a_summary_that_the_code_set_is_no_last_value(tmp_path):
    best = summary([item(("loss",), 1.0)])
    path = beside(written(tmp_path, [run("one"), *rows(5), best]), summary=AHEAD)
    (found,) = source(path, LATER).curves(Query(), ["loss"], Axis())
    assert (found.series["loss"].y[-1], found.series["loss"].sampled) == (9.0, False)


def test_a_hole_behind_a_large_log_is_not_read(tmp_path):
    run = tmp_path / "run-a.wandb"
    synthetic.write_long(run, 2000)
    whole = source(run).run()
    with run.open("r+b") as file:
        file.truncate(1 << 40)
    found = source(run).run()
    assert (found.summary, found.exit_code) == (whole.summary, 0)
