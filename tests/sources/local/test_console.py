from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.model.run_details import Printed
from wandbwatch.sources.local.console import console
from wandbwatch.sources.local.log import RunLog

from tests.runs.synthetic import START, field, run, timestamp
from tests.sources.local.reading import file_of, leet_summary, written


def printed(*files: Path, last: int = 0) -> tuple[Printed, ...]:
    with ExitStack() as stack:
        return console([stack.enter_context(RunLog(file)) for file in files], last)


def said(text: str, second: int, stream: int = 1) -> bytes:
    kind = field(1, stream) if stream else b""
    return field(13, kind + field(2, timestamp(START + second)) + field(3, text))


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
            st.sampled_from(["a", "b\n", "\n", "c\rd", "e\nf\ng"]), st.booleans()
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
