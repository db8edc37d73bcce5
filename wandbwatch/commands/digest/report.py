"""What ``digest`` reports: the runs that started or ended in a period, their use."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from wandbwatch import formatting as words
from wandbwatch.analysis import machine
from wandbwatch.analysis.compare import best_by_project, best_of
from wandbwatch.analysis.dead_keys import known_keys, meant
from wandbwatch.analysis.failing import LINES, Failure, failures
from wandbwatch.analysis.machine import NAMES
from wandbwatch.analysis.ranking import Objective
from wandbwatch.analysis.several import Gathered, located
from wandbwatch.formatting import utc
from wandbwatch.formatting.run_blocks import (
    by_project,
    caveats,
    project_path,
    runs_page,
    runs_title,
)
from wandbwatch.formatting.text import headline_names
from wandbwatch.model.address import Address
from wandbwatch.model.cell import MISSING, Cell, Level
from wandbwatch.model.errors import SourceError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Details, Query
from wandbwatch.model.report import Block, Fields, Note, Report, Table
from wandbwatch.model.run import Json, Run, State
from wandbwatch.model.run_details import Printed
from wandbwatch.options import Filters


@dataclass(frozen=True)
class Period:
    """The runs of a project from *since* to *now*, latest heartbeat first.

    A run without a heartbeat has not said anything, and is as old as its creation.
    """

    runs: tuple[Run, ...]
    since: datetime
    now: datetime

    @cached_property
    def heard(self) -> tuple[Run, ...]:
        """The runs that existed in the period."""
        return tuple(run for run in self.runs if self.within(_last(run)))

    @cached_property
    def started(self) -> tuple[Run, ...]:
        return tuple(run for run in self.heard if self.within(run.created))

    @cached_property
    def ended(self) -> tuple[Run, ...]:
        """The runs that ended in the period, by their last heartbeat."""
        ended = (run for run in self.heard if run.state.ended)
        return tuple(sorted(ended, key=_heard, reverse=True))

    @cached_property
    def failed(self) -> tuple[Run, ...]:
        return tuple(run for run in self.ended if run.state.bad)

    @property
    def running(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.state is State.RUNNING)

    def within(self, when: datetime | None) -> bool:
        return when is not None and utc(when) >= self.since

    def ran(self, run: Run) -> timedelta:
        """Return how long *run* ran in it."""
        last = _last(run)
        if run.runtime is None or last is None:
            return timedelta()
        if run.spans:
            parts = (
                min(end, self.now) - max(start, self.since) for start, end in run.spans
            )
            return sum((max(part, timedelta()) for part in parts), timedelta())
        whole = max(timedelta(seconds=run.runtime), timedelta())
        return min(whole, max(utc(last) - self.since, timedelta()))


@dataclass(frozen=True)
class RunHours:
    """Run hours, and the GPU hours of runs with known GPUs."""

    ran: timedelta
    gpu: float | None
    """GPU hours; None if no run's GPUs are known."""
    unknown: int
    """How many runs have no system metrics to count GPUs by."""
    others: tuple[tuple[str, float], ...] = ()
    """The hours of other accelerators, by kind."""


def gpus(run: Run) -> int | None:
    """Count the GPUs in a run's system metrics; None where there are no metrics."""
    return len(machine.gpus(run.system)) if run.system else None


def hours(period: Period, runs: Sequence[Run]) -> RunHours:
    """Add up what *runs* took in *period*."""
    ran = sum((period.ran(run) for run in runs), timedelta())
    known = [(run, count) for run in runs if (count := gpus(run)) is not None]
    seconds = sum(period.ran(run).total_seconds() * count for run, count in known)
    gpu = seconds / 3600 if known else None
    others: dict[str, float] = defaultdict(float)
    for run in runs:
        for device in machine.devices(run.system):
            others[device.kind] += period.ran(run).total_seconds() / 3600
    others.pop("gpu", None)
    return RunHours(ran, gpu, len(runs) - len(known), tuple(sorted(others.items())))


def _heard(run: Run) -> float:
    last = _last(run)
    return last.timestamp() if last else 0.0


def _last(run: Run) -> datetime | None:
    return run.heartbeat or run.created


_CONSOLES = 12
"""Consoles read at most: each is a request. Of several projects one each is read, all
by one request."""


_SHOWN = 12


_NAMED = 5


def recent_runs(
    source: Source, filters: Filters, since: datetime, *, several: bool = False
) -> tuple[Run, ...]:
    """Read all running runs, and those with a heartbeat after *since*, with their
    metrics and their last system metrics. Of one project without any, its newest run
    says the name."""
    late: dict[str, Json] = {"$gt": utc(since).isoformat().replace("+00:00", "Z")}
    recent: Json = [
        {"state": State.RUNNING.value},
        {"heartbeatAt": late},
        {"createdAt": late},
    ]
    wanted: dict[str, Json] = {"$or": recent}
    newest = Query(filters, "-heartbeat_at", 1, summary=(), config=(), numbers=True)
    query = replace(
        newest,
        filters={"$and": [dict(filters), wanted]} if filters else wanted,
        limit=0,
        summary=None,
        machine=True,
        details=Details.ENDS,
    )
    found = source.runs(query).runs
    return found if found or several else source.runs(newest).runs


def read_consoles(
    source: Source, runs: Sequence[Run]
) -> Mapping[str, Sequence[Printed]]:
    found: dict[str, Sequence[Printed]] = {}
    for run in runs[:_CONSOLES]:
        try:
            found[run.id] = source.console(run.id, LINES)
        except SourceError:  # how it ended has to do
            continue
    return found


@dataclass(frozen=True)
class Passed:
    """What one project did in a period, and the last lines of its failed runs."""

    period: Period
    consoles: Mapping[str, Sequence[Printed]]


def passed(
    source: Source,
    filters: Filters,
    since: timedelta,
    now: datetime,
    *,
    several: bool = False,
) -> Passed:
    runs = recent_runs(source, filters, now - since, several=several)
    period = Period(runs, now - since, now)
    failed = period.failed[:1] if several else period.failed
    return Passed(period, read_consoles(source, failed))


def report(found: Gathered[Passed], aims: Sequence[Objective]) -> Report:
    """Summarize the runs of all projects *found*."""
    parts = list(_parts(found))
    period = _whole(found)
    consoles = {
        run: lines for _, one in found.found for run, lines in one.consoles.items()
    }
    several = found.several or len(parts) > 1
    heard = [(project, one.heard) for project, one in parts]
    blocks: tuple[Block, ...] = (
        _counts(period),
        *(_by_project(parts) if several else ()),
        *(best_by_project(heard, aims) if several else best_of(period.heard, aims)),
        *_unvalued(aims, period),
        *_failures(failures(period.failed, consoles)),
        *_runs("ended", period.ended, several=several),
        *_runs("started and not ended", _going(period), several=several),
        *caveats(period.heard),
        *found.notes,
    )
    name = runs_title(found.address, period.runs).removesuffix(" in .")
    title = f"{name}, the last {_span(period)}"
    happened = bool(period.started or period.ended)
    brief = f"{len(parts)} projects" if several and len(name) > _LONGEST else name
    return Report(
        "digest",
        title,
        blocks,
        Level.INFO,  # a digest looks back; `events` is what pings
        runs_page(period.runs),
        event=happened,
        headline=f"{brief}{title.removeprefix(name)}: {_happened(period)}",
    )


_LONGEST = 40
"""Characters of addresses in a headline; more are counted."""


def _happened(period: Period) -> str:
    """Count the starts and the ends, by their states, and what runs now."""
    counts = {"started": len(period.started)}
    ends = Counter(run.state.value for run in period.ended)
    counts |= {state.value: ends[state.value] for state in State}
    said = ", ".join(f"{n} {what}" for what, n in counts.items() if n) or "no news"
    return f"{said}, {len(period.running)} running" if period.running else said


def _parts(found: Gathered[Passed]) -> Iterator[tuple[str, Period]]:
    """Yield each project's name and period; a directory may have several projects."""
    for address, one in found.found:
        projects = by_project(one.period.runs)
        if len(projects) > 1:
            for project, runs in projects.items():
                yield project or str(address), replace(one.period, runs=tuple(runs))
        else:
            yield _label(address, one.period.runs), one.period


def _label(address: Address, runs: Sequence[Run]) -> str:
    return runs_title(address, [located(run, address) for run in runs])


def _whole(found: Gathered[Passed]) -> Period:
    """Return one period of the runs of all projects."""
    first = found.found[0][1].period
    if not found.several:
        return first
    runs = tuple(
        located(run, address) for address, one in found.found for run in one.period.runs
    )
    return replace(first, runs=runs)


def _by_project(parts: Sequence[tuple[str, Period]]) -> Iterator[Block]:
    names = ("project", "started", "ended", "failed", "running now", "run time")
    rows = [
        (
            project,
            len(period.started),
            len(period.ended),
            len(period.failed),
            len(period.running),
            hours(period, period.heard).ran,
        )
        for project, period in parts
        if period.heard or period.running
    ]
    if rows:
        yield Table("projects", names, tuple(rows), spare=("run time", "ended"))
    if quiet := len(parts) - len(rows):
        what = "1 project" if quiet == 1 else f"{quiet} projects"
        yield Note(f"nothing happened in {what}")


def _unvalued(aims: Sequence[Objective], period: Period) -> Iterator[Note]:
    for aim in aims:
        if not aim.ranked(period.heard):
            hint = meant(aim.key, known_keys(period.heard))
            yield Note(f"no run has a value for {aim.key!r}{hint}")


def _going(period: Period) -> Sequence[Run]:
    return [run for run in period.started if not run.state.ended]


_UNITS = {"d": "day", "h": "hour", "m": "minute"}


def _span(period: Period) -> str:
    """Word a period's length: ``day``, ``12 hours``, ``1h 30m``."""
    whole = words.span((period.now - period.since).total_seconds())
    count, unit = whole[:-1], _UNITS.get(whole[-1])
    if unit is None or not count.isdecimal():
        return whole
    return unit if count == "1" else f"{count} {unit}s"


def _counts(period: Period) -> Fields:
    states = [run.state for run in period.ended]
    took = hours(period, period.heard)
    items: dict[str, Cell] = {
        "started": len(period.started),
        "ended": len(states),
        **{state.value: states.count(state) for state in dict.fromkeys(states)},
        "running now": len(period.running),
        "run time": took.ran,
        "GPU hours": _gpu_hours(took.gpu),
    }
    if not period.heard or (took.others and not took.gpu):
        del items["GPU hours"]
    for kind, spent in took.others:
        items[f"{NAMES.get(kind, kind)} hours"] = round(spent, 2)
    if took.unknown and took.gpu is not None:
        items["GPUs unknown of"] = took.unknown
    return Fields("", tuple(items.items()))


def _gpu_hours(found: float | None) -> Cell:
    if found is None:
        return "unknown, no system metrics"
    return round(found, 2) or float(f"{found:.1g}")


def _failures(found: Sequence[Failure]) -> Iterator[Block]:
    if found:
        rows = tuple((one.reason, len(one.runs), _named(one.runs)) for one in found)
        short = headline_names(run.name for one in found for run in one.runs)
        brief = tuple(
            (_reason(one), len(one.runs), _named(one.runs, short)) for one in found
        )
        columns = ("reason", "runs", "which")
        shown = Table("failures", ("reason", "failed", ""), brief)
        yield Table("failures", columns, rows, brief=shown)


def _reason(one: Failure) -> str:
    states = {run.state.value for run in one.runs}
    return "reason unknown" if one.reason in states else one.reason


def _named(runs: Sequence[Run], short: Mapping[str, str] | None = None) -> str:
    """Name the first of *runs*: with their ids, or by *short* names."""
    more = len(runs) - _NAMED
    names = ", ".join(
        short[run.name] if short else f"{run.name} ({run.id})" for run in runs[:_NAMED]
    )
    return f"{names} and {more} more" if more > 0 else names


def _runs(title: str, runs: Sequence[Run], *, several: bool) -> Iterator[Block]:
    if not runs:
        return
    when = "ended" if title == "ended" else "started"
    shown = runs[:_SHOWN]
    rows = tuple(
        (
            run.state,
            run.name,
            run.id,
            *((project_path(run) or MISSING,) if several else ()),
            (run.heartbeat if when == "ended" else run.created) or MISSING,
            MISSING if run.runtime is None else timedelta(seconds=run.runtime),
        )
        for run in shown
    )
    links = tuple(run.url for run in shown)
    place = ("project",) if several else ()
    names = ("state", "name", "id", *place, when, "runtime")
    failed = frozenset(place for place, run in enumerate(shown) if run.state.bad)
    yield Table(title, names, rows, links, spare=("id", "runtime"), repeated=failed)
    if len(runs) > len(shown):
        yield Note(f"{len(runs) - len(shown)} more {title}")
