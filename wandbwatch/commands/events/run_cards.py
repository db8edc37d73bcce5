"""Headlines and cards of one event, of many, of a group. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType

from wandbwatch import formatting
from wandbwatch.analysis.failing import brief, ending
from wandbwatch.commands.events.lifecycle import (
    Best,
    CodeAlert,
    CrashRetracted,
    EventKind,
    GroupDone,
    Recovered,
    RunEvent,
    Stalled,
)
from wandbwatch.commands.events.lifecycle.event import KINDS
from wandbwatch.formatting.run_blocks import (
    run_fields,
    run_subject,
    run_title,
    runs_table,
    where,
)
from wandbwatch.model.cell import MISSING, Cell, Level
from wandbwatch.model.report import Fields, Note, Report, Table
from wandbwatch.model.run import Run, State

_MOST_CAUSES = 3


def headline(event: RunEvent, name: str, why: str = "") -> str:
    """Return the headline of one event; *why* is the reason of an end, if known."""
    run = event.run
    match event:
        case CrashRetracted():
            alive = run.state is State.RUNNING
            now = "is still running" if alive else f"{run.state.value} after all"
            return f"{name} {now}; it did not crash{where(run)}"
        case Stalled():
            idle = formatting.duration(timedelta(seconds=round(event.idle)))
            what = "no step yet" if run.last_step is None else "no new step"
            return f"{name} is stalled: {what} for {idle}{where(run)}"
        case Recovered() if event.after:
            after = formatting.duration(timedelta(seconds=round(event.after)))
            return f"{name} recovered: logging steps again after {after}{where(run)}"
        case CodeAlert():
            return f"{name}: {event.title}{where(run)}"
        case Best():
            before = "" if event.before is None else formatting.number(event.before)
            was = f", was {before}" if before else ""
            value = formatting.number(event.value)
            return f"{name}: new best {event.key} {value}{was}{where(run)}"
        case _:
            reason = why or (ending(run) if run.state.bad and event.kind.end else "")
            said = f": {brief(reason)}" if reason not in ("", event.kind.value) else ""
            return f"{name} {event.kind.value}{said}{where(run)}"


def folded_headline(
    kind: EventKind, runs: Sequence[Run], project: str, reasons: Mapping[str, str]
) -> str:
    """Return the headline of many events, which groups bad ones by host and reason."""
    if not KINDS[kind].level.rank:
        return f"{len(runs)} runs {KINDS[kind].many} in {project}"
    causes = Counter((run.host, brief(reasons.get(run.id, ""))) for run in runs)
    many = KINDS[kind].many
    parts = [_cause(*cause) for cause, _ in causes.most_common(_MOST_CAUSES)]
    if len(causes) == 1:
        return f"{len(runs)} runs {many} in {project}{parts[0]}"
    if len(causes) == len(runs):
        return f"{len(runs)} runs {many} in {project}"
    counted = zip(causes.most_common(_MOST_CAUSES), parts, strict=True)
    listed = [f"{count}{part}" for (_, count), part in counted if part]
    said = f": {'; '.join(listed)}" if listed else ""
    return f"{len(runs)} runs {many} in {project}{said}"


def _cause(host: str, reason: str) -> str:
    on = f" on {host}" if host else ""
    return f"{on}: {reason}" if reason else on


def done_headline(event: GroupDone, project: str, best: str, known: str = "") -> str:
    """Return the headline of runs that have all ended; *best* names the best one,
    *known* is the display name of their sweep."""
    ended = ", ".join(_counts(event))
    what = f"all runs in {project} have ended"
    if event.kind is not EventKind.IDLE:
        what = f"{event.kind.value} {known or event.name} is done"
    said = f"{what}: {ended}" if ended else what
    return f"{said}; {best}" if best else said


def _counts(event: GroupDone) -> Iterator[str]:
    order = list(State)
    for state in sorted(event.ended, key=order.index):
        yield f"{event.ended[state]} {state.value}"


def title(run: Run, what: str) -> str:
    path = run_title(run).removeprefix(run.name)
    return f"{run.name} {what}{path}"


@dataclass(frozen=True)
class ProjectPage:
    """The name and page of the runs' project, and what its runs are called."""

    name: str
    url: str | None
    labels: Mapping[str, str] = field(default_factory=dict)
    """Short names by run id."""

    def called(self, run: Run) -> str:
        return self.labels.get(run.id, run.name)


_NO_REASONS: Mapping[str, str] = MappingProxyType({})
_ALARMING = {"WARN": Level.WARN, "ERROR": Level.BAD}


def card(event: RunEvent, project: ProjectPage) -> Report:
    """Report one event of a run."""
    what, note = wording(event)
    run = event.run
    notes = (Note(note),) if note else ()
    level = Level.INFO if isinstance(event, CrashRetracted) else level_of(event)
    return Report(
        "events",
        title(run, what),
        (*notes, _short(run)),
        level,
        run.url,
        headline=headline(event, project.called(run)),
        runs=(run.id,),
        subject=run_subject(run),
    )


def wording(event: RunEvent) -> tuple[str, str]:
    """Return the title behind the run's name, and a note or ""."""
    match event:
        case CrashRetracted():
            what = _after_all(event.run)
            return what, "it was reported as crashed because heartbeats were missing"
        case Stalled():
            return "is stalled", why(event)
        case Recovered():
            return event.kind.value, _again(event)
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
    """Say for how long a run has made no step."""
    idle = formatting.duration(timedelta(seconds=round(event.idle)))
    if event.run.last_step is None:
        return f"no step yet after {idle}"
    step = f"no new step for {idle}, last step {event.run.last_step}"
    if not event.usual:
        return step
    usual = formatting.duration(timedelta(seconds=round(event.usual)))
    return f"{step}; usually at most {usual} between steps"


def _again(event: Recovered) -> str:
    note = KINDS[event.kind].note
    if not event.after:
        return note
    after = formatting.duration(timedelta(seconds=round(event.after)))
    usual = "; a pause this long is usual from now on" if event.usual else ""
    return f"{note} after {after}{usual}"


def done(event: GroupDone, name: str, url: str | None) -> Report:
    """Report that all runs of a scope have ended; *name* is the project's."""
    match event.kind:
        case _ if event.retracted:
            what = f"{event.kind.value} {event.name}" if event.name else "the project"
            head = f"{what} was not done: {event.retracted.name}"
            head += f" {_after_all(event.retracted)} ({name})"
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
        return "first value"
    return f"previous best: {formatting.number(event.before)}"


def level_of(event: RunEvent) -> Level:
    if isinstance(event, CodeAlert):
        return _ALARMING.get(event.level, Level.INFO)
    return KINDS[event.kind].level


def _short(run: Run) -> Fields:
    """Return the fields of a running run's card."""
    shown = {"state", "runtime", "last step", "group", "sweep", "host"}
    return run_fields(run, shown)


_COLUMNS = ("name", "id", "group", "exit code", "runtime", "last step", "note")


@dataclass(frozen=True)
class Results:
    """The last values by which runs are ranked."""

    key: str
    values: Mapping[str, float]
    """By run id, the best first; not of each run."""

    def best(self, project: ProjectPage, runs: Mapping[str, Run]) -> str:
        """Name the best one: ``; best val/loss 2.05: seed5``."""
        id_, value = next(iter(self.values.items()))
        said = f"best {self.key} {formatting.number(value)}"
        return f"; {said}: {project.called(runs[id_])}"

    def added(self, table: Table) -> Table:
        """Add the values to what people see of a *table* of runs."""
        shown = table.brief or table
        ids = [row[table.columns.index("id")] for row in table.rows]
        found = [self.values.get(str(id_), MISSING) for id_ in ids]
        rows = tuple((*row, v) for row, v in zip(shown.rows, found, strict=True))
        names = (*shown.columns, self.key)
        return replace(table, brief=replace(shown, columns=names, rows=rows))


def folded(
    kind: EventKind,
    events: Sequence[RunEvent],
    project: ProjectPage,
    reasons: Mapping[str, str] = _NO_REASONS,
    results: Results | None = None,
) -> Report:
    """Report many events of one kind in a table that names and links each run.

    *reasons* are those of ended runs, by id; with *results* the best run is first.
    """
    if results:
        places = {id_: place for place, id_ in enumerate(results.values)}
        events = sorted(events, key=lambda e: places.get(e.run.id, len(places)))
    rows = tuple(_row(event, reasons.get(event.run.id, "")) for event in events)
    urls = [event.run.url for event in events]
    table = runs_table(_COLUMNS, rows, urls)
    count = len({event.run.id for event in events})
    title = f"{count} runs {KINDS[kind].many} in {project.name}"
    level = max(map(level_of, events), key=lambda level: level.rank)
    runs = {event.run.id: event.run for event in events}
    line = folded_headline(kind, tuple(runs.values()), project.name, reasons)
    return Report(
        "events",
        title,
        (results.added(table) if results else table,),
        level,
        project.url,
        headline=f"{line}{results.best(project, runs)}" if results else line,
        runs=tuple(runs),
    )


def _row(event: RunEvent, reason: str) -> tuple[Cell, ...]:
    run = event.run
    return (
        run.name,
        run.id,
        run.group or MISSING,
        MISSING if run.exit_code is None else run.exit_code,
        MISSING if run.runtime is None else timedelta(seconds=run.runtime),
        MISSING if run.last_step is None else run.last_step,
        _note(event, reason),
    )


def _note(event: RunEvent, reason: str) -> Cell:
    match event:
        case Stalled():
            return why(event)
        case CodeAlert():
            return event.title
        case Recovered():
            return _again(event)
        case CrashRetracted():
            return wording(event)[0]
        case _:
            return reason or MISSING
