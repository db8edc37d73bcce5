from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.model.run_details import Printed
from wandbwatch.sources.local.console import console
from wandbwatch.sources.local.log import RunLog

from tests.runs.synthetic import START, exit_record, field, run, timestamp
from tests.sources.local.reading import file_of, leet_summary, written


def printed(*files: Path, last: int = 0) -> tuple[Printed, ...]:
    with ExitStack() as stack:
        return console([stack.enter_context(RunLog(file)) for file in files], last)


def said(text: str, second: int, stream: int = 1, record: int = 13) -> bytes:
    kind = field(1, stream) if stream else b""
    return field(record, kind + field(2, timestamp(START + second)) + field(3, text))


def test_what_a_real_run_printed(local_runs):
    (path,) = local_runs.glob("wandb/*-finished")
    mine = [(line.text, line.error) for line in printed(file_of(path))]
    assert ("one line red", False) in mine
    assert ("on stderr", True) in mine
    assert len(mine) == leet_summary(path)["console_lines"]


def test_pieces_become_lines_of_their_stream(tmp_path):
    records = [
        run("one"),
        said("a", 0),
        said("oops\n", 1, stream=0),
        said("b\nc\n\nd", 2),
        said("e", 3),
    ]
    assert printed(file_of(written(tmp_path, records))) == (
        Printed("oops", error=True, when=at(1)),
        Printed("ab", when=at(0)),
        Printed("c", when=at(2)),
        Printed("", when=at(2)),
        Printed("de", when=at(2)),
    )


def at(second: int) -> datetime:
    return datetime.fromtimestamp(START + second, UTC)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["a", "b\n", "\n", "c\rd", "e\nf\ng", "\x1b[A", "\x1b[2Fh"]
            ),
            st.booleans(),
        ),
        max_size=60,
    ),
    st.integers(1, 8),
)
def test_the_newest_lines_are_the_last_of_all(tmp_path_factory, pieces, last):
    records = [run("one")]
    records += [said(t, i, stream=int(out)) for i, (t, out) in enumerate(pieces)]
    file = file_of(written(tmp_path_factory.mktemp("run"), records))
    assert printed(file, last=last) == printed(file)[-last:]


def test_nested_progress_bars_end_in_one_line_each(tmp_path):
    moves = "\router 0/2\n\rinner {0}%\x1b[A"
    records = [said(moves.format(n), n, stream=0) for n in range(0, 100, 10)]
    records.insert(5, said("a line of stdout\n", 45))
    file = file_of(written(tmp_path, [run("one"), *records, said("\n\n", 100, 0)]))
    assert [line.text for line in printed(file)] == [
        "outer 0/2",
        "a line of stdout",
        "inner 90%",
    ]


OUTPUT = 4


def test_the_records_of_older_sdks_are_console_too(tmp_path):
    records = [
        said("epoch 1\nstep 1\n", 0, record=OUTPUT),
        said("\rstep 2\nstep 3\n", 1, record=OUTPUT),  # in place of "step 1"
        said("\r 10%|#\r 20%|##", 2, record=OUTPUT),
    ]
    file = file_of(written(tmp_path, [run("one"), *records]))
    lines = ["epoch 1", "step 2", "step 3", " 20%|##"]
    assert [line.text for line in printed(file)] == lines
    assert [line.text for line in printed(file, last=2)] == lines[-2:]


def filed(run_directory: Path, text: str) -> Path:
    (run_directory / "files").mkdir()
    (run_directory / "files" / "output.log").write_text(text)
    return file_of(run_directory)


@pytest.mark.parametrize("last", [0, 1, 2, 100])
def test_output_log_has_what_the_records_lack(tmp_path, last):
    file = filed(written(tmp_path, [run("one")]), "one\n 1%\r100%\nend")
    lines = ["one", "100%", "end"]
    assert [line.text for line in printed(file, last=last)] == lines[-last:]


@pytest.mark.parametrize(
    ("recorded", "log", "expected"),
    [
        ("a\nb\n", "a\nb\nc\nd\n", "abcd"),
        ("a\nb\nc", "a\nb\ncc\nd\n", ["a", "b", "cc", "d"]),
        ("a\nb\n", "a\n", "ab"),
        ("a\nb\n", "x\ny\nz\n", "xyz"),
        ("a\nb\na\n", "a\nb\na\nb\n", "abab"),
        ("a\nb\n", "", "ab"),
    ],
)
def test_output_log_continues_a_log_that_was_cut(tmp_path, recorded, log, expected):
    records = [run("one"), said(recorded, 0)]
    file = filed(written(tmp_path / "cut", records), log)
    assert [line.text for line in printed(file)] == list(expected)
    records.append(exit_record(0))
    file = filed(written(tmp_path / "ended", records), log)
    assert [line.text for line in printed(file)] == recorded.split()
