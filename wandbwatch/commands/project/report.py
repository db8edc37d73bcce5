"""What ``project`` reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

from wandbwatch.analysis import delta as deltas
from wandbwatch.analysis import filters
from wandbwatch.analysis.dead_keys import no_match, sampled_keys, unvalued
from wandbwatch.analysis.eta import CLOCKS, forecast
from wandbwatch.analysis.keys import is_glob
from wandbwatch.analysis.objective import metrics_of
from wandbwatch.analysis.several import Gathered, located
from wandbwatch.formatting.run_blocks import (
    caveats,
    project_path,
    project_paths,
    runs_page,
    runs_title,
)
from wandbwatch.model.address import Address, Several
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.errors import UsageError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Listing, Query
from wandbwatch.model.report import Block, Note, Report, Table
from wandbwatch.model.run import Run
from wandbwatch.options import Keys

if TYPE_CHECKING:
    from wandbwatch.analysis.eta import Forecast, Total


SAMPLE = 10
"""Runs whose whole summaries are read to choose the metric to show."""


_OURS = ("state", "id", "name", "group", "tags", "created", "runtime", "last step")
_SPARE = ("id", "tags", "last step", "runtime", "group")
"""What a phone can do without, the least needed first."""


@dataclass(frozen=True)
class Found:
    """The runs that a query found, and the columns to show of them.

    With a *forecast*, a report says when runs will be done.
    """

    listing: Listing
    columns: Sequence[str]
    forecast: Forecast | None = None
    unknown: Mapping[str, str] = field(default_factory=dict)
    """The named keys that no run has, each with what to say of it."""
    none: str = ""
    """What to say if the filters left no run."""


def listed(
    source: Source,
    query: Query,
    columns: Keys,
    total: Total | None = None,
    now: datetime | None = None,
) -> Found:
    """Ask for the runs of *query*, with the metric that matters without *columns*."""
    few = 0 < query.limit <= SAMPLE
    named = tuple(columns)
    if not columns:
        columns = Keys() if few else metric_of(sample(source, query))
        query = replace(query, summary=None if few else tuple(columns))
    found = source.runs(total.asked(_timed(query)) if total else query)
    columns = columns or metric_of(found.runs)
    unknown = [key for key in named if not _valued(key, found.runs)]
    known = sampled_keys(source, query) if unknown and found.runs else set()
    said = {key: unvalued(key, known) for key in unknown if found.runs}
    none = "" if found.runs or not query.filters else no_match(source, query.filters)
    ends = forecast(source, found.runs, total, now)
    return Found(found, columns, ends, said, none)


def _timed(query: Query) -> Query:
    """Ask for what says whether a run is stalled as well."""
    keys = query.summary
    return query if keys is None else replace(query, summary=(*keys, *CLOCKS))


def together(found: Gathered[Found], query: Query) -> Found:
    """Make one listing of what was *found* in several projects."""
    if not found.several:
        return found.found[0][1]
    runs_at = [
        (located(run, address), None)
        for address, one in found.found
        for run in one.listing.runs
    ]
    with suppress(UsageError):  # an order that only a server understands
        runs_at = filters.ordered(runs_at, query.order)
    runs = tuple(run for run, _ in runs_at)
    parts = [one for _, one in found.found]
    return Found(
        Listing(runs[: query.limit or None], sum(p.listing.total for p in parts)),
        tuple(dict.fromkeys(key for one in parts for key in one.columns)),
        _joined([one.forecast for one in parts if one.forecast]),
        {
            key: said
            for one in parts
            for key, said in one.unknown.items()
            if all(key in other.unknown for other in parts if other.listing.runs)
        },
        next((one.none for one in parts if one.none), ""),
    )


def _joined(forecasts: Sequence[Forecast]) -> Forecast | None:
    if not forecasts:
        return None
    paces = {run: pace for one in forecasts for run, pace in one.paces.items()}
    return replace(forecasts[0], paces=paces)


def report(
    address: Address, found: Found, query: Query, since: deltas.Since | None = None
) -> Report:
    """Report the runs that *query* *found*, with their values of its columns.

    With *since*, the table shows what changed.
    """
    runs, columns, ends = found.listing.runs, found.columns, found.forecast
    shown = list(dict.fromkeys(k for c in columns for k in _expanded(c, runs)))
    many = len(project_paths(runs)) > 1 or isinstance(address, Several)
    extra = ("project",) if many else ()
    names = (*_OURS, *extra, *shown, *(ends.NAMES if ends else ()))
    cells = [
        (run.id, (*_own(run), *_project(run, extra), *_rest(run, shown, ends)))
        for run in runs
    ]
    seen = partial(_seen, names, cells)
    if not runs:
        which = found.none or "no runs here yet"
        return Report(
            "project",
            str(address),
            (Note(which),),
            fingerprint=lambda: seen().written(),
        )
    rows = tuple(_compared(run, names, own, since) for run, own in cells)
    blocks: tuple[Block, ...] = (
        Table("runs", names, rows, tuple(r.url for r in runs), spare=_SPARE),
        *(since.notes(seen(), runs) if since else ()),
        *_left_out(found.listing.left_out, query),
        *map(Note, found.unknown.values()),
        *caveats(runs),
    )
    title, url = runs_title(address, runs), runs_page(runs)
    return Report(
        "project", title, blocks, url=url, fingerprint=lambda: seen().written()
    )


def sample(source: Source, query: Query) -> Sequence[Run]:
    return source.runs(replace(query, limit=SAMPLE, summary=None)).runs


def metric_of(runs: Sequence[Run]) -> Keys:
    return Keys(metrics_of(runs))


def _seen(
    names: Sequence[str], cells: Sequence[tuple[str, Sequence[Cell]]]
) -> deltas.SeenValues:
    return deltas.SeenValues.of(
        {run: dict(zip(names, own, strict=True)) for run, own in cells}
    )


def _compared(
    run: str,
    names: Sequence[str],
    cells: tuple[Cell, ...],
    since: deltas.Since | None,
) -> tuple[Cell, ...]:
    if since is None:
        return cells
    named = zip(names, cells, strict=True)
    return tuple(since.cell(run, name, cell) for name, cell in named)


def _own(run: Run) -> tuple[Cell, ...]:
    return (
        run.state,
        run.id,
        run.name,
        run.group or MISSING,
        run.tags,
        run.created or MISSING,
        MISSING if run.runtime is None else timedelta(seconds=run.runtime),
        MISSING if run.last_step is None else run.last_step,
    )


def _project(run: Run, extra: Sequence[str]) -> tuple[Cell, ...]:
    return (project_path(run) or MISSING,) if extra else ()


def _rest(
    run: Run, columns: Sequence[str], forecast: Forecast | None
) -> tuple[Cell, ...]:
    return (
        *(_value(run, column) for column in columns),
        *(forecast.cells(run) if forecast else ()),
    )


def in_config(column: str) -> str:
    """Return the config key that *column* names, or ""."""
    prefix, _, key = column.partition(".")
    return key if prefix == "config" else ""


def wanted(keys: Iterable[str]) -> tuple[str, ...] | None:
    """Return the keys to fetch; None for all of them, as a glob needs."""
    asked = tuple(key for key in keys if key)
    return None if any(map(is_glob, asked)) else asked


def _value(run: Run, column: str) -> Cell:
    if key := in_config(column):
        return run.config.get(key, MISSING)
    return run.summary.get(column, MISSING)


def _expanded(column: str, runs: Sequence[Run]) -> list[str]:
    """Replace a glob by the keys that it matches, without W&B's own."""
    known = any(_value(run, column) is not MISSING for run in runs)
    if known or not is_glob(column):
        return [column]
    return sorted({key for run in runs for key in _keys(run) if _fits(key, column)})


def _keys(run: Run) -> Iterator[str]:
    yield from run.summary
    yield from (f"config.{key}" for key in run.config)


def _fits(key: str, glob: str) -> bool:
    same_kind = bool(in_config(key)) == bool(in_config(glob))
    return same_kind and fnmatchcase(key, glob) and (key[0] != "_" or glob[0] == "_")


def _valued(column: str, runs: Sequence[Run]) -> bool:
    keys = _expanded(column, runs)
    return any(_value(run, key) is not MISSING for key in keys for run in runs)


def _left_out(count: int, query: Query) -> Iterator[Note]:
    if count > 0:
        which = "older " if query.order == "-created_at" else ""
        runs, verb = ("run", "is") if count == 1 else ("runs", "are")
        yield Note(f"{count} {which}{runs} {verb} left out; --topk 0 lists all")
