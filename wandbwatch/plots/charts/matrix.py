"""A confusion matrix: brighter the larger the share of a row, with its numbers."""

from __future__ import annotations

import numpy as np

from wandbwatch import formatting
from wandbwatch.model.drawing import Matrix
from wandbwatch.plots import palette
from wandbwatch.plots.charts.heatmap import shade
from wandbwatch.plots.figure import EDGE, WIDTH, Frame, Sheet
from wandbwatch.plots.ticks import Floats
from wandbwatch.plots.words import TEXT, Words

MOST = 40
"""How many classes there are on a picture at most."""
_LONGEST = 170
_NUMBERED, _NARROWEST = 12, 46
"""Up to this many classes have numbers; narrower columns have no names."""
_LEAST, _HIGH = 24, 420
_BRIGHT = 0.55


def draw(title: str, drawing: Matrix, *, titled: bool) -> Sheet:
    count = min(len(drawing.names), MOST)
    words = Words((title, drawing.row, drawing.column, *drawing.names[:count]))
    names = [words.fit(name, _LONGEST) for name in drawing.names[:count]]
    more = len(drawing.names) - count
    wide = max(map(words.width, names), default=0.0)
    frame = Frame(
        title=title if titled else "",
        x_name=drawing.column + (f" · {more} more classes" if more else ""),
        y_name=drawing.row,
        left=wide,
        below=TEXT + 14.0,
        plot=max(_HIGH, count * _LEAST),
        bare=True,
    )
    sheet = Sheet(words, frame)
    if not count:
        sheet.write_nothing()
        return sheet
    counts = np.array([row[:count] for row in drawing.values[:count]], dtype=np.float64)
    shares = _shares(counts)
    sheet.axes.imshow(
        shade(shares)[::-1],
        extent=(0, 1, 0, 1),
        aspect="auto",
        origin="lower",
        interpolation="nearest",
    )
    sheet.set_limits()
    _write(sheet, names, counts, shares)
    return sheet


def _shares(counts: Floats) -> Floats:
    """Return each count's share of its row; 0 where there is none."""
    known = np.nan_to_num(counts, nan=0.0, posinf=0.0, neginf=0.0).clip(min=0.0)
    scaled = known / (known.max() or 1.0)  # so that no sum is more than a float
    sums = scaled.sum(axis=1, keepdims=True)
    shares: Floats = scaled / np.where(sums > 0, sums, 1.0)
    return shares


def _write(sheet: Sheet, names: list[str], counts: Floats, shares: Floats) -> None:
    words, cell = sheet.words, (sheet.x(1) - sheet.x(0)) / len(names)
    centres = (np.arange(len(names)) + 0.5) / len(names)
    for i, (name, centre) in enumerate(zip(names, centres, strict=True)):
        sheet.write(EDGE, sheet.y(1 - centre) - TEXT / 3, name)
        if cell >= _NARROWEST:
            short = words.fit(name, cell - 6)
            x = sheet.x(centre) - words.width(short) / 2
            sheet.write(min(x, WIDTH - words.width(short) - 4), sheet.bottom + 8, short)
        for j, other in enumerate(centres if len(names) <= _NUMBERED else ()):
            if np.isfinite(counts[i, j]) and counts[i, j]:
                text = words.fit(formatting.number(counts[i, j].item()), cell - 4)
                bright = shares[i, j] > _BRIGHT
                colour = palette.BACKGROUND if bright else palette.TEXT
                x = sheet.x(other) - words.width(text) / 2
                sheet.write(x, sheet.y(1 - centre) - TEXT / 3, text, colour)
