"""One value against another, a point per run; several ones, a line per run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from wandbwatch.model.drawing import Parallel, Point, Scatter
from wandbwatch.plots import palette
from wandbwatch.plots.charts.heatmap import shade
from wandbwatch.plots.figure import WIDTH, Entry, Frame, Sheet
from wandbwatch.plots.lines import X_TICKS, Y_TICKS, line
from wandbwatch.plots.palette import LineStyle
from wandbwatch.plots.points import dots
from wandbwatch.plots.ticks import NO_TICKS, Floats, Scale, worded
from wandbwatch.plots.words import TEXT, Words, points

_NAMED, _LONGEST = 20, 200
"""The most points that are named, and the pixels of a name."""
_BESIDE, _APART = 11.0, 6.0
_DOT, _MANY, _CHOSEN = 10, 4, 15
_CROWD = 200
_GOLD = palette.COLOURS[1]


def draw(title: str, drawing: Scatter, *, titled: bool) -> Sheet:
    there = [p for p in drawing.points if math.isfinite(p.x) and math.isfinite(p.y)]
    if drawing.log_x:
        there = [p for p in there if p.x > 0] or there
    if drawing.log_y:
        there = [p for p in there if p.y > 0] or there
    across, up = _floats([p.x for p in there]), _floats([p.y for p in there])
    x = Scale.of([across], log=drawing.log_x)
    y = Scale.of([up], log=drawing.log_y)
    named = there if len(there) <= _NAMED else [p for p in there if p.chosen]
    gone = len(drawing.points) - len(there)
    hints = (Entry(f"{gone} have no place on both axes", palette.MUTED),)
    frame = Frame(
        title=title if titled else "",
        x=x.ticks(X_TICKS, drawing.x) if x else NO_TICKS,
        y=y.ticks(Y_TICKS, drawing.y) if y else NO_TICKS,
        x_name=_axis(drawing.x, x),
        y_name=_axis(drawing.y, y),
        legends=(hints if gone else (),),
    )
    words = Words((title, frame.x_name, frame.y_name, *(p.name for p in named)))
    sheet = Sheet(words, frame)
    if x and y:
        _draw(sheet, there, x.place(across), y.place(up), joined=drawing.joined)
    else:
        sheet.write_nothing()
    return sheet


def _axis(name: str, scale: Scale | None) -> str:
    return f"{name} (log)" if scale and scale.log else name


def _draw(
    sheet: Sheet, points: Sequence[Point], x: Floats, y: Floats, *, joined: bool
) -> None:
    if joined:
        sheet.axes.add_line(line(x, y, palette.look(0), 2.6))
    size = _MANY if len(points) > _CROWD else _DOT
    sheet.axes.add_line(dots(x, y, palette.COLOURS[0], size))
    chosen = np.array([p.chosen for p in points], dtype=np.bool_)
    if chosen.any():
        sheet.axes.add_line(dots(x[chosen], y[chosen], _GOLD, _CHOSEN))
    at = [(sheet.x(a), sheet.y(b)) for a, b in zip(x, y, strict=True)]
    _name(sheet, points, at)


def _name(
    sheet: Sheet, points: Sequence[Point], at: Sequence[tuple[float, float]]
) -> None:
    """Name the chosen ones first, and none whose name would cover something."""
    few = len(points) <= _NAMED
    order = sorted(range(len(points)), key=lambda i: not points[i].chosen)
    spots = [(x, x, y - TEXT / 3) for x, y in at]
    taken: list[tuple[float, float, float]] = []
    for i in order:
        point = points[i]
        if not point.name or not (few or point.chosen):
            continue
        name = sheet.words.fit(point.name, _LONGEST)
        width, (x, _, level) = sheet.words.width(name), spots[i]
        left = x + _BESIDE
        if left + width > WIDTH - _BESIDE:
            left = x - _BESIDE - width
        box = (left, left + width, level)
        if any(_cover(box, one) for one in (*taken, *spots[:i], *spots[i + 1 :])):
            continue
        taken.append(box)
        sheet.write(left, level, name, _GOLD if point.chosen else palette.TEXT)


def _cover(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    """Whether two words overlap, each from left to right at a height."""
    beside = one[1] + _APART < other[0] or other[1] + _APART < one[0]
    return not beside and abs(one[2] - other[2]) < TEXT


def _floats(values: Sequence[float]) -> Floats:
    return np.asarray(values, dtype=np.float64)


Value: TypeAlias = float | str | None

_SIDE, _FOOT = 80, 72
_LABELS = 8
"""How many words are written beside an axis; others have only their place."""
_UNRANKED = "#6d6f78"


@dataclass(frozen=True)
class _Axis:
    """Where each row stands, 0 to 1 or None, and what is written beside the axis."""

    places: tuple[float | None, ...]
    labels: tuple[tuple[float, str], ...]


def draw_parallel(title: str, drawing: Parallel, *, titled: bool) -> Sheet:
    count = len(drawing.axes)
    columns = [
        [row[i] if i < len(row) else None for row in drawing.rows] for i in range(count)
    ]
    texts = [v for column in columns for v in column if isinstance(v, str)]
    words = Words((title, *drawing.axes, *texts[: _LABELS * 8]))
    good = {True: "highest", False: "lowest", None: "highest"}[drawing.largest]
    hint = Entry(f"bright: {good} {drawing.axes[-1]}" if count else "", palette.MUTED)
    frame = Frame(
        title=title if titled else "",
        left=_SIDE,
        right=_SIDE,
        below=_FOOT,
        above=36.0,
        plot=430,
        bare=True,
        legends=((hint,) if count and drawing.rows else (),),
    )
    sheet = Sheet(words, frame)
    if not count or not drawing.rows:
        sheet.write_nothing()
        return sheet
    logs = [name in drawing.log for name in drawing.axes]
    axes = [_column(column, log=log) for column, log in zip(columns, logs, strict=True)]
    across = np.linspace(0.0, 1.0, count).tolist()
    _draw_rows(sheet, axes, across, largest=drawing.largest is not False)
    room = (sheet.x(1) - sheet.x(0)) / max(count - 1, 1) - 10
    names = [
        f"{n} (log)" if log else n for n, log in zip(drawing.axes, logs, strict=True)
    ]
    for name, axis, place in zip(names, axes, across, strict=True):
        sheet.axes.plot(
            [place, place], [0, 1], color=palette.MUTED, linewidth=points(2), zorder=2.1
        )
        _write_labels(sheet, axis, sheet.x(place), room)
        _write_centred(sheet, sheet.x(place), sheet.bottom + 10, name, room)
    sheet.set_limits()
    return sheet


def _draw_rows(
    sheet: Sheet, axes: Sequence[_Axis], across: Sequence[float], *, largest: bool
) -> None:
    """Draw the runs that have no place on the last axis first, the best last."""
    ranks = [
        None if place is None else place if largest else 1 - place
        for place in axes[-1].places
    ]
    for i in sorted(
        range(len(ranks)), key=lambda i: -1.0 if (r := ranks[i]) is None else r
    ):
        stops = [
            (x, place)
            for x, axis in zip(across, axes, strict=True)
            if (place := axis.places[i]) is not None
        ]
        if not stops:
            continue
        rank = ranks[i]
        colour = _UNRANKED if rank is None else _colour(rank)
        x, y = [x for x, _ in stops], [place for _, place in stops]
        sheet.axes.add_line(line(x, y, LineStyle(colour), 2.6, 0.85))
        sheet.axes.add_line(dots(x, y, colour, 6))


def _colour(amount: float) -> str:
    """Return the colour of an amount from 0 to 1, never too dark for a line."""
    red, green, blue = shade(np.array([0.3 + 0.7 * amount]))[0].tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _column(values: Sequence[Value], *, log: bool) -> _Axis:
    if any(isinstance(value, str) for value in values):
        return _of_words(values)
    found = np.array(
        [math.nan if v is None or isinstance(v, str) else v for v in values], np.float64
    )
    scale = Scale.of([found], log=log)
    if scale is None:
        return _Axis((None,) * len(values), ())
    places = [None if math.isnan(p) else p for p in scale.place(found).tolist()]
    ends = [scale.single] if scale.single is not None else [scale.low, scale.high]
    return _Axis(tuple(places), tuple((scale.at(end), worded(end)) for end in ends))


def _of_words(values: Sequence[Value]) -> _Axis:
    """Give each word a place of its own; numbers among them are words as well."""
    said = [v if v is None or isinstance(v, str) else f"{v:g}" for v in values]
    kinds = sorted({word for word in said if word is not None})
    at = {word: (i + 0.5) / len(kinds) for i, word in enumerate(kinds)}
    places = tuple(None if word is None else at[word] for word in said)
    shown = kinds if len(kinds) <= _LABELS else [kinds[0], kinds[-1]]
    return _Axis(places, tuple((at[word], word) for word in shown))


def _write_labels(sheet: Sheet, axis: _Axis, x: float, room: float) -> None:
    """Write words beside an axis; where there are its two ends alone, beyond them."""
    for at, text in axis.labels:
        y = sheet.y(at)
        if at in {0.0, 1.0}:
            _write_centred(sheet, x, y + 8 if at else y - TEXT - 4, text, room)
        else:
            short = sheet.words.fit(text, room - 10)
            width = sheet.words.width(short)
            first = x <= sheet.x(0) and x - 9 - width >= 4  # noqa: PLR2004 - the edge
            left = x - 9 - width if first else min(x + 9, WIDTH - 4 - width)
            sheet.write(left, y - TEXT / 3, short, over=True)


def _write_centred(sheet: Sheet, x: float, y: float, text: str, room: float) -> None:
    short = sheet.words.fit(text, min(room, 2 * _SIDE + 40))
    width = sheet.words.width(short)
    sheet.write(min(max(x - width / 2, 4.0), WIDTH - 4 - width), y, short)
