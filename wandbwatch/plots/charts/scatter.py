"""One value against another, a point per run; several ones, a line per run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from matplotlib.colors import to_hex

from wandbwatch.formatting.text import brief_names
from wandbwatch.model.drawing import Parallel, Point, Scatter
from wandbwatch.plots import palette
from wandbwatch.plots.charts.heatmap import SHADES
from wandbwatch.plots.figure import WIDTH, Frame, Sheet, note
from wandbwatch.plots.palette import LineStyle
from wandbwatch.plots.points import dots, line
from wandbwatch.plots.ticks import Floats, Scale, label
from wandbwatch.plots.words import TEXT, Words, points

_NAMED, _COLUMNS, _LONGEST = 20, 18, 240
"""The most points that are named, and the columns and pixels of a name."""
_BESIDE = 11.0
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
    gone = len(drawing.points) - len(there)
    hints = (note(f"{gone} have no place on both axes"),) if gone else ()
    frame = Frame(
        title=title,
        x=x,
        y=y,
        x_name=drawing.x,
        y_name=drawing.y,
        legends=(hints,),
    )
    named = (p.name for p in there if p.chosen or len(there) <= _NAMED)
    names = brief_names(named, _COLUMNS)
    words = Words((title, frame.x_name, frame.y_name, *names))
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
    at = sheet.axes.transData.transform(np.column_stack([across, up]))
    sheet.keep_free(at)
    for point, place in sorted(zip(there, at, strict=True), key=_not_chosen):
        if name := names.get(point.name):
            _name(
                sheet,
                name,
                (place[0], place[1]),
                _GOLD if point.chosen else palette.TEXT,
            )
    return sheet


def _not_chosen(placed: tuple[Point, object]) -> bool:
    return not placed[0].chosen


def _name(sheet: Sheet, name: str, at: Sequence[float], colour: str) -> None:
    """Name a point on its right or its left, if that covers nothing."""
    name = sheet.words.fit(name, _LONGEST)
    (x, y), width = at, sheet.words.width(name)
    lefts = (x + _BESIDE, x - _BESIDE - width)
    inside = (a for a in lefts if sheet.left < a < WIDTH - _BESIDE - width)
    sheet.write_free(name, [(left, y - TEXT / 3) for left in inside], colour)


Value: TypeAlias = float | str | None
Labels: TypeAlias = Sequence[tuple[float, float | str]]

_SIDE, _FOOT, _HEAD = 80, 72, 36
_ONE_ROW, _ROW = 5, TEXT + 6
"""Up to this many axes have their names in one row; the pixels of a row."""
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
    hints = [note(f"bright: {good} {name}") for name in drawing.axes[-1:]]
    turns = 1 if count <= _ONE_ROW else 2
    below = _FOOT + (turns - 1) * _ROW
    frame = Frame(
        title=title,
        left=_SIDE,
        right=_SIDE,
        below=below,
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
    apart = (sheet.right - sheet.left) / max(count - 1, 1)
    for i, (name, log) in enumerate(zip(drawing.axes, logs, strict=True)):
        sheet.axes.axvline(i, color=palette.MUTED, linewidth=points(2), clip_on=False)
        x = float(sheet.across(i)[0])
        _write_labels(sheet, made[i][1], x, apart - 10)
        short = words.fit(name + " (log)" * log, min(turns * apart - 10, _LONGEST))
        _write_centred(sheet, x, sheet.bottom - below + 10 + i % turns * _ROW, short)
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
    return scale.share(found), list(zip(scale.share(ends).tolist(), ends, strict=True))


def _of_words(values: Sequence[Value]) -> tuple[Floats, Labels]:
    """Give each word a place of its own; numbers among them are words as well."""
    said = [v if v is None or isinstance(v, str) else f"{v:g}" for v in values]
    kinds = sorted({word for word in said if word is not None})
    at = {word: (i + 0.5) / len(kinds) for i, word in enumerate(kinds)}
    shown = kinds if len(kinds) <= _LABELS else [kinds[0], kinds[-1]]
    places = [math.nan if word is None else at[word] for word in said]
    return np.array(places), [(at[word], word) for word in shown]


def _write_labels(sheet: Sheet, labels: Labels, x: float, room: float) -> None:
    """Write values beside an axis; where there are its two ends alone, beyond them."""
    for at, value in labels:
        y = float(sheet.up(at)[0])
        short = _fitted(sheet.words, value, room)
        if at in {0.0, 1.0}:
            _write_centred(sheet, x, y + 8 if at else y - TEXT - 4, short)
        else:
            width = sheet.words.width(short)
            first = x <= sheet.left and x - 9 - width >= 4  # noqa: PLR2004 - the edge
            left = x - 9 - width if first else min(x + 9, WIDTH - 4 - width)
            sheet.write(left, y - TEXT / 3, short, over=True)


def _fitted(words: Words, value: float | str, room: float) -> str:
    """Word a value; a number has as many digits as there is room for."""
    if isinstance(value, str):
        return words.fit(value, min(room - 10, _LONGEST))
    texts = [label(value, digits=digits) for digits in (5, 4, 3, 2, 1)]
    return next((text for text in texts if words.width(text) <= room), texts[-1])


def _write_centred(sheet: Sheet, x: float, y: float, text: str) -> None:
    half = sheet.words.width(text) / 2 + 4
    sheet.write(min(max(x, half), WIDTH - half), y, text, align=0.5)
