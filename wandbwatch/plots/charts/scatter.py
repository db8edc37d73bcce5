"""One value against another, a point per run; several ones, a line per run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from matplotlib.colors import to_hex

from wandbwatch.model.drawing import Parallel, Point, Scatter
from wandbwatch.plots import palette
from wandbwatch.plots.charts.heatmap import SHADES
from wandbwatch.plots.figure import WIDTH, Entry, Frame, Sheet
from wandbwatch.plots.palette import LineStyle
from wandbwatch.plots.points import dots, line
from wandbwatch.plots.ticks import Floats, Scale, worded
from wandbwatch.plots.words import TEXT, Words, points

_NAMED, _LONGEST = 20, 200
"""The most points that are named, and the pixels of a name."""
_BESIDE, _APART = 11.0, 6.0
_DOT, _MANY, _CHOSEN = 10, 4, 15
_CROWD = 200
_GOLD = palette.COLOURS[1]


def draw(title: str, drawing: Scatter) -> Sheet:
    there = [p for p in drawing.points if math.isfinite(p.x) and math.isfinite(p.y)]
    if drawing.log_x:
        there = [p for p in there if p.x > 0] or there
    if drawing.log_y:
        there = [p for p in there if p.y > 0] or there
    across, up = np.array([(p.x, p.y) for p in there], np.float64).reshape(-1, 2).T
    x = Scale.of([across], drawing.x, log=drawing.log_x)
    y = Scale.of([up], drawing.y, log=drawing.log_y)
    named = there if len(there) <= _NAMED else [p for p in there if p.chosen]
    gone = len(drawing.points) - len(there)
    hints = (Entry(f"{gone} have no place on both axes"),) if gone else ()
    frame = Frame(
        title=title,
        x=x,
        y=y,
        x_name=_axis(drawing.x, log=bool(x and x.log)),
        y_name=_axis(drawing.y, log=bool(y and y.log)),
        legends=(hints,),
    )
    words = Words((title, frame.x_name, frame.y_name, *(p.name for p in named)))
    sheet = Sheet(words, frame)
    if not x or not y:
        sheet.write_nothing()
        return sheet
    across, up = x.place(across), y.place(up)
    if drawing.joined:
        sheet.axes.add_artist(line(across, up, palette.look(0), 2.6))
    size = _MANY if len(there) > _CROWD else _DOT
    sheet.axes.add_artist(dots(across, up, palette.COLOURS[0], size))
    best = np.array([p.chosen for p in there], dtype=np.bool_)
    sheet.axes.add_artist(dots(across[best], up[best], _GOLD, _CHOSEN))
    at = zip(sheet.across(across).tolist(), sheet.up(up).tolist(), strict=True)
    _name(sheet, there, named, list(at))
    return sheet


def _axis(name: str, *, log: bool) -> str:
    return f"{name} (log)" if log else name


def _name(
    sheet: Sheet,
    there: Sequence[Point],
    named: Sequence[Point],
    at: Sequence[tuple[float, float]],
) -> None:
    """Name the chosen ones first, and none whose name would cover something."""
    spots = [
        (point, (x, x, y - TEXT / 3)) for point, (x, y) in zip(there, at, strict=True)
    ]
    taken = [box for _, box in spots]
    for point, spot in sorted(spots, key=lambda pair: not pair[0].chosen):
        name = sheet.words.fit(point.name, _LONGEST)
        if not name or point not in named:
            continue
        width, (x, _, level) = sheet.words.width(name), spot
        left = x + _BESIDE
        if left + width > WIDTH - _BESIDE:
            left = x - _BESIDE - width
        box = (left, left + width, level)
        if not any(_cover(box, one) for one in taken if one is not spot):
            taken.append(box)
            sheet.write(left, level, name, _GOLD if point.chosen else palette.TEXT)


def _cover(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    """Whether two words overlap, each from left to right at a height."""
    beside = one[1] + _APART < other[0] or other[1] + _APART < one[0]
    return not beside and abs(one[2] - other[2]) < TEXT


Value: TypeAlias = float | str | None
Labels: TypeAlias = Sequence[tuple[float, str]]

_SIDE, _FOOT, _HEAD = 80, 72, 36
_LABELS = 8
"""How many words are written beside an axis; others have only their place."""
_UNRANKED = "#6d6f78"


def draw_parallel(title: str, drawing: Parallel) -> Sheet:
    count = len(drawing.axes)
    rows = [(*row, *[None] * count)[:count] for row in drawing.rows]
    columns = list(zip(*rows, strict=True))
    texts = [v for column in columns for v in column if isinstance(v, str)]
    words = Words((title, *drawing.axes, *texts[: _LABELS * 8]))
    good = "lowest" if drawing.largest is False else "highest"
    hints = [Entry(f"bright: {good} {name}") for name in drawing.axes[-1:]]
    frame = Frame(
        title=title,
        left=_SIDE,
        right=_SIDE,
        below=_FOOT,
        above=_HEAD,
        plot=430,
        legends=(tuple(hints if columns else ()),),
    )
    sheet = Sheet(words, frame)
    if not columns:
        sheet.write_nothing()
        return sheet
    sheet.axes.set(xlim=(0, max(count - 1, 1)), ylim=(0, 1))
    logs = [name in drawing.log for name in drawing.axes]
    made = [_column(one, log=log) for one, log in zip(columns, logs, strict=True)]
    _draw_rows(sheet, np.array([at for at, _ in made]), drawing.largest is not False)
    room = (sheet.right - sheet.left) / max(count - 1, 1) - 10
    for i, (name, log) in enumerate(zip(drawing.axes, logs, strict=True)):
        sheet.axes.axvline(i, color=palette.MUTED, linewidth=points(2), clip_on=False)
        x = float(sheet.across(i)[0])
        _write_labels(sheet, made[i][1], x, room)
        level = sheet.bottom - _FOOT + 10
        _write_centred(sheet, x, level, _axis(name, log=log), room)
    return sheet


def _draw_rows(sheet: Sheet, places: Floats, largest: bool) -> None:  # noqa: FBT001
    """Draw the runs that have no place on the last axis first, the best last."""
    ranks = places[-1] if largest else 1 - places[-1]
    for i in np.argsort(np.nan_to_num(ranks, nan=-1.0), kind="stable"):
        stops = np.flatnonzero(np.isfinite(places[:, i]))
        rank, at = ranks[i], places[stops, i]
        # Never too dark for a line.
        colour = _UNRANKED if np.isnan(rank) else to_hex(SHADES(0.3 + 0.7 * rank))
        sheet.axes.add_artist(line(stops, at, LineStyle(colour), 2.6, 0.85))
        sheet.axes.add_artist(dots(stops, at, colour, 6))


def _column(values: Sequence[Value], *, log: bool) -> tuple[Floats, Labels]:
    """Return where each row stands on an axis, 0 to 1 or NaN, and the axis' words."""
    if any(isinstance(value, str) for value in values):
        return _of_words(values)
    found = np.array([math.nan if v is None else v for v in values], np.float64)
    scale = Scale.of([found], log=log)
    if scale is None:
        return np.full(len(values), np.nan), ()
    ends = [scale.low] if scale.single else [scale.low, scale.high]
    labels = zip(scale.share(ends).tolist(), map(worded, ends), strict=True)
    return scale.share(found), list(labels)


def _of_words(values: Sequence[Value]) -> tuple[Floats, Labels]:
    """Give each word a place of its own; numbers among them are words as well."""
    said = [v if v is None or isinstance(v, str) else f"{v:g}" for v in values]
    kinds = sorted({word for word in said if word is not None})
    at = {word: (i + 0.5) / len(kinds) for i, word in enumerate(kinds)}
    shown = kinds if len(kinds) <= _LABELS else [kinds[0], kinds[-1]]
    places = [math.nan if word is None else at[word] for word in said]
    return np.array(places), [(at[word], word) for word in shown]


def _write_labels(sheet: Sheet, labels: Labels, x: float, room: float) -> None:
    """Write words beside an axis; where there are its two ends alone, beyond them."""
    for at, text in labels:
        y = float(sheet.up(at)[0])
        if at in {0.0, 1.0}:
            _write_centred(sheet, x, y + 8 if at else y - TEXT - 4, text, room)
        else:
            short = sheet.words.fit(text, room - 10)
            width = sheet.words.width(short)
            first = x <= sheet.left and x - 9 - width >= 4  # noqa: PLR2004 - the edge
            left = x - 9 - width if first else min(x + 9, WIDTH - 4 - width)
            sheet.write(left, y - TEXT / 3, short, over=True)


def _write_centred(sheet: Sheet, x: float, y: float, text: str, room: float) -> None:
    short = sheet.words.fit(text, min(room, 2 * _SIDE + 40))
    half = sheet.words.width(short) / 2 + 4
    sheet.write(min(max(x, half), WIDTH - half), y, short, align=0.5)
