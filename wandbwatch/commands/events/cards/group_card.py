"""One card for many runs to which the same happened. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from wandbwatch.commands.events.cards import run_card
from wandbwatch.commands.events.lifecycle import (
    CodeAlert,
    CrashRetracted,
    EventKind,
    RunEvent,
    Stalled,
)
from wandbwatch.model.report import MISSING, Cell, Level, Report, Table

MOST = 3
"""More than so many of a kind are told in one card."""
_BAD = {EventKind.FAILED, EventKind.CRASHED, EventKind.KILLED, EventKind.STALLED}
_GOOD = {EventKind.FINISHED, EventKind.RECOVERED}
_WHAT = {
    EventKind.ALERT: "alert",
    EventKind.STALLED: "are stalled",
    EventKind.RECOVERED: "running again",
}
_COLUMNS = ("name", "id", "group", "exit code", "runtime", "last step", "note")


@dataclass(frozen=True)
class ProjectPage:
    """What the runs are in: its name and page."""

    name: str
    url: str | None


def folded(kind: EventKind, events: Sequence[RunEvent], project: ProjectPage) -> Report:
    """Name and link many runs to which the same happened."""
    rows = tuple(_row(event) for event in events)
    shown = [
        place
        for place in range(len(_COLUMNS))
        if any(row[place] is not MISSING for row in rows)
    ]
    table = Table(
        "runs",
        tuple(_COLUMNS[place] for place in shown),
        tuple(tuple(row[place] for place in shown) for row in rows),
        tuple(event.run.url for event in events),
    )
    count = len({event.run.id for event in events})
    title = f"{count} runs {_WHAT.get(kind, kind.value)} in {project.name}"
    level = Level.BAD if kind in _BAD else Level.GOOD if kind in _GOOD else Level.INFO
    if any(
        isinstance(e, CodeAlert) and run_card.level_of(e) is Level.BAD for e in events
    ):
        level = Level.BAD
    return Report("events", title, (table,), level, project.url)


def _row(event: RunEvent) -> tuple[Cell, ...]:
    run = event.run
    return (
        run.name,
        run.id,
        run.group or MISSING,
        MISSING if run.exit_code is None else run.exit_code,
        MISSING if run.runtime is None else timedelta(seconds=run.runtime),
        MISSING if run.last_step is None else run.last_step,
        _noted(event),
    )


def _noted(event: RunEvent) -> Cell:
    match event:
        case Stalled():
            return run_card.why(event)
        case CodeAlert():
            return event.title
        case CrashRetracted():
            return run_card.said(event)[0]
        case _:
            return MISSING
