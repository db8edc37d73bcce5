from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.cli import grammar
from wandbwatch.model.errors import UsageError
from wandbwatch.model.query import Listing, Query
from wandbwatch.model.report import Note, remark
from wandbwatch.model.run import Run, State

from tests.fakes import FakeSource, fake_env

OWL = Run("a1", "owl", State.FINISHED)


def complaint(line: str) -> str:
    """Return what is wrong with *line*, or nothing."""
    try:
        grammar.parse(line, fake_env(FakeSource()))
    except UsageError as e:
        (line,) = e.lines
        return line
    return ""


def test_checking_a_line_reads_nothing():
    source = FakeSource([OWL])
    line = grammar.parse("project me/p --topk 3 -o json", fake_env(source))
    assert source.asked == 0
    assert line.output == "json"
    assert [r.title for r in line.reports] == ["me/p"]
    assert source.asked == 1


def test_the_output_may_stand_before_the_command():
    env = fake_env(FakeSource())
    assert grammar.parse("-o csv project me/p", env).output == "csv"
    assert grammar.parse("-o csv project me/p -o json", env).output == "json"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("fly", "no such command 'fly'; `wandbwatch --help` shows how it is used"),
        (
            "projec me/p",
            "no such command 'projec'; did you mean 'project'? `wandbwatch --help` sh",
        ),
        ("project me/p --topk -1", "project: --topk: -1 is less than 0; 0 shows all; "),
        ("project me/p --topk x", "project: --topk: 'x' is not a whole number; "),
        ("project me/p --topk", "project: --topk needs a value; `wandbwatch project"),
        ("sweep me/p/s extra", "sweep: too many words: extra"),
        ("project a/b/c/d/e/f", "project: ADDRESS: 'a/b/c/d/e/f' has too many parts"),
        ("project me/p --nope", "project: no such option: --nope"),
        (
            "project me/p --fliters 1",
            "no such option: --fliters; did you mean --filters? `wan",
        ),
        ("project me/p --debug=x", "project: --debug takes no value"),
        ("project me/p -o xml", "'xml' is not one of"),
        ("project 'me/p", "No closing quotation"),
        ("", "name a command"),
        ("-o json", "name a command"),
        ("# a comment", "no such command '#'"),
        ("login", "'login' works in a terminal, not in a list of command lines"),
        (
            "//",
            "'//' is not a command of the older bot; it had /summary, /project, /image",
        ),
    ],
)
def test_a_wrong_line_is_one_line_of_complaint(line, expected):
    assert expected in complaint(line)


def test_one_advice_is_enough():
    told = complaint("project https://wandb.ai/a/b/runs/c")
    assert told == (
        "project: ADDRESS: 'https://wandb.ai/a/b/runs/c' is a run, not a project;"
        " `wandbwatch summary https://wandb.ai/a/b/runs/c` shows it"
    )


@pytest.mark.parametrize(
    "line",
    ["--help", "project --help", "--version", "--show-completion", "whoami", "lines x"],
)
def test_a_list_never_prints_exits_or_operates(line, capsys):
    assert complaint(line)
    assert capsys.readouterr() == ("", "")


WORD = st.sampled_from(
    [
        *("project", "summary", "/summary", "/project", "/image", "run:a/b/c", "-o"),
        *("project:a/b", "topk:1", "filters:{}", "--topk", "--filters", "--order"),
        *("--columns", "--config", "--debug", "json", "-1", "a/b", "a/b/c", "--", "-x"),
        *("'", '"', "\\", "%20", "keys:a", "--output=csv", "--help", "\x1b[31m"),
    ]
)


@given(st.text() | st.lists(WORD | st.text(max_size=5)).map(" ".join))
def test_any_line_parses_or_complains_in_one_line(line):
    told = complaint(line)
    assert told.isprintable()


@given(st.lists(WORD | st.text(max_size=5), min_size=1).map(shlex.join))
def test_the_modern_form_of_a_line_reads_back_as_the_same(line):
    try:
        modern = grammar.modern(line)
    except UsageError:
        assert complaint(line)
    else:
        assert grammar.modern(modern) == modern
        assert bool(complaint(modern)) == bool(complaint(line))


def test_a_report_includes_its_sources_remarks():
    class Partial(FakeSource):
        def runs(self, query: Query) -> Listing:
            remark("W&B can't read the run 'b2'")
            return super().runs(query)

    line = grammar.parse("project me/p", fake_env(Partial([OWL])))
    (report,) = line.reports
    assert report.blocks[-1] == Note("W&B can't read the run 'b2'")
    (again,) = grammar.parse("project me/p", fake_env(FakeSource([OWL]))).reports
    assert Note("W&B can't read the run 'b2'") not in again.blocks
