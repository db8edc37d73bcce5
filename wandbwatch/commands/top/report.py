"""What ``top`` reports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wandbwatch.analysis.curves import CLOCK
from wandbwatch.analysis.eta import CLOCKS, Forecast, Total, pace, stalled
from wandbwatch.analysis.objective import curve_keys, with_curve
from wandbwatch.analysis.several import Gathered, located
from wandbwatch.formatting.run_blocks import (
    project_path,
    project_paths,
    runs_page,
    runs_title,
)
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, Curves, Query
from wandbwatch.model.report import Block, Note, Report, Table
from wandbwatch.model.run import Run, Series, State

_BARS = "▁▂▃▄▅▆▇█"


_NOT_FINITE, _NOTHING = "×", " "


WIDTH = 16


def spark(series: Series, width: int = WIDTH) -> str:
    """Draw *series* in *width* cells at most: means over equal parts of its axis.

    A part without points is blank; one with NaN or an infinity alone is ``×``.
    """
    points = [p for p in zip(series.x, series.y, strict=True) if math.isfinite(p[0])]
    if not points:
        return ""
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    width = min(width, len(points))
    parts: list[list[float]] = [[] for _ in range(width)]
    for x, y in points:
        place = (x - first) / (last - first) if last > first else 0.0
        parts[min(int(place * width), width - 1)].append(y)
    return _drawn([_mean(part) for part in parts]).rstrip()


def _mean(part: list[float]) -> float | None:
    """Return the mean of what is finite; NaN if nothing is, None of nothing."""
    if not part:
        return None
    finite = [y for y in part if math.isfinite(y)]
    return math.fsum(y / len(finite) for y in finite) if finite else math.nan


def _drawn(means: list[float | None]) -> str:
    finite = [m for m in means if m is not None and math.isfinite(m)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    return "".join(_bar(mean, low, high) for mean in means)


def _bar(mean: float | None, low: float, high: float) -> str:
    if mean is None:
        return _NOTHING
    if not math.isfinite(mean):
        return _NOT_FINITE
    # Halves, as the difference of two large numbers may be beyond all floats.
    height = (mean / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.0
    return _BARS[min(int(height * len(_BARS)), len(_BARS) - 1)]


_TRIED = 3
"""Runs whose keys are looked at, and keys whose curves are."""


LIVE = (State.RUNNING, State.PREEMPTING)


_OURS = ("state", "name", "id", "last heard", "last step", "steps/s", "stalled for")


def likely_keys(source: Source, query: Query) -> tuple[str, ...]:
    few = replace(query, limit=_TRIED, summary=None, names=True, numbers=True)
    return curve_keys(source.runs(few).runs, _TRIED)


@dataclass(frozen=True)
class Looked:
    """The running runs of one project, with the keys to show of them."""

    curves: tuple[Curves, ...]
    keys: tuple[str, ...]


def looked(
    source: Source, query: Query, keys: Sequence[str], total: Total | None
) -> Looked:
    """Fetch the running runs, with their curves of *keys*, or of a likely one."""
    tried = tuple(keys) or likely_keys(source, query)
    few = replace(query, summary=(*tried, *CLOCKS), points=2 * WIDTH)
    few = total.asked(few) if total else few
    curves = source.curves(few, (CLOCK, *tried), Axis())
    if not keys:
        tried = (*with_curve(tried, curves), *tried)[:1]
    return Looked(curves, tried)


def report(
    found: Gathered[Looked],
    now: datetime,
    total: Total | None = None,
    topk: int = 0,
    said: Sequence[str] = (),
) -> Report:
    """Tell of the runs *found*; *topk* of a project may not be all of them."""
    shown = [
        (replace(one, run=located(one.run, address)), looked.keys)
        for address, looked in found.found
        for one in looked.curves
    ]
    if found.several:
        shown.sort(key=lambda one: _created(one[0].run), reverse=True)
    full = any(len(looked.curves) == topk for _, looked in found.found)
    shown = shown[: topk or None]
    runs = [one.run for one, _ in shown]
    name = runs_title(found.address, runs)
    if not runs:
        nothing = (Note("no running runs"), *found.notes)
        return Report("top", f"{name}: no running runs", nothing)
    forecast = _forecast([one for one, _ in shown], total, now) if total else None
    columns = _columns([keys for _, keys in shown])
    apart = found.several or len(project_paths(runs)) > 1
    rows = tuple(
        _row(one, keys, columns, forecast, now, several=apart) for one, keys in shown
    )
    place = ("project",) if apart else ()
    names = (*_OURS, *place, *(Forecast.NAMES if forecast else ()), *columns)
    links = tuple(run.url for run in runs)
    spare = ("id", "last step", "steps/s")
    blocks: list[Block] = [Table("", names, rows, links, spare=spare)]
    if full:
        blocks.append(Note(f"the newest {len(runs)}; there may be more: --topk"))
    blocks += [*found.notes, *map(Note, said)]
    title = f"{name}: {len(runs)} running"
    return Report("top", title, tuple(blocks), url=runs_page(runs))


def _created(run: Run) -> float:
    return run.created.timestamp() if run.created else 0.0


def _forecast(found: Sequence[Curves], total: Total, now: datetime) -> Forecast:
    known = {one.run.id: pace(one.series.get(CLOCK)) for one in found}
    return Forecast(total, {run: one for run, one in known.items() if one}, now)


_METRIC = ("metric", "value", "so far")


def _columns(keys: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Name the columns of the keys; projects that differ in theirs share some."""
    sets = set(map(tuple, keys))
    if len(sets) > 1:
        return _METRIC
    return tuple(name for key in sets.pop() for name in (key, f"{key} so far"))


def _row(
    one: Curves,
    keys: Sequence[str],
    columns: Sequence[str],
    forecast: Forecast | None,
    now: datetime,
    *,
    several: bool,
) -> tuple[Cell, ...]:
    run, known = one.run, pace(one.series.get(CLOCK))
    rate = known.per_second if known else None
    pause = stalled(run, now)
    values = [cell for key in keys for cell in _curve(one, key)]
    if columns == _METRIC:
        values = [*keys[:1], *values[:2]] if keys else [MISSING] * len(_METRIC)
    return (
        run.state,
        run.name,
        run.id,
        run.heartbeat or MISSING,
        MISSING if run.last_step is None else run.last_step,
        MISSING if rate is None or pause else rate,
        timedelta(seconds=round(pause.seconds)) if pause else MISSING,
        *((project_path(run) or MISSING,) if several else ()),
        *(forecast.cells(run) if forecast else ()),
        *values,
    )


def _curve(one: Curves, key: str) -> tuple[Cell, Cell]:
    series = one.series.get(key)
    last: Cell = series.y[-1] if series else one.run.summary.get(key, MISSING)
    return last, spark(series) if series else MISSING
