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
from wandbwatch.commands.events.lifecycle.event import KINDS
from wandbwatch.formatting.run_blocks import runs_table
from wandbwatch.model.report import MISSING, Cell, Level, Report

_COLUMNS = ("name", "id", "group", "exit code", "runtime", "last step", "note")


@dataclass(frozen=True)
class ProjectPage:
    """What the runs are in: its name and page."""

    name: str
    url: str | None


def folded(kind: EventKind, events: Sequence[RunEvent], project: ProjectPage) -> Report:
    """Name and link many runs to which the same happened."""
    rows = tuple(_row(event) for event in events)
    urls = [event.run.url for event in events]
    table = runs_table(_COLUMNS, rows, urls)
    count = len({event.run.id for event in events})
    title = f"{count} runs {KINDS[kind].many} in {project.name}"
    level = KINDS[kind].level
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
