"""Cards of what happens while a run goes on, and of groups of runs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from wandbwatch import formatting
from wandbwatch.commands.events.lifecycle import (
    Best,
    CodeAlert,
    CrashRetracted,
    EventKind,
    GroupDone,
    RunEvent,
    Stalled,
)
from wandbwatch.commands.events.lifecycle.event import KINDS
from wandbwatch.formatting import titles
from wandbwatch.formatting.run_blocks import run_fields
from wandbwatch.model.report import Cell, Fields, Level, Note, Report
from wandbwatch.model.run import Run, State


def title(run: Run, what: str) -> str:
    path = titles.of_run(run).removeprefix(run.name)
    return f"{run.name} {what}{path}"


_ALARMING = {"WARN", "ERROR"}


def card(event: RunEvent) -> Report:
    """Tell of one thing that happened to a run."""
    what, note = said(event)
    run = event.run
    notes = (Note(note),) if note else ()
    level = Level.INFO if isinstance(event, CrashRetracted) else level_of(event)
    return Report("events", title(run, what), (*notes, _short(run)), level, run.url)


def said(event: RunEvent) -> tuple[str, str]:
    """Word what happened: behind the run's name, and in a sentence if need be."""
    match event:
        case CrashRetracted():
            what = _after_all(event.run)
            return what, "it was reported as crashed because heartbeats were missing"
        case Stalled():
            return "is stalled", why(event)
        case CodeAlert():
            return f"alerts: {event.title}", event.text
        case Best():
            return (
                f"has the best {event.key}: {formatting.number(event.value)}",
                _beaten(event),
            )
        case _:
            return event.kind.value, KINDS[event.kind].note


def why(event: Stalled) -> str:
    """Say what is missed of a run, and for how long."""
    idle = formatting.duration(timedelta(seconds=round(event.idle)))
    if event.run.last_step is None:
        return f"no step yet, after {idle}"
    step = f"no step after {event.run.last_step} for {idle}"
    if not event.usual:
        return step
    usual = formatting.duration(timedelta(seconds=round(event.usual)))
    return f"{step}; usually at most {usual} between steps"


def done(event: GroupDone, name: str, url: str | None) -> Report:
    """Tell that no run of a scope is running any more; *name* is the project's."""
    match event.kind:
        case EventKind.IDLE:
            head = f"all runs in {name} have ended"
        case _:
            head = f"{event.kind.value} {event.name} is done ({name})"
    ended: tuple[tuple[str, Cell], ...] = tuple(
        (state.value, count) for state, count in _sorted(event.ended)
    )
    blocks = (Fields("ended", ended),) if ended else ()
    return Report("events", head, blocks, Level.INFO, url)


def _sorted(ended: Mapping[State, int]) -> list[tuple[State, int]]:
    order = list(State)
    return sorted(ended.items(), key=lambda pair: order.index(pair[0]))


def _after_all(run: Run) -> str:
    if run.state is State.RUNNING:
        return "is still running; it did not crash"
    return f"{run.state.value} after all; it did not crash"


def _beaten(event: Best) -> str:
    if event.before is None:
        return "the first value"
    return f"previous best: {formatting.number(event.before)}"


def level_of(event: RunEvent) -> Level:
    if isinstance(event, CodeAlert):
        return Level.BAD if event.level in _ALARMING else Level.INFO
    return KINDS[event.kind].level


def _short(run: Run) -> Fields:
    """Return the fields of a running run's card."""
    told = {"state", "runtime", "last step", "group", "sweep", "host"}
    return run_fields(run, told)
