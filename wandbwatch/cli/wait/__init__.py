"""Wait until runs have ended, and report on each."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import typer

from wandbwatch import formatting as words
from wandbwatch.analysis.eta import Total
from wandbwatch.cli.wait.lookups import ENDED, Looker, Patient
from wandbwatch.cli.wait.progress import ProgressBars, ProgressLines, Shown
from wandbwatch.formatting.run_blocks import run_title
from wandbwatch.model.errors import ExitCode, TimeOutError, printable
from wandbwatch.model.report import Cell, Fields, Level, Report
from wandbwatch.model.run import Run, State

_SOON, _LATER, _LOCAL = 2.0, 30.0, 5.0
_SLOWER = 1.5


@dataclass(frozen=True)
class WaitLimits:
    """How long to wait, for how many of the runs, and how often to look."""

    one: bool
    timeout: timedelta | None
    every: timedelta | None


def wait_for(
    looker: Looker, patience: WaitLimits, total: Total | None
) -> Iterator[Report]:
    """Report on each run when it ends, until enough of them have ended."""
    begun, pause = time.monotonic(), _SOON
    told: set[str] = set()
    runs: Sequence[Run] = ()
    with ExitStack() as stack:
        shown = _shown(stack, total)
        patient = Patient(looker.look, time.monotonic, shown.tell)
        while True:
            runs = patient.look() or runs
            shown.show(runs)
            ended = [run for run in runs if run.state in ENDED]
            for run in ended:
                if run.id not in told:
                    with shown.aside():
                        yield report(run)
            told = {run.id for run in ended}
            if ended and (patience.one or len(ended) == len(runs)):
                break
            _sleep(begun, pause, patience, runs)
            pause = min(pause * _SLOWER, _LOCAL if looker.local else _LATER)
    if any(run.state.bad for run in ended):
        raise typer.Exit(ExitCode.CONDITION)


def report(run: Run) -> Report:
    """Report how *run* ended."""
    items: dict[str, Cell] = {
        "state": run.state,
        "exit code": run.exit_code,
        "runtime": None if run.runtime is None else timedelta(seconds=run.runtime),
        "last step": run.last_step,
    }
    known = tuple((name, cell) for name, cell in items.items() if cell is not None)
    level = Level.GOOD if run.state is State.FINISHED else Level.BAD
    return Report("wait", run_title(run), (Fields("run", known),), level, run.url)


def _sleep(
    begun: float, pause: float, patience: WaitLimits, runs: Sequence[Run]
) -> None:
    if patience.every:
        pause = patience.every.total_seconds()
    if patience.timeout:
        left = begun + patience.timeout.total_seconds() - time.monotonic()
        if left <= 0:
            going = ", ".join(run.id for run in runs if run.state not in ENDED)
            span = words.duration(patience.timeout)
            raise TimeOutError(f"still running after {span}: {going}")
        pause = min(pause, left)
    time.sleep(pause)


def _shown(stack: ExitStack, total: Total | None) -> Shown:
    if not sys.stderr.isatty():
        return ProgressLines(_tell)
    from rich.console import Console  # noqa: PLC0415 -- not for a pipe

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    return stack.enter_context(ProgressBars(console, total))


def _tell(line: str) -> None:
    typer.echo(f"wandbwatch: {printable(line)}", err=True)
