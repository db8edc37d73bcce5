"""Plots drawn in text; the only import of plotext."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from string import ascii_letters
from typing import Any, TypeAlias

import plotext
from rich.console import RenderableType
from rich.style import Style
from rich.text import Text

from wandbwatch import formatting
from wandbwatch.analysis import keys
from wandbwatch.analysis.curves import smoothed
from wandbwatch.formatting import charts as charted
from wandbwatch.formatting.numbers import compact
from wandbwatch.model.drawing import Point, Scatter
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Line, Mark, Plot
from wandbwatch.model.run import Series
from wandbwatch.renderers.terminal import scales
from wandbwatch.renderers.terminal.scales import TextScale
from wandbwatch.renderers.terminal.text import PLAIN, QUIET, folded

_COLOURS = (75, 208, 78, 204, 141, 220, 80, 167, 106, 248)
"""Ten of the 256 that differ clearly on dark and on light backgrounds."""
_WIDEST, _LOWEST, _HIGHEST = 120, 10, 22
_X_TICK, _Y_TICK = 16, 3
"""Columns for each x tick, and rows for each y tick."""
_FINE = "braille"
"""plotext's finest marker: eight dots a cell."""
_POINT = "•"
_BEST, _EDGE, _ACROSS, _UP = "★", "·", "┄", "┆"
_DOTS = 2
"""Dots side by side in a cell."""
_AXES = {"runtime": "runtime", "wall": "time (UTC)"}


Place: TypeAlias = tuple[float, float]
Named: TypeAlias = tuple[Callable[[float], str], Sequence[float]]


@dataclass(frozen=True)
class TextPen:
    """A line's colour, letter, or both."""

    letter: str = ""
    colour: int | None = None

    @property
    def style(self) -> Style:
        return PLAIN if self.colour is None else Style(color=f"color({self.colour})")

    def marker(self, sign: str) -> Any:
        return plotext.marker(sign, plotext.pixel(self.colour))


def shown(plot: Plot, screen: Screen) -> Iterator[RenderableType]:
    yield _caption(plot, screen.width)
    pens = _pens(len(plot.lines), colour=screen.colour)
    if art := _art(plot, pens, screen):
        yield Text.from_ansi(art, no_wrap=True) if screen.colour else Text(art)
    else:
        yield Text("  nothing to draw: no value is finite", QUIET)
    for line, pen in zip(plot.lines, pens, strict=True):
        yield _legend(line, pen, screen.width, plot)
    said = (*charted.equal(plot), *(_marked(mark, plot) for mark in plot.marks))
    for text in said:
        yield Text(folded(formatting.clean(text), screen.width), QUIET)
    if plot.file:
        yield Text(folded(formatting.clean(plot.file), screen.width), QUIET)


def dotted(scatter: Scatter, width: int, *, colour: bool) -> str:
    """Draw the points; "" if none is finite."""
    there = [
        p
        for p in scatter.points
        if scales.drawable(p.x, log=scatter.log_x)
        and scales.drawable(p.y, log=scatter.log_y)
    ]
    x = scales.scale((p.x for p in there), log=scatter.log_x)
    y = scales.scale((p.y for p in there), log=scatter.log_y)
    if x is None or y is None:
        return ""
    width = min(width, _WIDEST)
    height = min(max(width // 5, _LOWEST), _HIGHEST)
    figure = _figure(width, height)
    pen, chosen = _pens(2, colour=colour) if colour else (TextPen(), TextPen())
    places = [(x.place(p.x), y.place(p.y)) for p in there]
    if scatter.joined:
        _stroke(figure, places, pen.marker(_FINE))
    for point, place in sorted(zip(there, places, strict=True), key=_chosen):
        one = chosen if point.chosen else pen
        _stroke(figure, [place], one.marker(_BEST if point.chosen else _POINT))
    _rule(figure, 0, x, _named(scatter.x, x), width // _X_TICK)
    _rule(figure, 1, y, (compact, ()), height // _Y_TICK)
    art: str = figure.build().string(not colour)
    return art.rstrip("\n")


def _chosen(placed: tuple[Point, object]) -> bool:
    return placed[0].chosen


def _stroke(figure: Any, places: Sequence[Place], marker: Any) -> None:
    xs, ys = zip(*places, strict=True)
    figure.draw(figure.signal(xs, ys, marker=marker).lines())


def _marked(mark: Mark, plot: Plot) -> str:
    name = f" {formatting.clean(mark.name)}" if mark.name else ""
    where = formatting.along(plot.x if mark.upright else plot.key, mark.at)
    return f"{_ACROSS}{_ACROSS}{name}  {where}"


def _pens(number: int, *, colour: bool) -> list[TextPen]:
    """Return pens: colours first, and letters for more lines than colours."""
    lettered = number > (len(_COLOURS) if colour else 1)
    return [
        TextPen(
            ascii_letters[index % len(ascii_letters)] if lettered else "",
            _COLOURS[index % len(_COLOURS)] if colour else None,
        )
        for index in range(number)
    ]


def _caption(plot: Plot, width: int) -> Text:
    axis = _AXES.get(plot.x) or formatting.clean(plot.x)
    said = [f"over {axis}"]
    if plot.smooth:
        said.append(f"smoothed {formatting.number(plot.smooth)}")
    if plot.log_x or plot.log_y:
        said.append("log scales" if plot.log_x and plot.log_y else "log scale")
    key = formatting.clean(plot.key)
    text = Text(folded(f"{key}  {' · '.join(said)}", width), QUIET)
    text.stylize(Style(bold=True, dim=False), 0, len(key))
    return text


def _art(plot: Plot, pens: Sequence[TextPen], screen: Screen) -> str:
    """Draw; "" if there is nothing to draw."""
    raw = [line.series for line in plot.lines]
    drawn = smoothed(raw, plot.smooth) if plot.smooth else raw
    ats, values = ends(drawn)
    if ats:
        ats += [mark.at for mark in plot.marks if mark.upright]
        values += [mark.at for mark in plot.marks if not mark.upright]
    edges = [edge for line in plot.lines for edge in line.band or ()]
    values += ends(edges)[1]
    if keys.is_percent(plot.key) and any(map(math.isfinite, values)):
        values += [0.0, 100.0]
    shown = plot.limits if plot.limits and values else values
    x = scales.scale(ats, log=plot.log_x)
    y = scales.scale(shown, log=plot.log_y)
    if x is None or y is None:
        return ""
    width = min(screen.width, _WIDEST)
    height = screen.plot_rows or min(max(width // 5, _LOWEST), _HIGHEST)
    figure = _figure(width, height)
    for line, pen in zip(plot.lines, pens, strict=True):
        for edge in line.band or ():
            _draw(figure, curve(edge, edge, x, y, width), pen, fine=_EDGE)
    curves = [
        curve(one, average, x, y, width * _DOTS)
        for one, average in zip(raw, drawn, strict=True)
    ]
    for each, pen in zip(curves, pens, strict=True):
        _draw(figure, each, pen)
    for each, pen in zip(curves, pens, strict=True):  # over all lines, so all are seen
        for sign, place in each.marks:
            _stroke(figure, [place], pen.marker(sign))
    for mark in plot.marks:
        _mark(figure, mark, x, y, width)
    _rule(figure, 0, x, _named(plot.x, x), width // _X_TICK)
    _rule(figure, 1, y, (compact, ()), height // _Y_TICK)
    art: str = figure.build().string(pens[0].colour is None)
    return art.rstrip("\n")


def _figure(width: int, height: int) -> Any:
    """Make a figure on a terminal object of its own, of any size."""
    terminal = type(plotext.terminal)()
    terminal.limit(width=False, height=False)
    figure = type(plotext.figure)(terminal)
    figure.plot_size(width, height)
    figure.theme("colorless")
    figure.canvas("default")
    figure.legend(active=False)
    for axis in (0, 1):
        figure.axes(active=False, axis=axis, side=1)
    return figure


def _mark(figure: Any, mark: Mark, x: TextScale, y: TextScale, width: int) -> None:
    """Draw a reference line from edge to edge, if it is drawable."""
    scale = x if mark.upright else y
    if not scales.drawable(mark.at, log=scale.log):
        return
    place, shares = scale.place(mark.at), [i / width for i in range(width + 1)]
    marker = TextPen().marker(_UP if mark.upright else _ACROSS)
    points = [(place, s) if mark.upright else (s, place) for s in shares]
    for point in points:
        _stroke(figure, [point], marker)


def _draw(figure: Any, drawn: Curve, pen: TextPen, fine: str = _FINE) -> None:
    for stroke in drawn.strokes:
        lone = pen.letter or _POINT
        sign = lone if len(stroke) == 1 else pen.letter or fine
        _stroke(figure, stroke, pen.marker(sign))


def _rule(figure: Any, axis: int, scale: TextScale, named: Named, number: int) -> None:
    name, steps = named
    marks = scale.marks(max(number, 1), steps)  # none fits in ten columns
    places = [scale.place(mark) for mark in marks]
    names = list(map(name, marks))
    if len(set(names)) < len(names):  # 100k twice
        names = list(map(formatting.number, marks))
    figure.ruler(axis, 0).lim(0, 1).ticks(places, names)


def _named(axis: str, x: TextScale) -> Named:
    """Return the formatter of x ticks, and their round steps."""
    if axis == "runtime":
        return formatting.span, scales.CLOCK
    if axis == "wall":
        return scales.clock(x.low, x.high), scales.CLOCK
    return compact, ()


def _legend(line: Line, pen: TextPen, width: int, plot: Plot) -> Text:
    """Write the line's name, its last value, and what could not be drawn."""
    sign = pen.letter or "━━"
    name, run = formatting.clean(line.label), formatting.clean(line.id)
    who = f"{name} ({run})" if line.name and run else name
    said = [who, *_remarks(line, plot)]
    text = folded("  ".join(part for part in said if part), width - len(sign) - 1)
    first, *rest = text.split("\n")
    legend = Text.assemble((sign, pen.style), f" {first}")
    for more in rest:
        legend.append(f"\n{' ' * len(sign)} {more}")
    return legend


def _remarks(line: Line, plot: Plot) -> Iterator[str]:
    log = plot.log_y
    last = next((y for y in reversed(line.series.y) if math.isfinite(y)), None)
    if line.partial and line.end:
        where = formatting.along(plot.x, line.end[0])
        yield f"{formatting.number(line.end[1])} of all {line.partial.of} at {where}"
    elif last is not None and not plot.shape:
        yield formatting.number(last)
    below = "not above 0" if log else "-inf"
    for sign, what in ((NOT_A_NUMBER, "NaN"), (ABOVE, "inf"), (BELOW, below)):
        if number := count(line.series, sign, log=log):
            yield f"{sign} {number} {what}"


_FEW = 5


def thinned(xs: Sequence[float], ys: Sequence[float], columns: int) -> list[int]:
    """Return the indices of points that look like all of them.

    Of each column: its ends, its extremes, and the first NaN, where the line breaks.

    *xs* are from 0 to 1.
    """
    kept: list[int] = []
    for _, column in groupby(range(len(xs)), lambda i: int(xs[i] * columns)):
        kept += _telling(list(column), ys)
    return kept


def _telling(column: Sequence[int], ys: Sequence[float]) -> Sequence[int]:
    if len(column) <= _FEW:
        return column
    there = [i for i in column if not math.isnan(ys[i])]
    telling = {i for i in column if math.isnan(ys[i])}
    telling = {min(telling)} if telling else set()
    if there:
        extremes = (min(there, key=ys.__getitem__), max(there, key=ys.__getitem__))
        telling |= {there[0], there[-1], *extremes}
    return sorted(telling)


NOT_A_NUMBER, ABOVE, BELOW = "×", "↑", "↓"
"""Marks of values that cannot be drawn, at the edge, at their x."""


@dataclass(frozen=True)
class Curve:
    """Coordinates from 0 to 1. A stroke is a line without gaps, or one point."""

    strokes: tuple[tuple[Place, ...], ...]
    marks: tuple[tuple[str, Place], ...]


def curve(
    raw: Series, drawn: Series, x: TextScale, y: TextScale, columns: int
) -> Curve:
    """Place *drawn*, which is *raw* or its average; mark undrawable values."""
    placed = [(x.place(at), value) for at, value in _placeable(drawn, log=x.log)]
    ats = [at for at, _ in placed]
    heights = [_height(value, y) for _, value in placed]
    telling = thinned(ats, heights, columns)
    strokes = _strokes((ats[i], heights[i]) for i in telling)
    return Curve(tuple(strokes), tuple(_marks(raw, x, y, columns)))


def count(series: Series, sign: str, *, log: bool) -> int:
    return sum(_sign(value, log=log) == sign for _, value in _placeable(series))


def _placeable(series: Series, *, log: bool = False) -> Iterator[Place]:
    points = zip(series.x, series.y, strict=True)
    return ((at, value) for at, value in points if scales.drawable(at, log=log))


def _height(value: float, y: TextScale) -> float:
    return y.place(value) if scales.drawable(value, log=y.log) else math.nan


def _strokes(points: Iterable[Place]) -> Iterator[tuple[Place, ...]]:
    for gap, stroke in groupby(points, lambda point: math.isnan(point[1])):
        if not gap:
            yield tuple(stroke)


def _marks(
    raw: Series, x: TextScale, y: TextScale, columns: int
) -> Iterator[tuple[str, Place]]:
    """Yield a mark for what is not drawn, once a column."""
    seen: dict[tuple[str, int], float] = {}
    for at, value in _placeable(raw, log=x.log):
        if sign := _sign(value, log=y.log):
            place = x.place(at)
            seen.setdefault((sign, int(place * columns)), place)
    for (sign, _), place in seen.items():
        yield sign, (place, 1.0 if sign == ABOVE else 0.0)


def _sign(value: float, *, log: bool) -> str:
    if scales.drawable(value, log=log):
        return ""
    if math.isnan(value):
        return NOT_A_NUMBER
    return ABOVE if value > 0 else BELOW


def ends(series: Sequence[Series]) -> tuple[list[float], list[float]]:
    """Return all x and y whose x is finite."""
    points = [point for one in series for point in _placeable(one)]
    return [at for at, _ in points], [value for _, value in points]
