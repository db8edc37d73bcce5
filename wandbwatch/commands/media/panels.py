"""Charts that a run logged: W&B's custom charts, and figures of plotly's.

``wandb.plot.line`` and its like log a table and note in the configuration which of
its columns mean what: https://docs.wandb.ai/guides/track/log/plots
"""

from __future__ import annotations

import base64
import math
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wandbwatch import formatting
from wandbwatch.commands.media.sheets import LoggedTable
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.drawing import Bars, Matrix, Point, Scatter
from wandbwatch.model.report import Block, Chart, Line, Plot, Table
from wandbwatch.model.run import Json, Series

_BINS = 20
_MOST_BARS = 60


def number(value: Json) -> float:
    """Return a value as a float; NaN for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def numbers(values: Iterable[Json]) -> list[float]:
    return [number(value) for value in values]


def line(run: str, name: str, key: str, x: Iterable[Json], y: Iterable[Json]) -> Line:
    """Make a line; words on the x axis become their positions."""
    ys = numbers(y)
    xs = numbers(x)[: len(ys)]
    if len(xs) < len(ys) or any(map(math.isnan, xs)):
        xs = [float(place) for place in range(len(ys))]
    return Line(run, name, Series(key, xs, ys))


def plot(key: str, x: str, lines: Sequence[Line]) -> Plot | None:
    """Plot *lines* over an axis of their own."""
    there = any(len(n.series.y) for n in lines)
    return Plot(key, x, tuple(lines), shape=True) if there else None


def scatter(
    title: str, x_name: str, y_name: str, x: Iterable[Json], y: Iterable[Json]
) -> Chart | None:
    pairs = zip(numbers(x), numbers(y), strict=False)
    points = tuple(Point(a, b) for a, b in pairs if math.isfinite(a + b))
    return Chart(title, Scatter(x_name, y_name, points)) if points else None


def bars(
    title: str, amount: str, labels: Iterable[Json], values: Iterable[Json]
) -> Chart | None:
    pairs = zip(labels, numbers(values), strict=False)
    items = tuple((formatting.cell(name), v) for name, v in pairs if math.isfinite(v))
    return Chart(title, Bars(amount, items[:_MOST_BARS])) if items else None


def histogram(title: str, values: Iterable[Json]) -> Chart | None:
    """Count values in bins of equal width."""
    found = [v for v in numbers(values) if math.isfinite(v)]
    if not found:
        return None
    low, high = min(found), max(found)
    width = (high - low) / _BINS
    if not width or not math.isfinite(width):
        items: tuple[tuple[str, float], ...] = (
            (formatting.number(low), float(len(found))),
        )
        return Chart(title, Bars("count", items))
    counts = [0.0] * _BINS
    for value in found:
        counts[min(_BINS - 1, int((value - low) / width))] += 1
    starts = [low + place * width for place in range(_BINS)]
    names = (f"{formatting.number(s)}…{formatting.number(s + width)}" for s in starts)
    return Chart(title, Bars("count", tuple(zip(names, counts, strict=True))))


_TYPED = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I"}
_TYPED |= {"f4": "f", "f8": "d"}
"""How plotly names the numbers of its packed arrays, and how Python does."""
_MOST = 8
"""Traces of bars and the like; each is a picture of its own."""

Trace = Mapping[str, Json]


def figure_blocks(key: str, figure: Json, run: str) -> Iterator[Block]:
    """Yield what can be drawn: lines together, all else trace by trace."""
    traces = figure.get("data") if isinstance(figure, Mapping) else None
    listed = traces if isinstance(traces, list) else ()
    known = [trace for trace in listed if isinstance(trace, Mapping)]
    title = _title(figure) or key
    lines = [_trace_line(t, title, run) for t in known if _is_line(t)]
    if lines and (plotted := plot(title, "x", lines)):
        yield plotted
    others = [t for t in known if not _is_line(t)]
    for trace in others[:_MOST]:
        draw = _TRACES.get(str(trace.get("type", "scatter")))
        named = _name(trace)
        whose = f"{title}: {named}" if named and len(known) > 1 else title
        if draw and (block := draw(trace, whose)):
            yield block


def _is_line(trace: Trace) -> bool:
    kind, mode = trace.get("type", "scatter"), trace.get("mode", "lines")
    return kind in ("scatter", "scattergl") and "lines" in str(mode)


def _trace_line(trace: Trace, title: str, run: str) -> Line:
    y = _values(trace.get("y"))
    return line(run, _name(trace) or title, title, _values(trace.get("x")), y)


def _points(trace: Trace, title: str) -> Block | None:
    x, y = (_values(trace.get(axis)) for axis in "xy")
    return scatter(title, "x", "y", x or list(range(len(y))), y)


def _trace_bars(trace: Trace, title: str) -> Block | None:
    labels, amounts = (_values(trace.get(axis)) for axis in "xy")
    if trace.get("orientation") == "h":
        labels, amounts = amounts, labels
    return bars(title, _name(trace) or "value", labels, amounts)


def _pie(trace: Trace, title: str) -> Block | None:
    labels, values = _values(trace.get("labels")), _values(trace.get("values"))
    return bars(title, "value", labels, values)


def _trace_histogram(trace: Trace, title: str) -> Block | None:
    return histogram(title, _values(trace.get("x")) or _values(trace.get("y")))


_TRACES: Mapping[str, Callable[[Trace, str], Block | None]] = {
    "scatter": _points,
    "scattergl": _points,
    "bar": _trace_bars,
    "pie": _pie,
    "histogram": _trace_histogram,
}


def _values(given: Json) -> Sequence[Json]:
    if isinstance(given, Mapping):
        return _unpacked(given)
    return given if isinstance(given, list) else ()


def _unpacked(given: Mapping[str, Json]) -> Sequence[Json]:
    """Read ``{"dtype": "f8", "bdata": …}``, as plotly 6 packs numbers."""
    kind, data = _TYPED.get(str(given.get("dtype"))), given.get("bdata")
    if kind is None or not isinstance(data, str):
        return ()
    try:
        packed = array(kind, base64.b64decode(data))
    except ValueError:
        return ()
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tolist()


def _name(trace: Trace) -> str:
    name = trace.get("name")
    return formatting.clean(name) if isinstance(name, str) else ""


def _title(figure: Json) -> str:
    layout = figure.get("layout") if isinstance(figure, Mapping) else None
    title = layout.get("title") if isinstance(layout, Mapping) else None
    text = title.get("text") if isinstance(title, Mapping) else title
    return text if isinstance(text, str) else ""


@dataclass(frozen=True)
class Panel:
    key: str
    kind: str
    """W&B's ``panelDefId``, such as ``wandb/line/v0``."""
    table: str
    """The key of the table that it draws."""
    columns: Mapping[str, Json]
    """Which column has which part."""
    title: str
    x_name: str = ""
    """What the chart calls its x axis, where its table's column says less."""


def panels(charts: Mapping[str, Json]) -> Iterator[Panel]:
    for key, chart in charts.items():
        config = _part(chart, "panel_config")
        kind = config.get("panelDefId")
        strings = _part(config, "stringSettings")
        title = strings.get("title")
        x_name = strings.get("xname") or strings.get("x-axis-title")
        yield Panel(
            key,
            kind if isinstance(kind, str) else "",
            _table(config) or f"{key}_table",
            _part(config, "fieldSettings"),
            title if isinstance(title, str) and title else key,
            x_name if isinstance(x_name, str) else "",
        )


def drawn(panel: Panel, sheet: LoggedTable, run: str) -> Block | None:
    """Draw what we know how to; None for another chart, or one without numbers."""
    name = panel.kind.removeprefix("wandb/").partition("/")[0]
    draw = _KINDS.get(name)
    return draw(panel, sheet, run) if draw else None


def _line(panel: Panel, sheet: LoggedTable, run: str) -> Block | None:
    x, y, stroke = (panel.columns.get(n) for n in ("x", "y", "stroke"))
    return _lines(panel, sheet, run, (x, y, stroke))


def _series(panel: Panel, sheet: LoggedTable, run: str) -> Block | None:
    parts = (panel.columns.get(n) for n in ("step", "lineVal", "lineKey"))
    return _lines(panel, sheet, run, tuple(parts))


def _curve(panel: Panel, sheet: LoggedTable, run: str) -> Block | None:
    parts = (panel.columns.get(n) for n in ("x", "y", "class"))
    return _lines(panel, sheet, run, tuple(parts))


def _lines(
    panel: Panel, sheet: LoggedTable, run: str, parts: Sequence[Json]
) -> Block | None:
    """Draw a line for each name that the third column has."""
    x, y, names = (sheet.column(part) for part in parts)
    grouped: dict[str, list[tuple[Json, Json]]] = {}
    labels = [formatting.cell(name) for name in names] or [str(parts[1])] * len(y)
    for label, *point in zip(labels, x, y, strict=False):
        grouped.setdefault(label, []).append((point[0], point[1]))
    lines = [
        line(run, name, panel.title, *zip(*points, strict=True))
        for name, points in grouped.items()
    ]
    return plot(panel.title, panel.x_name or str(parts[0]), lines)


def _scatter(panel: Panel, sheet: LoggedTable, _run: str) -> Block | None:
    x, y = (panel.columns.get(n) for n in ("x", "y"))
    return scatter(panel.title, str(x), str(y), sheet.column(x), sheet.column(y))


def _bars(panel: Panel, sheet: LoggedTable, _run: str) -> Block | None:
    label, value = (panel.columns.get(n) for n in ("label", "value"))
    return bars(panel.title, str(value), sheet.column(label), sheet.column(value))


def _histogram(panel: Panel, sheet: LoggedTable, _run: str) -> Block | None:
    return histogram(panel.title, sheet.column(panel.columns.get("value")))


def _confusion(panel: Panel, sheet: LoggedTable, _run: str) -> Block | None:
    parts = ("Actual", "Predicted", "nPredictions")
    actual, predicted, counts = (sheet.column(panel.columns.get(n)) for n in parts)
    found = {
        (formatting.cell(a), formatting.cell(p)): count
        for a, p, count in zip(actual, predicted, counts, strict=False)
    }
    names = list(dict.fromkeys(name for pair in found for name in pair))
    rows: list[tuple[Cell, ...]] = [
        (name, *(found.get((name, other), MISSING) for other in names))
        for name in names
    ]
    columns = ("actual \\ predicted", *names)
    values = tuple(tuple(numbers(map(_count, row[1:]))) for row in rows)
    drawing = Matrix("actual", "predicted", tuple(names), values)
    return Table(panel.title, columns, tuple(rows), drawing=drawing) if rows else None


def _count(cell: Cell) -> Json:
    return cell if isinstance(cell, int | float) else None


_KINDS: Mapping[str, Callable[[Panel, LoggedTable, str], Block | None]] = {
    "line": _line,
    "lineseries": _series,
    "area-under-curve": _curve,
    "scatter": _scatter,
    "bar": _bars,
    "histogram": _histogram,
    "confusion_matrix": _confusion,
}


def _part(of: Json, name: str) -> Mapping[str, Json]:
    found = of.get(name) if isinstance(of, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _table(value: Json) -> str:
    """Find the key of the table anywhere in the panel's query."""
    if isinstance(value, Mapping):
        if value.get("name") == "tableKey" and isinstance(value.get("value"), str):
            return str(value["value"])
        inner: Sequence[Json] = tuple(value.values())
    else:
        inner = value if isinstance(value, list) else ()
    return next((found for one in inner if (found := _table(one))), "")
