"""What ``digest`` reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from wandbwatch import formatting as words
from wandbwatch.analysis.compare import best_of
from wandbwatch.analysis.failing import LINES, Failure, failures
from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.digest.period import Period, hours
from wandbwatch.formatting import titles
from wandbwatch.formatting.run_blocks import caveats
from wandbwatch.model.address import Address
from wandbwatch.model.errors import SourceError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Query
from wandbwatch.model.report import (
    MISSING,
    Block,
    Cell,
    Fields,
    Level,
    Note,
    Report,
    Table,
)
from wandbwatch.model.run import Run
from wandbwatch.model.run_details import Printed
from wandbwatch.options import Filters

_PAGE = 1000
"""How many runs are requested, by the last heartbeat; one request to W&B."""


_CONSOLES = 12
"""Consoles read at most: each is a request."""


_SHOWN = 12


_NAMED = 5


def recent_runs(source: Source, filters: Filters, since: datetime) -> tuple[Run, ...]:
    """Read all runs that were heard of after *since*, and some that were before."""
    query = Query(filters, "-heartbeat_at", _PAGE, summary=(), config=(), numbers=True)
    found = source.runs(query)
    last = found.runs[-1].heartbeat if found.runs else None
    if found.left_out and last and last >= since:
        found = source.runs(replace(query, limit=0))
    return found.runs


def with_whole_runs(source: Source, period: Period) -> tuple[Run, ...]:
    """Read the runs that were there again, with their metrics and system metrics."""
    ids = tuple({run.id: "" for run in (*period.heard, *period.running)})
    query = Query(ids=ids, config=(), numbers=True, machine=True)
    return source.runs(query).runs if ids else ()


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


def report(
    address: Address,
    period: Period,
    aims: Sequence[Objective],
    consoles: Mapping[str, Sequence[Printed]],
) -> Report:
    """Summarize the runs in *period*; *consoles* are the last lines of failed ones."""
    blocks: tuple[Block, ...] = (
        _counts(period),
        *best_of(period.heard, aims),
        *_unvalued(aims, period),
        *_failures(failures(period.failed, consoles)),
        *_runs("ended", period.ended),
        *_runs("started and not ended", _going(period)),
        *caveats(period.heard),
    )
    title = f"{titles.of_runs(address, period.runs)}: the last {_span(period)}"
    happened = bool(period.started or period.ended)
    return Report(
        "digest",
        title,
        blocks,
        Level.INFO,  # a digest looks back; `events` is what pings
        titles.page_of_runs(period.runs),
        event=happened,
    )


def _unvalued(aims: Sequence[Objective], period: Period) -> Iterator[Note]:
    for aim in aims:
        if not aim.ranked(period.heard):
            yield Note(f"no run has a value for {aim.key!r}")


def _going(period: Period) -> Sequence[Run]:
    return [run for run in period.started if run not in period.ended]


def _span(period: Period) -> str:
    """Word how far back it goes: ``1d``, ``1h 30m``."""
    whole = words.duration(period.now - period.since)
    return whole.removesuffix(" 0h").removesuffix(" 00m").removesuffix(" 00s")


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
    if not period.heard:
        del items["GPU hours"]
    if took.unknown and took.gpu is not None:
        items["GPUs unknown of"] = took.unknown
    return Fields("", tuple(items.items()))


def _gpu_hours(found: float | None) -> Cell:
    return "unknown, no system metrics" if found is None else round(found, 2)


def _failures(found: Sequence[Failure]) -> Iterator[Block]:
    if found:
        rows = tuple((one.reason, len(one.runs), _named(one.runs)) for one in found)
        yield Table("failures", ("reason", "runs", "which"), rows)


def _named(runs: Sequence[Run]) -> str:
    more = len(runs) - _NAMED
    names = ", ".join(f"{run.name} ({run.id})" for run in runs[:_NAMED])
    return f"{names} and {more} more" if more > 0 else names


def _runs(title: str, runs: Sequence[Run]) -> Iterator[Block]:
    if not runs:
        return
    when = "ended" if title == "ended" else "started"
    shown = runs[:_SHOWN]
    rows = tuple(
        (
            run.state,
            run.name,
            run.id,
            (run.heartbeat if when == "ended" else run.created) or MISSING,
            MISSING if run.runtime is None else timedelta(seconds=run.runtime),
        )
        for run in shown
    )
    links = tuple(run.url for run in shown)
    yield Table(title, ("state", "name", "id", when, "runtime"), rows, links)
    if len(runs) > len(shown):
        yield Note(f"{len(runs) - len(shown)} more {title}")
