"""A key that no run logs is reported once, whichever option names it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.cli import grammar
from wandbwatch.cli.watchfile import online
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Note, Report
from wandbwatch.model.run import State

from tests.analysis.test_dead_keys import EARLY, KEYS, LATER, mutated, run
from tests.fakes import NOW, FakeSource, fake_env

OPTIONS = (
    "alert me/p --when '\"{}\" > 5'",
    "events me/p --best '{}:min'",
    "project me/p --columns '{}'",
    "project me/p --total '{}'",
    "image me/p --keys x --best '{}:min'",
)


class Line:
    """A line of a list, as a worker answers it."""

    def __init__(self, line: str, source: FakeSource) -> None:
        self.line, self.source = line, source
        self.kept: dict[str, str] = {}
        self.now = NOW

    def look(self) -> Sequence[str]:
        memory = Memory(dict(self.kept))
        env = replace(fake_env(self.source), memory=memory, now=lambda: self.now)
        parsed = grammar.parse(self.line, env)
        reports = list(online.answered(parsed, env, memory))
        self.kept |= {k: v for k, v in memory.changes.items() if v is not None}
        self.now += timedelta(minutes=11)
        return [note for report in reports if report.event for note in notes(report)]


def notes(report: Report) -> list[str]:
    return [
        block.text
        for block in report.blocks
        if isinstance(block, Note) and "ever logged" in block.text
    ]


def test_a_hundred_misspelt_keys_over_all_options_are_reported_once():
    dice = random.Random(11)  # noqa: S311
    source = FakeSource([run(State.FINISHED), run(State.RUNNING, id="b")])
    for number in range(100):
        wrong = mutated(KEYS[number % len(KEYS)].replace(" ", "_"), dice)
        line = Line(OPTIONS[number % len(OPTIONS)].format(wrong), source)
        (found,) = line.look()
        assert found.startswith(f"no run has ever logged {wrong!r}"), line.line
        assert line.look() == []


def test_no_healthy_key_is_reported_before_its_first_evaluation():
    source = FakeSource([run(State.RUNNING, EARLY), run(State.FAILED, EARLY, id="b")])
    for number in range(100):
        key = LATER[number % len(LATER)]
        line = Line(OPTIONS[number % len(OPTIONS)].format(key), source)
        assert [*line.look(), *line.look()] == []


@pytest.mark.parametrize("line", ["project me/p", "summary me/p/a --filters los"])
def test_a_line_that_names_no_key_asks_nothing_more(line):
    source = FakeSource([run(State.RUNNING)])
    env = fake_env(source)
    assert list(online.reported(grammar.parse(line, env), env, Memory())) == []
    assert source.asked == 0


@pytest.mark.parametrize("line", ["project me/p --keys '{}'", "image me/p --keys '{}'"])
def test_a_key_that_is_shown_is_not_asked_for_again(line):
    source = FakeSource([run(State.RUNNING)])
    line = line.format(KEYS[0])
    env = fake_env(source)
    list(grammar.parse(line, env).reports)
    alone = source.asked
    assert Line(line, source).look() == []
    assert source.asked == 2 * alone
