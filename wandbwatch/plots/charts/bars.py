"""Named amounts: a bar each, from top to bottom in their order."""

from __future__ import annotations

import math

import numpy as np

from wandbwatch import formatting
from wandbwatch.model.drawing import Bars
from wandbwatch.plots import palette
from wandbwatch.plots.figure import EDGE, WIDTH, Frame, Sheet
from wandbwatch.plots.ticks import MINUS, Scale
from wandbwatch.plots.words import TEXT, Words, points

MOST = 40
"""How many bars there are on a picture at most."""
_ROW, _LONGEST, _GAP = 36, 300, 12.0
_THICK = 0.62


def draw(title: str, drawing: Bars, *, titled: bool) -> Sheet:
    items = drawing.items[:MOST]
    more = len(drawing.items) - len(items)
    amount = f"{drawing.amount} · {more} more" if more else drawing.amount
    words = Words((title, amount, *(name for name, _ in items)))
    names = [words.fit(name, _LONGEST) for name, _ in items]
    values = [_worded(value) for _, value in items]
    frame = Frame(
        title=title if titled else "",
        x_name=amount,
        right=max(map(words.width, values), default=0.0),
        plot=max(len(items), 1) * _ROW,
        left=max(map(words.width, names), default=0.0),
        bare=True,
    )
    sheet = Sheet(words, frame)
    scale = Scale.of([np.array([0.0, *(v for _, v in items)], dtype=np.float64)])
    if not items or scale is None:
        sheet.write_nothing()
        return sheet
    ends = scale.place(np.array([v for _, v in items], dtype=np.float64))
    zero = scale.at(0.0)
    levels = 1 - (np.arange(len(items)) + 0.5) / len(items)
    thick = _THICK / len(items)
    there = np.isfinite(ends)
    sheet.axes.barh(
        levels[there], ends[there] - zero, thick, zero, color=palette.COLOURS[0]
    )
    sheet.axes.axvline(zero, color=palette.MUTED, linewidth=points(1.5))
    sheet.set_limits()
    for name, value, level in zip(names, values, levels, strict=True):
        y = sheet.y(level) - TEXT / 3
        sheet.write(EDGE, y, name)
        x = WIDTH - EDGE - sheet.words.width(value)
        sheet.write(x, y, value, palette.MUTED)
    return sheet


def _worded(value: float) -> str:
    if math.isfinite(value):
        return formatting.number(value).replace("-", MINUS)
    return "NaN" if math.isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
