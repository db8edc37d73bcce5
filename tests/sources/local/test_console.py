from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from wandbwatch.sources.local.console import Printed, lines
from wandbwatch.sources.local.log import Log

from tests.runs.synthetic import START, field, run, timestamp
from tests.sources.local.reading import file_of, leet_summary, written


def printed(*files: Path) -> list[Printed]:
    with ExitStack() as stack:
        return list(lines([stack.enter_context(Log(file)) for file in files]))


def said(text: str, second: int, stream: int = 1) -> bytes:
    kind = field(1, stream) if stream else b""
    return field(13, kind + field(2, timestamp(START + second)) + field(3, text))


def test_what_a_real_run_printed(local_runs):
    (path,) = local_runs.glob("wandb/*-finished")
    mine = [(line.text, line.error) for line in printed(file_of(path))]
    assert ("one line \x1b[31mred\x1b[0m", False) in mine
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
    assert printed(file_of(written(tmp_path, records))) == [
        Printed("oops", True, START + 1),
        Printed("ab", False, START),
        Printed("c", False, START + 2),
        Printed("", False, START + 2),
        Printed("de", False, START + 2),
    ]
