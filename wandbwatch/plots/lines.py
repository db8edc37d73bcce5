"""A plot of lines as PNG: each run's line, its marks, and the names of both."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.transforms import IdentityTransform

from wandbwatch import formatting
from wandbwatch.analysis import curves, keys
from wandbwatch.formatting import charts as charted
from wandbwatch.formatting.text import brief_names, shared_part
from wandbwatch.model.report import Line, Plot
from wandbwatch.plots import palette
from wandbwatch.plots.figure import EDGE, LOW, Frame, Sheet, note
from wandbwatch.plots.palette import NAMED, LineStyle, look
from wandbwatch.plots.points import Marks, Odd, dots, line, marks_of, path
from wandbwatch.plots.ticks import Floats, Scale, worded
from wandbwatch.plots.words import NO_GLYPH, TEXT, Words, packages, points

_SPARSE = 40
"""Up to this many points a line marks each of them."""
_DIRECT, _COLUMNS, _LONGEST = 4, 18, 240
"""Up to this many lines carry their names at their ends, in as many columns and
pixels, if that keeps them apart."""
_IN_ROW, _IN_COLUMN = 48, 22
"""The columns of a name in a legend, alone in its row or beside another."""
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
_LEVELS, _LINE = 8, TEXT + 4.0
"""How many names may stand below each other, and the pixels from one to the next."""


@dataclass(frozen=True)
class _Chart:
    """A plot ready to draw: its axes, and its lines in their units."""

    x: Scale | None
    y: Scale | None
    xs: tuple[Floats, ...]
    ys: tuple[Floats, ...]
    smooth: tuple[Floats, ...]
    marks: list[Marks]

    def room(self, *, above: bool) -> float:
        """Return the pixels of the rows of marks at the bottom, or the top."""
        rows = (
            m.row + 1 for m in self.marks for k in m.where if (k is Odd.ABOVE) == above
        )
        return (max(rows, default=0) + 0.9) * _ROW


def draw(plot: Plot, *, titled: bool = True) -> Sheet:
    chart = _chart(plot)
    names = charted.names(plot)
    beside = (*(m.name for m in plot.marks), *(s.name for s in plot.shades))
    words = Words((plot.key, plot.x, *names, *beside))
    short = brief_names(names, _COLUMNS) if len(names) > 1 else {}
    fitting = [words.fit(short.get(name, name), _LONGEST) for name in names]
    clear = len(set(fitting)) == len(set(names)) and (
        len(names) > 1 or fitting == [words.clean(name) for name in names]
    )
    direct = bool(chart.x) and len(names) <= _DIRECT and clear
    listed = brief_names(names, _IN_ROW if len(names) <= LOW else _IN_COLUMN)
    entries = () if direct else tuple(_ranked(plot, [listed[name] for name in names]))
    frame = Frame(
        title=plot.key if titled else "",
        aside=_aside(plot, chart),
        x=chart.x,
        y=chart.y,
        x_name=plot.x,
        right=max(map(words.width, fitting), default=0.0) if direct else 0.0,
        below=chart.room(above=False),
        above=chart.room(above=True),
        legends=(entries, tuple(_hints(plot, chart, words))),
    )
    sheet = Sheet(words, frame)
    if not chart.x:
        sheet.write_nothing()
        return sheet
    if chart.y:
        _draw_bands(sheet, plot, chart, chart.y)
    _draw_lines(sheet, plot, chart, chart.x)
    _draw_odd(sheet, chart)
    _draw_shades(sheet, plot, chart.x)
    _draw_marks(sheet, plot, chart)
    if direct:
        _write_names(sheet, chart, fitting)
    return sheet


def _chart(plot: Plot) -> _Chart:
    xs = [_floats(one.series.x) for one in plot.lines]
    ys = [_floats(one.series.y) for one in plot.lines]
    there = any(np.isfinite(x).any() for x in xs)
    upright = [m.at for m in plot.marks if m.upright] if there else []
    x = Scale.of([*xs, _floats(upright)], plot.x, log=plot.log_x)
    y = Scale.of(_shown_values(plot, ys), log=plot.log_y)
    us, vs = _placed(x, xs), _placed(y, ys)
    smooth: tuple[Floats, ...] = ()
    if plot.smooth and y:
        eased = curves.smoothed([one.series for one in plot.lines], plot.smooth)
        smooth = _placed(y, [_floats(one.y) for one in eased])
    marks = marks_of(us, ys, log=bool(y and y.log))
    return _Chart(x, y, us, vs, smooth, marks)


def _placed(scale: Scale | None, values: Sequence[Floats]) -> tuple[Floats, ...]:
    return tuple(scale.place(v) if scale else np.full(len(v), np.nan) for v in values)


def _shown_values(plot: Plot, ys: Sequence[Floats]) -> Iterator[Floats]:
    """Yield the values that need a place on the y axis."""
    there = any(np.isfinite(y).any() for y in ys)
    if plot.limits and there:
        yield _floats(plot.limits)
        return
    yield from ys
    if keys.is_percent(plot.key) and there:
        yield _floats((0.0, 100.0))
    if any(map(len, ys)):
        yield _floats([mark.at for mark in plot.marks if not mark.upright])
    for one in plot.lines:
        yield from (_floats(edge.y) for edge in one.band or ())


def _aside(plot: Plot, chart: _Chart) -> str:
    is_log = chart.y is not None and chart.y.log
    words = ("log scale" if is_log else "", plot.smooth and f"smoothed {plot.smooth:g}")
    return ", ".join(word for word in words if word)


def _ranked(plot: Plot, names: Sequence[str]) -> Iterator[Line2D]:
    """Yield the legend of lines with their own look, the highest first."""
    places = {id(one): place for place, one in enumerate(plot.lines)}
    for one in charted.ranked(plot):
        if (place := places[id(one)]) < NAMED:
            value = one.end[1] if one.end and not plot.shape else math.nan
            told = f" {formatting.number(value)}" if math.isfinite(value) else ""
            handle = line([], [], look(place), _WIDE)
            handle.set_label(f"{names[place]}{told}")
            yield handle


def _hints(plot: Plot, chart: _Chart, words: Words) -> Iterator[Line2D]:
    """Explain the marks, and say what is not visible."""
    seen = {kind for marks in chart.marks for kind in marks.where}
    for kind in Odd:
        if kind in seen:
            mark = kind.marks([0], [0], palette.MUTED)
            mark.set_label(kind.value[0])
            yield mark
    yield from map(note, _said(plot, chart))
    if words.missing:
        wanted = ", ".join(packages(words.missing))
        yield note(f"{NO_GLYPH} needs a font: {wanted}")


def _said(plot: Plot, chart: _Chart) -> Iterator[str]:
    if plot.log_y and chart.y and not chart.y.log:
        yield "no value above 0: not a log scale"
    if plot.log_x and chart.x and not chart.x.log:
        yield "no x above 0: not a log scale"
    if adrift := sum(int(np.count_nonzero(np.isnan(x))) for x in chart.xs):
        where = "above 0" if chart.x and chart.x.log else "value"
        yield f"{charted.counted(adrift, 'point')} without an x {where}"
    if any(one.series.sampled for one in plot.lines):
        yield "sampled: some points are left out"
    if empty := sum(1 for one in plot.lines if not len(one.series.x)):
        yield f"{charted.counted(empty, 'run')} without a point"
    if len(plot.lines) > NAMED:
        yield f"{charted.counted(len(plot.lines) - NAMED, 'run')} more in grey"
    yield from charted.equal(plot)
    if shared := shared_part(charted.names(plot)):
        yield f"full names: {shared}"


def _draw_bands(sheet: Sheet, plot: Plot, chart: _Chart, y: Scale) -> None:
    banded = [(i, one.band) for i, one in enumerate(plot.lines) if one.band]
    veil = _VEIL / math.sqrt(max(1, len(banded) - 1))
    for i, band in reversed(banded):
        low, high = (y.place(_floats(edge.y)) for edge in band)
        x, colour = chart.xs[i][: len(low)], look(i).colour
        sheet.axes.fill_between(x, low, high, color=colour, alpha=veil, linewidth=0)
        for edge in (low, high):
            sheet.axes.add_artist(line(x, edge, LineStyle(colour), _EDGE, _RIM))


def _draw_lines(sheet: Sheet, plot: Plot, chart: _Chart, x_axis: Scale) -> None:
    """Draw the first run last, so that it is on top."""
    few, add = len(plot.lines) <= _FEW, sheet.axes.add_artist
    drawn = list(reversed(list(enumerate(zip(chart.xs, chart.ys, strict=True)))))
    # Two columns to a pixel: what is left out is less than one from what is drawn.
    columns = {i: 2 * sheet.across(x) for i, (x, _) in drawn}
    raw = {i: path(x, y, columns[i]) for i, (x, y) in drawn}
    for i, _ in drawn if chart.smooth else ():
        add(line(raw[i].x, raw[i].y, LineStyle(look(i).colour), _RAW, _FAINT))
    for i, (x, y) in drawn:
        shown = path(x, chart.smooth[i], columns[i]) if chart.smooth else raw[i]
        calm = few and (bool(chart.smooth) or len(shown.x) <= _CALM)
        for part, dash in _parts(plot.lines[i], x_axis, shown.x, look(i).dash):
            style = LineStyle(look(i).colour, dash)
            width = _WIDE if calm else _NARROW
            add(line(shown.x[part], shown.y[part], style, width))
        there = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if len(there) <= _SPARSE:
            add(dots(x[there], y[there], look(i).colour, _DOT))
        add(dots(x[raw[i].alone], y[raw[i].alone], look(i).colour, _ALONE))


def _parts(
    one: Line, x_axis: Scale, x: Floats, dash: tuple[float, ...]
) -> Iterator[tuple[slice, tuple[float, ...]]]:
    """Yield the part where a group is complete, and the part where it is not."""
    if not one.partial:
        yield slice(None), dash
        return
    ends = np.flatnonzero(x <= x_axis.place(one.partial.since))
    last = int(ends[-1]) if len(ends) else 0
    yield slice(None, last + 1), dash
    yield slice(last, None), _PARTIAL


def _draw_odd(sheet: Sheet, chart: _Chart) -> None:
    bottom, top = (chart.room(above=above) for above in (False, True))
    for i, marks in reversed(list(enumerate(chart.marks))):
        for kind, at in marks.spaced(sheet.across(chart.xs[i])):
            away = (marks.row + 0.8) * _ROW
            low, high = sheet.bottom - bottom + away, sheet.top + top - away
            level = np.full(len(at), high if kind is Odd.ABOVE else low)
            drawn = kind.marks(at, level, look(i).colour)
            drawn.set_transform(IdentityTransform())
            sheet.axes.add_artist(drawn)


def _draw_shades(sheet: Sheet, plot: Plot, x_axis: Scale) -> None:
    for turn, shade in enumerate(reversed(plot.shades)):
        start, end = x_axis.place([shade.start, shade.end]).tolist()
        if not math.isfinite(end):
            continue
        # A log axis has no place for 0: what begins there begins at its left end.
        start = start if math.isfinite(start) else x_axis.low / x_axis.unit
        alpha = _SHADES[turn % 2]  # two windows that meet can be told apart
        sheet.axes.axvspan(start, end, color=palette.INK, alpha=alpha, linewidth=0)
        if shade.name:
            name = sheet.words.fit(shade.name, _MARK_NAME)
            left = float(sheet.across(start)[0]) + 4
            left = min(left, sheet.right - sheet.words.width(name))
            levels = (sheet.bottom - 6 + row * _LINE for row in range(_LEVELS))
            sheet.write_free(name, [(left, y) for y in levels], over=True)


def _draw_marks(sheet: Sheet, plot: Plot, chart: _Chart) -> None:
    """Draw what has a place on the axes, and names that do not cover each other."""
    for mark in plot.marks:
        scale = chart.x if mark.upright else chart.y
        if not scale or not scale.low <= mark.at <= scale.high:
            continue
        at = float(scale.place(mark.at))
        named = mark.name or worded(mark.at, plot.x if mark.upright else "")
        name = sheet.words.fit(named, _MARK_NAME)
        width = sheet.words.width(name)
        if mark.upright:
            sheet.axes.axvline(at, **_MARK_LOOK)
            x = float(sheet.across(at)[0])
            x += 6 if x + width + 6 < sheet.right else -6 - width
            places = [(x, sheet.top - 10 - row * _LINE) for row in range(_LEVELS)]
        else:
            sheet.axes.axhline(at, **_MARK_LOOK)
            y = float(sheet.up(at)[0])
            levels = [y + 7, y - TEXT] if y + TEXT < sheet.top else [y - TEXT]
            lefts = (sheet.right - width, sheet.left)
            places = [(x, y) for x in lefts for y in levels]
        sheet.write_free(name, places, over=True)


def _write_names(sheet: Sheet, chart: _Chart, names: Sequence[str]) -> None:
    """Write each name near its line's end, without overlaps."""
    ends = {
        i: float(sheet.up(y[np.isfinite(y)][-1])[0]) - TEXT / 3
        for i, y in enumerate(chart.smooth or chart.ys)
        if np.isfinite(y).any()
    }
    ordered = sorted(ends, key=lambda i: ends[i])
    lowest, highest = sheet.bottom - _ROW, sheet.top + _ROW - TEXT
    for i in ordered:
        ends[i] = max(ends[i], lowest)
        lowest = ends[i] + TEXT + 4
    for i in reversed(ordered):
        ends[i] = min(ends[i], highest)
        highest = ends[i] - TEXT - 4
    for i, level in ends.items():
        sheet.write(sheet.right + EDGE, level, names[i], look(i).colour)


def _floats(values: Sequence[float]) -> Floats:
    return np.asarray(values, dtype=np.float64)
