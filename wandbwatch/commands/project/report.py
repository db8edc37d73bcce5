"""What ``project`` reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

from wandbwatch.analysis import delta as deltas
from wandbwatch.analysis.keys import is_glob
from wandbwatch.analysis.objective import choose
from wandbwatch.formatting import titles
from wandbwatch.formatting.run_blocks import caveats
from wandbwatch.model.address import Address
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Listing, Query
from wandbwatch.model.report import MISSING, Block, Cell, Note, Report, Table
from wandbwatch.model.run import Run
from wandbwatch.options import Keys

if TYPE_CHECKING:
    from wandbwatch.analysis.eta import Forecast


SAMPLE = 10
"""Runs whose whole summaries are read to choose the metric to show."""


_OURS = ("state", "id", "name", "group", "tags", "created", "runtime", "last step")


def report(
    address: Address,
    found: Listing,
    query: Query,
    columns: Sequence[str],
    since: deltas.Since | None = None,
    *,
    forecast: Forecast | None = None,
) -> Report:
    """Report the runs that *query* *found*, with their values of *columns*.

    With *since*, the table shows what changed; with *forecast*, when runs will be done.
    """
    runs = found.runs
    shown = list(dict.fromkeys(k for c in columns for k in _expanded(c, runs)))
    extra = ("project",) if len(titles.projects(runs)) > 1 else ()
    names = (*_OURS, *extra, *shown, *(forecast.NAMES if forecast else ()))
    cells = [
        (run.id, (*_own(run), *_project(run, extra), *_rest(run, shown, forecast)))
        for run in runs
    ]
    seen = partial(_seen, names, cells)
    if not runs:
        which = "no run matches the filters" if query.filters else "no runs here yet"
        return Report(
            "project",
            str(address),
            (Note(which),),
            fingerprint=lambda: seen().written(),
        )
    rows = tuple(_compared(run, names, own, since) for run, own in cells)
    blocks: tuple[Block, ...] = (
        Table("runs", names, rows, tuple(r.url for r in runs)),
        *(since.notes(seen(), runs) if since else ()),
        *_left_out(found.left_out, query),
        *_unknown(columns, runs),
        *caveats(runs),
    )
    title, url = titles.of_runs(address, runs), titles.page_of_runs(runs)
    return Report(
        "project", title, blocks, url=url, fingerprint=lambda: seen().written()
    )


def sample(source: Source, query: Query) -> Sequence[Run]:
    return source.runs(replace(query, limit=SAMPLE, summary=None)).runs


def metric_of(runs: Sequence[Run]) -> Keys:
    return Keys(one.key for one in choose(runs).objectives)


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
    return (titles.project(run) or MISSING,) if extra else ()


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


def _unknown(columns: Iterable[str], runs: Sequence[Run]) -> Iterator[Note]:
    for column in columns:
        keys = _expanded(column, runs)
        if not any(_value(run, key) is not MISSING for key in keys for run in runs):
            what = f"no run here has a value for {column!r}"
            hint = f"; in the configuration it would be config.{column}"
            yield Note(what if in_config(column) else what + hint)


def _left_out(count: int, query: Query) -> Iterator[Note]:
    if count > 0:
        which = "older " if query.order == "-created_at" else ""
        runs, verb = ("run", "is") if count == 1 else ("runs", "are")
        yield Note(f"{count} {which}{runs} {verb} left out; --topk 0 lists all")
