"""A plot of lines as PNG: each run's line, its marks, and the names of both."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.lines import Line2D

from wandbwatch import formatting
from wandbwatch.analysis import curves, keys
from wandbwatch.model.report import Line, Mark, Plot
from wandbwatch.plots import palette
from wandbwatch.plots.figure import EDGE, Entry, Frame, Sheet
from wandbwatch.plots.palette import NAMED, LineStyle, look
from wandbwatch.plots.points import Marks, Odd, dots, marks_of, path
from wandbwatch.plots.ticks import NO_TICKS, Floats, Scale, worded
from wandbwatch.plots.words import NO_GLYPH, TEXT, Words, packages, points

X_TICKS, Y_TICKS = 5, 5
COLUMNS = 1400
"""Two to a pixel: what is left out is less than a pixel from what is drawn."""
_SPARSE = 40
"""Up to this many points a line marks each of them."""
_DIRECT, _LONGEST = 4, 200
"""Up to this many lines carry their names at their ends, if not longer than this."""
_FEW, _CALM = 5, 400
"""Up to this many lines, and points of one, lines are wide."""
_WIDE, _NARROW, _RAW, _EDGE = 3.4, 2.4, 1.6, 1.2
_FAINT, _RIM = 0.35, 0.7
_VEIL = 0.28
"""The opacity of a single band; of several each has less."""
_SHADES = (0.14, 0.07)
_DOT, _ALONE = 6, 9
_ROW = 16
"""The pixels of a row of marks."""
_PARTIAL = (2.0, 1.6)
_MARK_LOOK: Mapping[str, Any] = {
    "color": palette.INK,
    "linewidth": points(1.6),
    "linestyle": (0, (4.0, 3.0)),
    "zorder": 2.5,
}
_MARK_NAME = 300


@dataclass(frozen=True)
class _Chart:
    """A plot ready to draw: its axes, and its lines in coordinates from 0 to 1."""

    x: Scale | None
    y: Scale | None
    us: tuple[Floats, ...]
    vs: tuple[Floats, ...]
    smooth: tuple[Floats, ...] | None
    marks: tuple[Marks, ...]
    adrift: int
    """How many points have no place on the x axis."""

    def rows(self, *, above: bool) -> int:
        """Return how many rows of marks stand along the bottom, or the top."""
        rows = (
            m.row + 1 for m in self.marks for k in m.places if (k is Odd.ABOVE) == above
        )
        return max(rows, default=0)


def draw(plot: Plot, *, titled: bool = True) -> Sheet:
    chart = _chart(plot)
    names = _names(plot.lines)
    beside = (*(m.name for m in plot.marks), *(s.name for s in plot.shades))
    texts = (plot.key, plot.x, *names, *beside)
    words = Words(texts)
    fitting = [words.fit(name, _LONGEST) for name in names]
    whole = all(words.clean(n) == f for n, f in zip(names, fitting, strict=True))
    direct = bool(chart.x) and len(names) <= _DIRECT and whole
    sheet = Sheet(
        words,
        Frame(
            title=plot.key if titled else "",
            aside=_aside(plot, chart),
            x=chart.x.ticks(X_TICKS, plot.x) if chart.x else NO_TICKS,
            y=chart.y.ticks(Y_TICKS) if chart.y else NO_TICKS,
            x_name=_x_name(plot.x),
            right=max(map(words.width, fitting), default=0.0) if direct else 0.0,
            below=(chart.rows(above=False) + 0.6) * _ROW,
            above=(chart.rows(above=True) + 0.6) * _ROW,
            legends=(
                () if direct else tuple(_ranked(plot, names)),
                tuple(_hints(plot, chart, names, words)),
            ),
        ),
    )
    if chart.x is None:
        sheet.write_nothing()
    _draw_shades(sheet, plot, chart)
    _draw_bands(sheet, plot, chart)
    _draw_lines(sheet, plot, chart)
    _draw_odd(sheet, chart)
    _draw_marks(sheet, plot, chart)
    if direct:
        _write_names(sheet, chart, fitting)
    return sheet


def line(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    style: LineStyle,
    width: float,
    alpha: float = 1.0,
) -> Line2D:
    """Return a line of *width* pixels, broken where *y* is NaN."""
    return Line2D(
        np.asarray(x),
        np.asarray(y),
        color=style.colour,
        linewidth=points(width),
        linestyle=(0, style.dash) if style.dash else "-",
        alpha=alpha,
        solid_joinstyle="round",
        solid_capstyle="round",
        dash_joinstyle="round",
    )


def _chart(plot: Plot) -> _Chart:
    xs = [_floats(one.series.x) for one in plot.lines]
    ys = [_floats(one.series.y) for one in plot.lines]
    there = any(np.isfinite(x).any() for x in xs)
    upright = [m.at for m in plot.marks if m.upright] if there else []
    x = Scale.of([*xs, _floats(upright)], log=plot.log_x)
    y = Scale.of(_shown_values(plot, ys), log=plot.log_y)
    us = tuple(x.clipped(one) if x else np.full(len(one), np.nan) for one in xs)
    vs = tuple(y.clipped(one) if y else np.full(len(one), np.nan) for one in ys)
    smooth = None
    if plot.smooth and y:
        eased = curves.smoothed([one.series for one in plot.lines], plot.smooth)
        smooth = tuple(y.clipped(_floats(one.y)) for one in eased)
    marks = tuple(marks_of(us, ys, log=bool(y and y.log)))
    adrift = sum(int(np.count_nonzero(~np.isfinite(u))) for u in us)
    return _Chart(x, y, us, vs, smooth, marks, adrift)


def _shown_values(plot: Plot, ys: Sequence[Floats]) -> Iterator[Floats]:
    """Yield the values that need a place on the y axis."""
    if plot.limits and any(np.isfinite(y).any() for y in ys):
        yield _floats(plot.limits)
        return
    yield from ys
    if keys.is_percent(plot.key) and any(np.isfinite(y).any() for y in ys):
        yield _floats((0.0, 100.0))
    if any(map(len, ys)):
        yield _floats([mark.at for mark in plot.marks if not mark.upright])
    for one in plot.lines:
        yield from (_floats(edge.y) for edge in one.band or ())


def _names(lines: Sequence[Line]) -> list[str]:
    """Call each line by its name, and by its run where two have one name."""
    named = [one.label for one in lines]
    return [
        f"{name} {one.id}" if named.count(name) > 1 and one.id else name
        for name, one in zip(named, lines, strict=True)
    ]


def _x_name(x: str) -> str:
    return {"wall": "UTC", "runtime": "runtime"}.get(x, x)


def _aside(plot: Plot, chart: _Chart) -> str:
    is_log = chart.y is not None and chart.y.log
    words = ("log scale" if is_log else "", plot.smooth and f"smoothed {plot.smooth:g}")
    return ", ".join(word for word in words if word)


def _ranked(plot: Plot, names: Sequence[str]) -> Iterator[Entry]:
    """Yield the legend of lines with their own look, the highest first."""
    found = []
    for place, (one, name) in enumerate(zip(plot.lines, names, strict=True)):
        if place < NAMED:
            value = one.end[1] if one.end and not plot.shape else math.nan
            told = f" {formatting.number(value)}" if math.isfinite(value) else ""
            style = look(place)
            entry = Entry(f"{name}{told}", style.colour, line([], [], style, _WIDE))
            found.append((-value if told else math.inf, entry))
    yield from (entry for _, entry in sorted(found, key=lambda pair: pair[0]))


def _hints(
    plot: Plot, chart: _Chart, names: Sequence[str], words: Words
) -> Iterator[Entry]:
    """Explain the marks, and say what is not visible."""
    seen = {kind for marks in chart.marks for kind in marks.places}
    for kind in Odd:
        if kind in seen:
            mark = kind.marks([0], [0], palette.MUTED)
            yield Entry(kind.value[0], palette.MUTED, mark)
    for text in _said(plot, chart, names):
        yield Entry(text, palette.MUTED)
    if words.missing:
        wanted = ", ".join(packages(words.missing))
        yield Entry(f"{NO_GLYPH} needs a font: {wanted}", palette.MUTED)


def _said(plot: Plot, chart: _Chart, names: Sequence[str]) -> Iterator[str]:
    if plot.log_y and chart.y and not chart.y.log:
        yield "no value above 0: not a log scale"
    if plot.log_x and chart.x and not chart.x.log:
        yield "no x above 0: not a log scale"
    if chart.adrift:
        where = "above 0" if chart.x and chart.x.log else "value"
        yield f"{_counted(chart.adrift, 'point')} without an x {where}"
    if any(one.series.sampled for one in plot.lines):
        yield "sampled: some points are left out"
    if empty := sum(1 for one in plot.lines if not len(one.series.x)):
        yield f"{_counted(empty, 'run')} without a point"
    if len(plot.lines) > NAMED:
        yield f"{_counted(len(plot.lines) - NAMED, 'run')} more in grey"
    yield from _hidden(chart, names)


def _hidden(chart: _Chart, names: Sequence[str]) -> Iterator[str]:
    """Name the lines that are drawn below others which are equal to them."""
    equal: dict[tuple[bytes, bytes], list[str]] = {}
    for u, v, name in zip(chart.us, chart.vs, names, strict=True):
        if len(u):
            equal.setdefault((u.tobytes(), v.tobytes()), []).append(name)
    for first, *others in equal.values():
        if others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            yield f"{first} hides {others[0]}{more}: equal values"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _draw_bands(sheet: Sheet, plot: Plot, chart: _Chart) -> None:
    banded = [i for i, one in enumerate(plot.lines) if one.band and chart.y]
    veil = _VEIL / math.sqrt(max(1, len(banded) - 1))
    for i in reversed(banded):
        band, colour = plot.lines[i].band or (), look(i).colour
        low, high = (chart.y.clipped(_floats(e.y)) for e in band if chart.y)
        u = chart.us[i][: len(low)]
        sheet.axes.fill_between(u, low, high, color=colour, alpha=veil, linewidth=0)
        for edge in (low, high):
            rim = line(u, edge, LineStyle(colour), _EDGE, _RIM)
            sheet.axes.add_line(rim)


def _draw_lines(sheet: Sheet, plot: Plot, chart: _Chart) -> None:
    """Draw the first run last, so that it is on top."""
    few = len(plot.lines) <= _FEW
    drawn = list(reversed(list(enumerate(zip(chart.us, chart.vs, strict=True)))))
    raw = {i: path(u, v, COLUMNS) for i, (u, v) in drawn}
    if chart.smooth:
        for i, _ in drawn:
            one = line(raw[i].u, raw[i].v, LineStyle(look(i).colour), _RAW, _FAINT)
            sheet.axes.add_line(one)
    for i, (u, v) in drawn:
        shown = path(u, chart.smooth[i], COLUMNS) if chart.smooth else raw[i]
        calm = few and (bool(chart.smooth) or len(shown.u) <= _CALM)
        width = _WIDE if calm else _NARROW
        for part, dash in _parts(plot.lines[i], chart.x, shown.u, look(i).dash):
            style = LineStyle(look(i).colour, dash)
            sheet.axes.add_line(line(shown.u[part], shown.v[part], style, width))
        there = np.flatnonzero(np.isfinite(u) & np.isfinite(v))
        few_points = there if len(there) <= _SPARSE else there[:0]
        for at, size in ((few_points, _DOT), (raw[i].alone, _ALONE)):
            if len(at):
                sheet.axes.add_line(dots(u[at], v[at], look(i).colour, size))


def _parts(
    one: Line, x: Scale | None, u: Floats, dash: tuple[float, ...]
) -> Iterator[tuple[slice, tuple[float, ...]]]:
    """Yield the part where a group is complete, and the part where it is not."""
    if not one.partial or x is None:
        yield slice(None), dash
        return
    ends = np.flatnonzero(u <= x.at(one.partial.since))
    last = int(ends[-1]) if len(ends) else 0
    yield slice(None, last + 1), dash
    yield slice(last, None), _PARTIAL


def _draw_odd(sheet: Sheet, chart: _Chart) -> None:
    low, high = sheet.axes.get_ylim()
    row = (high - low) * _ROW / (sheet.top - sheet.bottom)
    for i, marks in reversed(list(enumerate(chart.marks))):
        for kind, u in marks.places.items():
            away = (marks.row + 0.8) * row
            level = high - away if kind is Odd.ABOVE else low + away
            sheet.axes.add_line(kind.marks(u, np.full(len(u), level), look(i).colour))


def _draw_shades(sheet: Sheet, plot: Plot, chart: _Chart) -> None:
    for turn, shade in enumerate(reversed(plot.shades if chart.x else ())):
        ends = np.array([shade.start, shade.end], dtype=np.float64)
        start, end = chart.x.clipped(ends) if chart.x else ends
        if not math.isfinite(end):
            continue
        # A log axis has no place for 0: what begins there begins at its left end.
        start = start if math.isfinite(start) else 0.0
        alpha = _SHADES[turn % 2]  # two windows that meet can be told apart
        sheet.axes.axvspan(start, end, color=palette.INK, alpha=alpha, linewidth=0)
        if shade.name:
            name = sheet.words.fit(shade.name, _MARK_NAME)
            left = min(sheet.x(start) + 4, sheet.right - sheet.words.width(name))
            sheet.write(left, sheet.bottom + 8, name, over=True)


def _draw_marks(sheet: Sheet, plot: Plot, chart: _Chart) -> None:
    """Draw what has a place on the axes, names of upright ones below each other."""
    upright = itertools.count()
    for mark in plot.marks:
        scale = chart.x if mark.upright else chart.y
        place = scale.at(mark.at) if scale else math.nan
        if not 0 <= place <= 1:
            continue
        name = sheet.words.fit(_called(mark, plot.x), _MARK_NAME)
        width = sheet.words.width(name)
        if mark.upright:
            sheet.axes.axvline(place, **_MARK_LOOK)
            x = sheet.x(place) + 6
            x = x if x + width < sheet.right else sheet.x(place) - 6 - width
            y = sheet.top - (next(upright) % 3 + 1) * (TEXT + 4)
            sheet.write(x, y, name, over=True)
        else:
            sheet.axes.axhline(place, **_MARK_LOOK)
            y = sheet.y(place)
            y += 7 if y + TEXT + 7 < sheet.top else -TEXT
            sheet.write(sheet.right - width - 4, y, name, over=True)


def _called(mark: Mark, x: str) -> str:
    return mark.name or worded(mark.at, x if mark.upright else "")


def _write_names(sheet: Sheet, chart: _Chart, names: Sequence[str]) -> None:
    """Write each name near its line's end, without overlaps."""
    ends = {}
    for i, v in enumerate(chart.smooth or chart.vs):
        there = v[np.isfinite(v)]
        if len(there):
            ends[i] = sheet.y(float(there[-1])) - TEXT / 3
    ordered = sorted(ends, key=lambda i: ends[i])
    lowest = sheet.bottom
    levels = {}
    for i in ordered:
        levels[i] = max(ends[i], lowest)
        lowest = levels[i] + TEXT + 4
    highest = sheet.top - TEXT
    for i in reversed(ordered):
        levels[i] = min(levels[i], highest)
        highest = levels[i] - TEXT - 4
    for i in ordered:
        sheet.write(sheet.right + EDGE / 2, levels[i], names[i], look(i).colour)


def _floats(values: Sequence[float]) -> Floats:
    return np.asarray(values, dtype=np.float64)
