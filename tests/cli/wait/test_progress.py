"""What is seen of a wait, in a terminal and in a pipe."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from wandbwatch.analysis.eta import Total
from wandbwatch.cli.wait import ProgressBars, ProgressLines
from wandbwatch.model.run import Run, State

RUN = Run("a", "a \x1b[31m[bold]run", State.RUNNING, last_step=100, runtime=10.0)


def test_a_pipe_is_reported_changes_alone():
    told: list[str] = []
    lines = ProgressLines(told.append)
    for run in (RUN, replace(RUN, last_step=200), replace(RUN, state=State.FAILED)):
        lines.show([run])
    assert told == ["a: running, step 100", "a: failed, step 100"]


def drawn(width: int, total: Total | None) -> str:
    screen = io.StringIO()
    console = Console(file=screen, width=width, force_terminal=True, _environ={})
    with ProgressBars(console, total) as bars:
        bars.show([RUN])
        bars.show([replace(RUN, last_step=150, runtime=20.0)])
    return screen.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_bar_shows_how_far_it_is_and_when_it_ends(width):
    seen = drawn(width, Total(201))
    assert "150/201" in seen
    assert "ETA 10s" in seen
    assert "\x1b[31m" not in seen


def test_without_a_total_the_step_has_to_do():
    seen = drawn(80, None)
    assert "▸ running" in seen
    assert "step 150" in seen
    assert "ETA" not in seen


def test_reports_stay_above_the_progress_bars():
    screen = io.StringIO()
    console = Console(file=screen, width=80, force_terminal=True, _environ={})
    with ProgressBars(console, None) as bars:
        bars.show([RUN])
        bars.tell("no answer")
        bars.show([RUN])
    assert screen.getvalue().count("wandbwatch: no answer\n") == 1
