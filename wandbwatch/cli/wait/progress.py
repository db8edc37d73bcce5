"""Progress while waiting for runs: bars in a terminal, else plain lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, Self

from wandbwatch import formatting
from wandbwatch.analysis.eta import Total, left, observed
from wandbwatch.model.run import Run, State

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

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
