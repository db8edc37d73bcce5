from __future__ import annotations

import shlex

import pytest
from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.cli.grammar import app
from wandbwatch.cli.grammar.command import EXAMPLES, GROUPS, Called
from wandbwatch.model.media import Album, Medium, RunFile
from wandbwatch.model.run import Run, Series, State
from wandbwatch.model.run_details import Sweep

from tests.fakes import NOW, FakeSource, fake_env

LINES = [line for lines in EXAMPLES.values() for line in lines]
REPORTING = [
    line
    for line in LINES
    if app.ALIASES.get(line.split()[0], line.split()[0]) in plugins.names(app.COMMANDS)
]

ELSEWHERE = ("experiment", "diff")
"""What needs a script, or a second run; their own tests run them."""


def test_each_command_is_in_one_group_and_has_examples():
    known = app.Plugins([app.COMMANDS, app.OPERATIONS])
    public = [name for name in known if not known.described(name).startswith("(")]
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(public)
    assert sorted(EXAMPLES) == sorted(public)
    assert all(1 <= len(lines) <= 4 for lines in EXAMPLES.values())


def test_help_says_which_commands_work_in_subscriptions():
    look, happened, *_ = GROUPS.values()
    listed = {*look, *happened, "experiment"} - {"projects", "history"}
    assert listed == set(plugins.names(app.COMMANDS))


@pytest.mark.parametrize("line", LINES)
def test_an_example_is_a_valid_line(line):
    env = fake_env(FakeSource())
    called = app.terminal()(
        shlex.split(line), prog_name="wandbwatch", standalone_mode=False, obj=env
    )
    assert isinstance(called, Called)


RUN = Run(
    "abc123",
    "owl",
    State.FINISHED,
    created=NOW,
    heartbeat=NOW,
    last_step=1,
    entity="acme",
    project="gpt",
    sweep="s1w2e3",
    config={"lr": 0.1, "steps": 10, "seed": 1},
    summary={"val/loss": 1.0, "train/loss": 2.0},
)


def source() -> FakeSource:
    loss = [Series(key, (0.0, 1.0), (2.0, 1.0)) for key in RUN.summary]
    piece = RunFile("ckpt/last.pt", 1, lambda: iter([b"x"]))
    return FakeSource(
        [RUN],
        loss,
        sweep=Sweep("s1w2e3", "sweep", "RUNNING", "random", "val/loss", "minimize"),
        files=[piece],
        album=Album((Medium("eval/x", "html-file", {"path": "x.html"}, 1),)),
    )


@pytest.mark.parametrize(
    "line", [line for line in REPORTING if line.split()[0] not in ELSEWHERE]
)
def test_an_example_makes_a_report(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list(grammar.parse(line, fake_env(source())).reports)


def test_help_ends_with_the_examples(capsys):
    grammar.read(["logs", "--help"], fake_env(FakeSource()))
    shown = capsys.readouterr().out
    assert shown.endswith("  wandbwatch logs acme/gpt/latest --follow\n")
    assert max(map(len, shown.splitlines())) <= 80


def test_no_help_shows_a_type_or_brackets_around_a_default(capsys):
    for name in EXAMPLES:
        grammar.read([name, "--help"], fake_env(FakeSource()))
    shown = capsys.readouterr().out
    assert "<" not in shown.replace("<- ", "")
    assert "default: (" not in shown
    assert "[[" not in shown
