from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import UsageError
from wandbwatch.model.memory import Memory
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Note, Text
from wandbwatch.model.run import Run, State
from wandbwatch.model.run_details import Printed

from tests.fakes import FakeSource, fake_env

RUN = Run("abc", "owl", State.CRASHED, entity="acme", project="gpt", url="https://u")
LINES = [Printed(f"epoch {i}", error=i % 2 == 1) for i in range(100)]


def told(line: str, source: FakeSource) -> list[str]:
    (report,) = grammar.parse(line, fake_env(source)).reports
    return [b.text for b in report.blocks if isinstance(b, Text | Note)]


def test_the_newest_lines_of_a_run_that_crashed():
    source = FakeSource([RUN], console=LINES)
    (report,) = grammar.parse("logs acme/gpt/abc -n 2", fake_env(source)).reports
    assert report.blocks == (Text("", "epoch 98\nepoch 99"),)
    assert (report.title, report.level) == ("owl (acme/gpt/abc)", Level.BAD)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--grep 'epoch 1[0-2]$'", ["epoch 10\nepoch 11\nepoch 12"]),
        ("--grep 'epoch 1' -n 2", ["epoch 18\nepoch 19"]),
        ("--grep nothing", ["none of 100 lines match"]),
        ("--grep '(a+)+$' -n 1", ["none of 100 lines match"]),
    ],
)
def test_only_lines_in_which_it_is_found(words, expected):
    assert told(f"logs a/b/c {words}", FakeSource([RUN], console=LINES)) == expected


def test_a_run_that_printed_nothing():
    assert told("logs a/b/c", FakeSource([RUN])) == ["no console output"]
    running = replace(RUN, state=State.RUNNING)
    assert told("logs a/b/c", FakeSource([running])) == ["no console output yet"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("logs a/b/c --grep '['", "unterminated character set"),
        ("logs a/b/c -n -1", "-1"),
        ("logs a/b", None),
    ],
)
def test_a_wrong_line(line, why):
    if why is None:  # RUN of one's own project
        grammar.parse(line, fake_env(FakeSource([RUN])))
        return
    with pytest.raises(UsageError, match=why):
        grammar.parse(line, fake_env(FakeSource()))


def test_a_list_can_not_follow():
    env = replace(fake_env(FakeSource([RUN])), memory=Memory())
    with pytest.raises(UsageError, match="works in a terminal"):
        grammar.parse("logs a/b/c -f", env)


class Growing(FakeSource):
    """Prints more at each look, and ends."""

    def __init__(self, looks: Sequence[Sequence[str]]) -> None:
        super().__init__([replace(RUN, state=State.RUNNING)])
        self._looks = list(looks)

    def run(self) -> Run:
        run = super().run()
        return run if len(self._looks) > 1 else replace(run, state=State.FINISHED)

    def console(self, _run_id: str, last: int) -> tuple[Printed, ...]:
        lines = self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]
        return tuple(map(Printed, lines))[-last or None :]


def test_following_tells_each_line_once_and_a_bar_when_it_is_done(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    source = Growing([["a", "10%"], ["a", "50%"], ["a", "100%", "b", "c"], ["b", "c"]])
    reports = grammar.parse("logs ./wandb -f", fake_env(source)).reports
    plain = plugins.load("wandbwatch.renderers", "plain")
    assert list(plain(reports, Screen())) == [
        "# owl (acme/gpt/abc)\thttps://u",
        "a",
        "100%",
        "b",
        "c",
    ]
