"""A distribution over x, bright where most values were, a single one as bars; and a
confusion matrix, bright where most rows were."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from wandbwatch import formatting
from wandbwatch.formatting import charts as charted
from wandbwatch.model.drawing import Heatmap, HistogramColumn, Matrix
from wandbwatch.plots import palette
from wandbwatch.plots.figure import EDGE, WIDTH, Frame, Sheet, note
from wandbwatch.plots.histogram import spread
from wandbwatch.plots.ticks import Floats, Scale, worded
from wandbwatch.plots.words import TEXT, Words

_HINT = "bright: most values, at each x"
_NARROWEST = 0.003
_PIXELS = 300
"""How many parts of the y axis have a colour each."""
_STOPS = (0.0, 0.08, 0.35, 0.6, 0.8, 1.0)
_COLOURS = (palette.BACKGROUND, "#243f63", "#2f6fae", "#38a5b8", "#8fd6a0", "#fbf3b0")
SHADES = LinearSegmentedColormap.from_list("", list(zip(_STOPS, _COLOURS, strict=True)))
"""Lighter with each step, so that it is readable without hue."""


def draw(title: str, drawing: Heatmap) -> Sheet:
    shown = _histogram if len(drawing.columns) == 1 else _heatmap
    return shown(title, drawing)


def _bins(column: HistogramColumn) -> Floats:
    """Return the lows, highs and counts of the bins that hold something, sorted."""
    return np.array(sorted(charted.bins(column)), dtype=np.float64).reshape(-1, 3).T


def _histogram(title: str, drawing: Heatmap) -> Sheet:
    (column,) = drawing.columns
    low, high, counts = _bins(column)
    x = Scale.of([low, high])
    y = Scale.of([counts, np.zeros(1)]) if x else None
    at = f"at {drawing.x} {worded(column.x, drawing.x)}"
    frame = Frame(
        title=title,
        aside=at if np.isfinite(column.x) else "",
        x=x,
        y=y,
        x_name="" if drawing.y == title else drawing.y,
        y_name="count",
    )
    sheet = Sheet(Words((title, drawing.x, drawing.y)), frame)
    if not x or not y:
        sheet.write_nothing()
        return sheet
    left, right = x.place(low), x.place(high)
    whole = np.ptp(sheet.axes.get_xlim())
    width = np.maximum(right - left - 0.002 * whole, _NARROWEST * whole)
    tall, look = y.place(counts), palette.COLOURS[0]
    sheet.axes.bar(left, tall, width, align="edge", color=look, clip_on=False)
    return sheet


def _heatmap(title: str, drawing: Heatmap) -> Sheet:
    there = [c for c in drawing.columns if np.isfinite(c.x) and any(charted.bins(c))]
    there.sort(key=lambda column: column.x)
    hints = [_HINT] if there else []
    if gone := len(drawing.columns) - len(there):
        hints.append(f"{gone} without a finite value")
    at = np.array([column.x for column in there], dtype=np.float64)
    x = Scale.of([at], drawing.x)
    y = Scale.of([_bins(column)[:2].ravel() for column in there])
    frame = Frame(
        title=title,
        x=x,
        y=y,
        x_name=drawing.x,
        y_name="" if drawing.y == title else drawing.y,
        legends=(tuple(map(note, hints)),),
    )
    sheet = Sheet(Words((title, drawing.x, drawing.y)), frame)
    if not x or not y:
        sheet.write_nothing()
        return sheet
    ends = np.linspace(*sheet.axes.get_ylim(), _PIXELS + 1)
    places = np.nan_to_num(ends * y.unit).tolist()
    shares = np.array([spread(column, places) for column in there]).T
    bright = np.sqrt(shares / shares.max(axis=0))
    across = x.place(at)
    # A column reaches half way to the next.
    bounds = np.concatenate([across[:1], (across[1:] + across[:-1]) / 2, across[-1:]])
    if x.single:
        bounds[[0, -1]] = sheet.axes.get_xlim()
    sheet.axes.pcolormesh(bounds, ends, bright, cmap=SHADES, vmin=0, vmax=1, zorder=3)
    return sheet


MOST = 40
"""How many classes there are on a picture at most."""
_LONGEST = 170
_NUMBERED, _NARROWEST_NAME = 12, 40
"""Up to this many classes have numbers; narrower columns have no names."""
_PERCENT = "% of each row"
_LEAST, _HIGH = 24, 420
_BRIGHT = 0.55


def draw_matrix(title: str, drawing: Matrix) -> Sheet:
    count = min(len(drawing.names), MOST)
    words = Words((title, drawing.row, drawing.column, *drawing.names[:count]))
    names = [words.fit(name, _LONGEST) for name in drawing.names[:count]]
    more = len(drawing.names) - count
    frame = Frame(
        title=title,
        x_name=drawing.column + (f" · {more} more classes" if more else ""),
        y_name=drawing.row,
        left=max(map(words.width, names), default=0.0),
        below=TEXT + 10.0,
        plot=max(_HIGH, count * _LEAST),
    )
    sheet = Sheet(words, frame)
    if not count:
        sheet.write_nothing()
        return sheet
    counts = np.array([row[:count] for row in drawing.values[:count]], dtype=np.float64)
    shares = _parts(counts)
    sheet.axes.imshow(shares, cmap=SHADES, vmin=0, vmax=1, aspect="auto")
    _name_classes(sheet, names, drawing.names[:count])
    if count <= _NUMBERED:
        _write_numbers(sheet, counts, shares)
    return sheet


def _parts(counts: Floats) -> Floats:
    """Return each count's share of its row; 0 where there is none."""
    known = np.nan_to_num(counts, nan=0.0, posinf=0.0, neginf=0.0).clip(min=0.0)
    scaled = known / (known.max() or 1.0)  # so that no sum is more than a float
    sums = scaled.sum(axis=1, keepdims=True)
    shares: Floats = scaled / np.where(sums > 0, sums, 1.0)
    return shares


def _name_classes(sheet: Sheet, names: list[str], whole: Sequence[str]) -> None:
    """Name the rows, and the columns if their names stay different in their width."""
    places = np.arange(len(names))
    for name, y in zip(names, sheet.up(places), strict=True):
        sheet.write(EDGE, y - TEXT / 3, name)
    room = (sheet.right - sheet.left) / len(names) - 6
    short = [sheet.words.fit(name, room) for name in whole]
    if room >= _NARROWEST_NAME and len(set(short)) == len(set(names)):
        for name, x in zip(short, sheet.across(places), strict=True):
            sheet.write(x, sheet.bottom - TEXT, name, align=0.5)


def _write_numbers(sheet: Sheet, counts: Floats, shares: Floats) -> None:
    """Write each count that is not 0, or percents if one has no room in its cell."""
    there = np.argwhere(np.isfinite(counts) & (counts != 0))
    written = [formatting.number(counts[i, j].item()) for i, j in there]
    room = (sheet.right - sheet.left) / len(counts) - 4
    if max(map(sheet.words.width, written), default=0.0) > room:
        written = [f"{100 * shares[i, j]:.0f}" for i, j in there]
        sheet.write(WIDTH - EDGE, sheet.top + 26, _PERCENT, palette.MUTED, align=1)
    for (i, j), number in zip(there, written, strict=True):
        x, y = float(sheet.across(j)[0]), float(sheet.up(i)[0])
        colour = palette.BACKGROUND if shares[i, j] > _BRIGHT else palette.TEXT
        sheet.write(x, y - TEXT / 3, number, colour, align=0.5)
