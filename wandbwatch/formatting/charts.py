"""A chart's numbers as a table and in a sentence, for who can't see its picture.

A new drawing is added to the model, to ``plots.charts`` and here; every output then
has it.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from wandbwatch import formatting
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.drawing import (
    Bars,
    Drawing,
    Heatmap,
    HistogramColumn,
    Matrix,
    Parallel,
    Scatter,
)
from wandbwatch.model.report import Chart, Line, Panels, Plot, Table

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_FEW = 3
_TOLD = 10
"""How many lines of a plot are described one by one."""
_FLAT = 0.1
"""A line that ends this near its first value, as a share of its range, is level."""


def kind(drawing: Drawing | Panels) -> str:
    """Return what programs call it: ``heatmap``, ``scatter``, ``bars``, …"""
    return type(drawing).__name__.lower()


def table(chart: Chart) -> Table:
    """Return every number of *chart*."""
    names, rows = _numbers(chart.drawing)
    return Table(chart.title, names, tuple(map(tuple, rows)))


Rows: TypeAlias = tuple[tuple[str, ...], Iterable[Sequence[Cell]]]


def _numbers(drawing: Drawing | Panels) -> Rows:
    match drawing:
        case Heatmap():
            return (drawing.x, "low", "high", "count"), _all_bins(drawing)
        case Scatter():
            points = ((p.name, p.x, p.y) for p in drawing.points)
            return ("name", drawing.x, drawing.y), points
        case Bars():
            return ("name", drawing.amount), drawing.items
        case Parallel():
            return ("name", *drawing.axes), _coordinates(drawing)
        case Matrix():
            names = (f"{drawing.row} \\ {drawing.column}", *drawing.names)
            pairs = zip(drawing.names, drawing.values, strict=False)
            return names, ((name, *row) for name, row in pairs)
        case Panels():
            return ("key", "run", "name", "x", "y"), _points(drawing)


def brief(chart: Chart) -> Table:
    """Return a table for people: a histogram as its quantiles, one per row."""
    drawing = chart.drawing
    if isinstance(drawing, Panels):
        names: tuple[str, ...] = ("key", "run", "name", "points", "last")
        return Table(chart.title, names, tuple(_ends(drawing)))
    if not isinstance(drawing, Heatmap):
        return table(chart)
    shares = (f"{share * 100:g}%" for share in QUANTILES)
    names = (drawing.x, "count", "lowest", *shares, "highest")
    return Table(chart.title, names, tuple(map(_quantiles, drawing.columns)))


def said(chart: Chart) -> str:
    """Describe the picture in one sentence."""
    match chart.drawing:
        case Heatmap() as drawing:
            return _said_of_heatmap(drawing)
        case Scatter() as drawing:
            chosen = [p for p in drawing.points if p.chosen]
            best = "".join(
                f"; {p.name}: {formatting.number(p.x)}, {formatting.number(p.y)}"
                for p in chosen
            )
            many = counted(len(drawing.points), "point")
            logs = [drawing.x] * drawing.log_x + [drawing.y] * drawing.log_y
            scale = f" (log scale: {', '.join(logs)})" if logs else ""
            return f"{many} of {drawing.y} over {drawing.x}{scale}{best}"
        case Bars() as drawing:
            first = ", ".join(
                f"{name} {formatting.number(value)}"
                for name, value in drawing.items[:_FEW]
            )
            more = ", …" if len(drawing.items) > _FEW else ""
            return f"{drawing.amount}: {first}{more}"
        case Parallel() as drawing:
            runs = counted(len(drawing.rows), "run")
            through = f"{runs} through {', '.join(drawing.axes)}"
            return "; ".join((through, *_said_of_best(drawing)))
        case Matrix() as drawing:
            return _said_of_matrix(drawing)
        case Panels() as drawing:
            keys = ", ".join(plot.key for plot in drawing.plots)
            return f"{counted(len(drawing.plots), 'plot')}: {keys}"


def names(plot: Plot) -> list[str]:
    """Call each line by its name, and by its run where two have one name."""
    named = [one.label for one in plot.lines]
    return [
        f"{name} {one.id}" if named.count(name) > 1 and one.id else name
        for name, one in zip(named, plot.lines, strict=True)
    ]


def equal(plot: Plot) -> Iterator[str]:
    """Name the lines that cover each other, as they have equal points."""
    ends = [_ends_of(one) for one in plot.lines]
    found: dict[tuple[bytes, ...], list[str]] = {}
    for one, end, name in zip(plot.lines, ends, names(plot), strict=True):
        if len(one.series.x) and ends.count(end) > 1:  # comparing all takes long
            points = (array("d", one.series.x), array("d", one.series.y))
            found.setdefault(tuple(map(bytes, points)), []).append(name)
    for first, *others in found.values():
        if others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            yield f"{first} = {others[0]}{more}: equal values, one line"


def _ends_of(line: Line) -> str:
    x, y = line.series.x, line.series.y
    return str((len(x), *x[:1], *x[-1:], *y[:1], *y[-1:]))


def ranked(plot: Plot) -> list[Line]:
    """Return the lines as the picture lists them, the highest last value first."""

    def rank(one: Line) -> float:
        value = one.end[1] if one.end and not plot.shape else math.nan
        return -value if math.isfinite(value) else math.inf

    return sorted(plot.lines, key=rank)


def told(plot: Plot) -> str:
    """Describe the lines of *plot*: their values and their trend."""
    lines = ranked(plot)
    said = [_trend(one, plot) for one in lines[:_TOLD]]
    if len(lines) > _TOLD:
        said.append(f"{len(lines) - _TOLD} more")
    return "; ".join(said) or "no line"


def _trend(one: Line, plot: Plot) -> str:
    values = [y for y in one.series.y if math.isfinite(y)]
    if not values or one.end is None:
        return f"{one.label} without a finite value"
    first, last = values[0], one.end[1]
    lowest, highest = min(values), max(values)
    begun, now = formatting.number(first), formatting.number(last)
    low, high = formatting.number(lowest), formatting.number(highest)
    if plot.shape:
        return f"{one.label} within {low} to {high}"
    if low == high and math.isfinite(last):
        constant = "constant at " if lowest == highest else "about constant at "
        return f"{one.label} {constant if len(values) > 1 else ''}{now}"
    if not math.isfinite(last):
        said = f"from {begun} to {now}"
    elif abs(last / 2 - first / 2) < _FLAT * (highest / 2 - lowest / 2):
        said = f"about level, from {begun} to {now}"
    else:
        said = f"{'rising' if last > first else 'falling'} from {begun} to {now}"
    within = lowest < min(first, last) or highest > max(first, last)
    return f"{one.label} {said}" + (f", within {low} to {high}" if within else "")


def quantile(column: HistogramColumn, share: float) -> float:
    """Return the value that *share* of a histogram lies below; NaN of an empty one.

    Within a bin values are taken to lie evenly.
    """
    found = sorted(bins(column))
    wanted = sum(count for *_, count in found) * share
    if not wanted > 0 or not math.isfinite(wanted):
        return found[0][0] if found else math.nan
    for low, high, count in found:
        if count >= wanted:
            part = wanted / count
            return low * (1 - part) + high * part  # no difference, which may overflow
        wanted -= count
    return found[-1][1]


def ends(column: HistogramColumn) -> Iterator[float]:
    """Yield the edges of the bins that are not empty."""
    for low, high, _ in bins(column):
        yield from (low, high)


def bins(column: HistogramColumn) -> Iterator[tuple[float, float, float]]:
    """Yield low, high and count of the finite bins that are not empty."""
    for one, other, count in zip(
        column.edges, column.edges[1:], column.counts, strict=False
    ):
        low, high = min(one, other), max(one, other)
        if math.isfinite(low) and math.isfinite(high) and 0 < count < math.inf:
            yield low, high, count


def _all_bins(drawing: Heatmap) -> Iterator[Sequence[Cell]]:
    for column in drawing.columns:
        edges = zip(column.edges, column.edges[1:], column.counts, strict=False)
        yield from ((column.x, low, high, count) for low, high, count in edges)


def _points(panels: Panels) -> Iterator[Sequence[Cell]]:
    for plot in panels.plots:
        for line in plot.lines:
            for x, y in zip(line.series.x, line.series.y, strict=True):
                yield (plot.key, line.run, line.name, x, y)


def _ends(panels: Panels) -> Iterator[tuple[Cell, ...]]:
    for plot in panels.plots:
        for line in plot.lines:
            values = line.series.y
            last = values[-1] if len(values) else MISSING
            yield (plot.key, line.run, line.name, len(values), last)


def _coordinates(drawing: Parallel) -> Iterator[Sequence[Cell]]:
    """Yield a run's row, one cell per axis."""
    for name, row in zip(drawing.names, drawing.rows, strict=False):
        places = (*row, *[None] * len(drawing.axes))[: len(drawing.axes)]
        yield (name, *(MISSING if place is None else place for place in places))


def _quantiles(column: HistogramColumn) -> tuple[Cell, ...]:
    found = sorted(bins(column))
    if not found:
        return (column.x, 0, *[MISSING] * (len(QUANTILES) + 2))
    total = sum(count for *_, count in found)
    inner = (quantile(column, share) for share in QUANTILES)
    highest = max(high for _, high, _ in found)
    return (column.x, total, found[0][0], *inner, highest)


def _said_of_matrix(drawing: Matrix) -> str:
    counts = {
        (actual, other): count
        for actual, row in zip(drawing.names, drawing.values, strict=False)
        for other, count in zip(drawing.names, row, strict=False)
        if 0 < count < math.inf
    }
    classes = f"{len(drawing.names)} classes"
    most = max(counts.values(), default=0.0)
    if not most:
        return f"{classes}, no counts"
    total = sum(count / most for count in counts.values())
    right = sum(count / most for (a, b), count in counts.items() if a == b) / total
    said = f"{classes}: {right:.1%} {drawing.column} right"
    wrong = {pair: count for pair, count in counts.items() if pair[0] != pair[1]}
    if not wrong:
        return said
    (actual, other), count = max(wrong.items(), key=lambda item: item[1])
    worst = f"{actual} {drawing.column} as {other} ({formatting.number(count)})"
    return f"{said}; most often wrong: {worst}"


def _said_of_best(drawing: Parallel) -> Iterator[str]:
    """Name the values of the row that is best on the last axis, if one is."""
    largest = drawing.largest is not False
    *names, aim = drawing.axes or ("",)
    ranked = [
        (value, row)
        for row in drawing.rows
        if len(row) > len(names) > 0
        and isinstance(value := row[len(names)], int | float)
        and math.isfinite(value)
    ]
    if ranked:
        value, row = (max if largest else min)(ranked, key=lambda pair: pair[0])
        pairs = zip(names, row, strict=False)
        told = (f"{name} {formatting.cell(v)}" for name, v in pairs if v is not None)
        way = "highest" if largest else "lowest"
        yield f"{way} {aim} {formatting.number(value)}: {', '.join(told)}"


def _said_of_heatmap(drawing: Heatmap) -> str:
    if not drawing.columns:
        return f"no histogram of {drawing.y}"
    last = drawing.columns[-1]
    low, middle, high = (
        formatting.number(quantile(last, q)) for q in (0.05, 0.5, 0.95)
    )
    many = counted(len(drawing.columns), "histogram")
    inner = f"median {middle}, 90% in {low} to {high}" if any(bins(last)) else "empty"
    return f"{many} of {drawing.y}; at {formatting.along(drawing.x, last.x)}: {inner}"


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
