"""One card for many runs to which the same happened. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from wandbwatch.commands.events.cards import short
from wandbwatch.commands.events.lifecycle import Event, GoesOn, Kind, Raised, Stalled
from wandbwatch.model.report import MISSING, Cell, Level, Report, Table

MOST = 3
"""More than so many of a kind are told in one card."""
_BAD = {Kind.FAILED, Kind.CRASHED, Kind.KILLED, Kind.STALLED}
_GOOD = {Kind.FINISHED, Kind.RECOVERED}
_WHAT = {
    Kind.ALERT: "alert",
    Kind.STALLED: "are stalled",
    Kind.RECOVERED: "go on again",
}
_COLUMNS = ("name", "id", "group", "exit code", "runtime", "last step", "note")


@dataclass(frozen=True)
class Project:
    """What the runs are in: its name and page."""

    name: str
    url: str | None


def folded(kind: Kind, events: Sequence[Event], project: Project) -> Report:
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
    if any(isinstance(e, Raised) and short.level_of(e) is Level.BAD for e in events):
        level = Level.BAD
    return Report("events", title, (table,), level, project.url)


def _row(event: Event) -> tuple[Cell, ...]:
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


def _noted(event: Event) -> Cell:
    match event:
        case Stalled():
            return short.why(event)
        case Raised():
            return event.title
        case GoesOn():
            return short.said(event)[0]
        case _:
            return MISSING
