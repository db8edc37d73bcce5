"""Blocks and chunks: split, torn, damaged, and counted from another byte."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from wandbwatch.model.errors import ExitCode, NotFoundError, SourceError
from wandbwatch.model.query import Axis, Query
from wandbwatch.model.run import State
from wandbwatch.sources.local.log import RunLog

from tests.runs import synthetic
from tests.sources.local.reading import file_of, points, source, written

KEY = "train/key_00"
STEPS = 500


@pytest.fixture
def long_run(tmp_path):
    return written(tmp_path, synthetic.steps(STEPS, keys=5))


def records(path: Path, *, backward: bool = False) -> list[tuple[int, bytes]]:
    with RunLog(path) as log:
        found = (log.backward if backward else log.forward)(set(range(1, 40)))
        return [(kind, data[at:end]) for kind, data, at, end in found]


@pytest.mark.parametrize("phase", [0, 7])
@pytest.mark.parametrize("size", [10, 3000, 40_000, 200_000])
def test_records_are_the_same_from_both_ends(tmp_path, phase, size):
    notes = [synthetic.run("one", name="x" * size)] * 9
    rows = itertools.chain(*(synthetic.row({"k": n}, n) for n in range(300)))
    path = synthetic.write(tmp_path / "run-one.wandb", [*notes, *rows], phase=phase)
    forward = records(path)
    assert len(forward) == 9 + 3 * 300
    assert records(path, backward=True) == forward[::-1]


@pytest.mark.parametrize("phase", [0, 7])
def test_blocks_may_be_counted_from_the_end_of_the_header(tmp_path, phase):
    path = tmp_path / "run-one.wandb"
    synthetic.write(path, synthetic.steps(STEPS), phase=phase)
    assert [x for x, _ in points(path, KEY)] == list(range(STEPS))
    run = source(path).run()
    assert run.state is State.FINISHED
    assert run.summary["_step"] == STEPS - 1


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (2000, 0xFF),  # somewhere in a record
        (0, 0xFF),  # the checksum of a block's first chunk
        (5, 0x7F),  # its length: beyond its block
        (6, 0x00),  # its type: none
        (6, 0x09),
    ],
)
def test_a_damaged_chunk_loses_its_block_and_no_more(long_run, at, value):
    file = file_of(long_run)
    whole = points(long_run, KEY)
    data = bytearray(file.read_bytes())
    data[synthetic.BLOCK * 3 + at] = value
    file.write_bytes(data)
    left = points(long_run, KEY)
    assert set(left) < set(whole)
    lost = len(whole) - len(left)
    assert 1 <= lost <= synthetic.BLOCK // 300
    assert left[-1] == whole[-1]


@pytest.mark.parametrize("length", [0, 1, 6, 7, 8, 13, 14, 40])
def test_a_file_that_has_just_started(tmp_path, length):
    file = tmp_path / "offline-run-1-one" / "run-one.wandb"
    synthetic.write(file, synthetic.steps(1))
    file.write_bytes(file.read_bytes()[:length])
    run = source(file).run()
    assert (run.id, run.name, run.state) == ("one", "one", State.UNKNOWN)
    assert points(file, KEY) == []


def test_a_torn_end_waits_for_the_rest(long_run):
    file = file_of(long_run)
    whole, data = points(long_run, KEY), file.read_bytes()
    file.write_bytes(data[:-40_000])
    left = points(long_run, KEY)
    assert 0 < len(left) < len(whole)
    assert whole[: len(left)] == left
    run = source(long_run, synthetic.START + len(left) + 100).run()
    assert run.state is State.RUNNING
    assert run.last_step is not None
    assert abs(run.last_step - left[-1][0]) <= 1
    file.write_bytes(data)
    assert points(long_run, KEY) == whole


def test_a_newer_format_is_refused(long_run):
    file = file_of(long_run)
    data = bytearray(file.read_bytes())
    data[6] = 1
    file.write_bytes(data)
    with pytest.raises(SourceError, match=r"has format version 1.*update wandbwatch"):
        source(file).run()


def test_another_file_is_refused(tmp_path):
    file = tmp_path / "run-x.wandb"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" * 10)
    with pytest.raises(SourceError, match=r"is not a \.wandb file") as caught:
        source(file).run()
    assert caught.value.exit_code == ExitCode.OURS
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("long_run")
def test_one_bad_file_does_not_hide_the_others(tmp_path):
    bad = tmp_path / "run-20240101_000000-bad" / "run-bad.wandb"
    bad.parent.mkdir()
    bad.write_bytes(b"nonsense")
    runs = source(tmp_path).runs(Query()).runs
    assert {run.id: run.state for run in runs} == {
        "one": State.FINISHED,
        "bad": State.UNKNOWN,
    }
    found = source(tmp_path).curves(Query(), [KEY], Axis())
    assert {one.run.id: list(one.series) for one in found} == {"one": [KEY], "bad": []}
    with pytest.raises(SourceError):
        source(bad).curves(Query(), [KEY], Axis())


def test_a_file_that_went_away_meanwhile(tmp_path):
    with pytest.raises(NotFoundError):
        RunLog(tmp_path / "run-gone.wandb")
