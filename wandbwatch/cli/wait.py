"""Wait until runs or experiments have ended, and show how far they are."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, Self

import typer

from wandbwatch import formatting
from wandbwatch import formatting as words
from wandbwatch.analysis.eta import Total, left, observed
from wandbwatch.formatting.run_blocks import run_title
from wandbwatch.model.address import Address
from wandbwatch.model.cell import Cell, Level
from wandbwatch.model.errors import (
    ExitCode,
    NetworkError,
    NotFoundError,
    TimeOutError,
    UsageError,
    printable,
)
from wandbwatch.model.experiment import Experiment, Experiments, Phase
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Query
from wandbwatch.model.report import Fields, Report
from wandbwatch.model.run import Run, State

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID


ENDED = frozenset(s for s in State if s.ended and s is not State.PREEMPTED)
"""A preempted run is usually started again."""
PATIENCE = timedelta(hours=1)
"""How long a server may be silent, once it has answered."""


class Looker:
    """Looks up the runs of some addresses."""

    def __init__(
        self,
        source: Callable[[Address], Source],
        addresses: Iterable[Address],
        total: Total | None,
    ) -> None:
        bare = Query(summary=(), config=())
        self._query = total.asked(bare) if total else bare
        projects: dict[Address, list[str]] = {}
        addresses = tuple(dict.fromkeys(addresses))
        for address in addresses:
            if address.run:
                projects.setdefault(address.without_run(), []).append(address.run)
            else:
                projects[address.resolved()] = []
        self._unsure = [source(one) for one in addresses if one.maybe_project]
        self._asked = [(source(place), tuple(ids)) for place, ids in projects.items()]
        self.local = all(place.local for place in projects)

    def look(self) -> tuple[Run, ...]:
        """Return each run once. Raises SourceError, and UsageError for no run."""
        try:
            return tuple(
                run for source, ids in self._asked for run in self._of(source, ids)
            )
        except NotFoundError:
            for one in self._unsure:
                one.run()  # raises an error that says so if it is a project
            raise

    def _of(self, source: Source, ids: Sequence[str]) -> Sequence[Run]:
        found = source.runs(replace(self._query, ids=tuple(ids))).runs
        if ids or len(found) == 1:
            return found
        return (source.run(),)  # raises an error that says why it is not one run


class Patient:
    """Retries while a server does not answer, and reports that once."""

    def __init__(
        self,
        look: Callable[[], tuple[Run, ...]],
        clock: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        self._look = look
        self._clock = clock
        self._tell = tell
        self._answered: float | None = None
        self._silent = False

    def look(self) -> tuple[Run, ...] | None:
        """Return the runs; None if the server does not answer this time.

        Raises any error of the first look, and an outage longer than `PATIENCE`.
        """
        try:
            runs = self._look()
        except (NetworkError, TimeOutError) as e:
            passed = self._clock() - (self._answered or 0.0)
            if self._answered is None or passed > PATIENCE.total_seconds():
                raise
            if not self._silent:
                span = formatting.duration(PATIENCE)
                self._tell(f"{printable(str(e))}; retrying for {span}")
            self._silent = True
            return None
        self._answered = self._clock()
        if self._silent:
            self._tell("connected again")
        self._silent = False
        return runs


_NARROW = 60
"""Columns below which a mark has to do for a state, and numbers for a bar."""


class Shown(Protocol):
    def show(self, runs: Sequence[Run]) -> None:
        """Show the current state of *runs*."""
        ...

    def tell(self, line: str) -> None:
        """Print a line that stays on the screen."""
        ...

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Pause the progress, so that a report can be printed on the same screen."""
        ...


class ProgressLines:
    """Prints each run's state when it changes."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self._states: dict[str, str] = {}

    def show(self, runs: Sequence[Run]) -> None:
        for run in runs:
            if self._states.get(run.id) != run.state.value:
                self._states[run.id] = run.state.value
                self.tell(f"{run.id}: {run.state.value}{_step(run)}")

    @contextmanager
    def aside(self) -> Iterator[None]:
        yield


class ProgressBars:
    """One line per run, with a bar if its number of steps is known."""

    def __init__(self, console: Console, total: Total | None) -> None:
        self._total = total
        self._narrow = console.width < _NARROW
        barred = total is not None and not self._narrow
        self._progress: Progress = _progress(console, barred=barred)
        self._tasks: dict[str, TaskID] = {}
        self._seen: dict[str, list[tuple[int, float]]] = {}

    def show(self, runs: Sequence[Run]) -> None:
        for run in runs:
            if run.id not in self._tasks:
                name = formatting.clean(run.name)
                task = self._progress.add_task(name, total=None, state="", more="")
                self._tasks[run.id] = task
            total = self._total.of(run) if self._total else None
            step = 0 if run.last_step is None else run.last_step + 1
            self._progress.update(
                self._tasks[run.id],
                total=total,
                completed=min(step, total) if total else 0,
                state=self._state(run.state),
                more=self._more(run, total),
            )

    def _state(self, state: State) -> str:
        return formatting.MARKS[state] if self._narrow else formatting.state(state)

    def _more(self, run: Run, total: float | None) -> str:
        """Show the step and, once it is known, the time left."""
        if run.last_step is None:
            return ""
        seen = self._seen.setdefault(run.id, [])
        if run.runtime is not None:
            seen[1:] = [(run.last_step, run.runtime)]
        of = f"/{formatting.number(total)}" if total else ""
        span = left(run, total, observed(seen))
        rest = "" if span is None else f" ETA {formatting.duration(span)}"
        return f"step {run.last_step}{of}{rest}"

    def tell(self, line: str) -> None:
        self._progress.console.print(f"wandbwatch: {line}")

    @contextmanager
    def aside(self) -> Iterator[None]:
        self._progress.stop()
        yield
        self._progress.start()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def _step(run: Run) -> str:
    return "" if run.last_step is None else f", step {run.last_step}"


def _progress(console: Console, *, barred: bool) -> Progress:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn  # noqa: PLC0415 -- not for a pipe
    from rich.table import Column  # noqa: PLC0415 -- not for a pipe

    def text(field: str) -> TextColumn:
        column = Column(no_wrap=True, overflow="ellipsis")
        return TextColumn(f"{{task.{field}}}", markup=False, table_column=column)

    whole = [SpinnerColumn(), text("description"), text("fields[state]")]
    if barred:
        whole.append(BarColumn(bar_width=16))
    whole.append(text("fields[more]"))
    return Progress(
        *whole,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


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


_NAME = re.compile(r"\d+|[Bb]\d+")
_LOOK = 1.0
"""Seconds between two looks at the state."""


def are_experiments(words: Sequence[str], experiments: Experiments) -> bool:
    """Whether *words* name experiments (``8``) or batches (``B3``) of this machine.

    UsageError where there is none, unless WANDB_PROJECT may have runs of these ids.
    """
    if not words or not all(_NAME.fullmatch(word) for word in words):
        return False
    try:
        return bool(experiments.select(words))
    except UsageError as e:
        if os.environ.get("WANDB_PROJECT"):
            return False
        raise UsageError(f"{e}; a run is ENTITY/PROJECT/{words[0]}") from e


def wait_for_experiments(
    words: Sequence[str], experiments: Experiments, limits: WaitLimits
) -> Iterator[Report]:
    """Report on each experiment, or on the whole batch, once it has ended."""
    began = time.monotonic()
    pause = limits.every.total_seconds() if limits.every else _LOOK
    shown = ""
    while True:
        experiments.attend()
        found = experiments.select(words)
        ended = [one for one in found if one.phase.over]
        counts = _counts(found)
        if counts != shown:
            typer.echo(f"wandbwatch: {counts}", err=True)
            shown = counts
        if len(ended) == len(found) or (ended and limits.one):
            break
        if limits.timeout:
            left = began + limits.timeout.total_seconds() - time.monotonic()
            if left <= 0:
                span = formatting.duration(limits.timeout)
                raise TimeOutError(f"still running after {span}: {counts}")
            time.sleep(min(pause, left))
        else:
            time.sleep(pause)
    yield from _reports(words, experiments, ended)
    if any(one.phase is not Phase.FINISHED for one in ended):
        raise typer.Exit(ExitCode.CONDITION)


def _reports(
    words: Sequence[str], experiments: Experiments, ended: Sequence[Experiment]
) -> Iterator[Report]:
    batches = {int(word[1:]) for word in words if not word.isdecimal()}
    for batch in sorted(batches):
        yield experiments.batch_report(batch)
    for one in ended:
        if one.batch not in batches:
            yield experiments.report(one.id)


def _counts(found: Sequence[Experiment]) -> str:
    counter = Counter(one.phase for one in found)
    return ", ".join(f"{counter[phase]} {phase}" for phase in Phase if counter[phase])
