"""A distribution over x, bright where most values were, a single one as bars; and a
confusion matrix, bright where most rows were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wandbwatch import formatting
from wandbwatch.model.drawing import Heatmap, HistogramColumn, Matrix
from wandbwatch.plots import palette
from wandbwatch.plots.figure import EDGE, WIDTH, Entry, Frame, Sheet
from wandbwatch.plots.lines import X_TICKS, Y_TICKS
from wandbwatch.plots.ticks import NO_TICKS, Floats, Scale, worded
from wandbwatch.plots.words import TEXT, Words

_HINT = "bright: most values, at each x"
_NARROWEST = 0.003
_PIXELS = 300
"""How many parts of the y axis have a colour each."""
_STOPS = (0.0, 0.08, 0.35, 0.6, 0.8, 1.0)
_COLOURS = (palette.BACKGROUND, "#243f63", "#2f6fae", "#38a5b8", "#8fd6a0", "#fbf3b0")
"""Lighter with each step, so that it is readable without hue."""


@dataclass(frozen=True)
class Bins:
    """Counts above 0, each from ``low`` to ``high``."""

    low: Floats
    high: Floats
    counts: Floats

    @classmethod
    def of(cls, column: HistogramColumn) -> Bins:
        """Return the bins that have a place and hold something, from low to high."""
        size = max(min(len(column.counts), len(column.edges) - 1), 0)
        counts = np.asarray(column.counts[:size], dtype=np.float64)
        edges = np.asarray(column.edges[: size + 1], dtype=np.float64)
        low, high = np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:])
        low, high = low[:size], high[:size]
        there = (
            np.isfinite(low) & np.isfinite(high) & np.isfinite(counts) & (counts > 0)
        )
        order = np.argsort(low[there], kind="stable")
        return cls(low[there][order], high[there][order], counts[there][order])


def draw(title: str, drawing: Heatmap, *, titled: bool) -> Sheet:
    one = len(drawing.columns) == 1
    return (
        _histogram(title, drawing, titled) if one else _heatmap(title, drawing, titled)
    )


def shade(amounts: Floats) -> npt.NDArray[np.uint8]:
    """Return red, green and blue of amounts from 0 to 1, of any shape."""
    clipped = np.clip(np.nan_to_num(amounts), 0.0, 1.0)
    stops = np.array(
        [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in _COLOURS], dtype=np.float64
    )
    parts = [np.interp(clipped, _STOPS, stops[:, i]) for i in range(3)]
    return np.stack(parts, axis=-1).round().astype(np.uint8)


def _histogram(title: str, drawing: Heatmap, titled: bool) -> Sheet:  # noqa: FBT001
    (column,) = drawing.columns
    bins = Bins.of(column)
    values = _extent([bins])
    counts = Scale.of([np.append(bins.counts, 0.0)]) if values else None
    at = (
        f"at {drawing.x} {worded(column.x, drawing.x)}" if np.isfinite(column.x) else ""
    )
    frame = Frame(
        title=title if titled else "",
        aside=at,
        x=values.ticks(X_TICKS) if values else NO_TICKS,
        y=counts.ticks(Y_TICKS) if counts else NO_TICKS,
        x_name=drawing.y if drawing.y != title or not titled else "",
        y_name="count",
    )
    sheet = Sheet(Words((title, drawing.x, drawing.y)), frame)
    if values and counts:
        left, right = values.place(bins.low), values.place(bins.high)
        width = np.maximum(right - left - 0.002, _NARROWEST)
        sheet.axes.bar(
            left,
            counts.place(bins.counts),
            width,
            align="edge",
            color=palette.COLOURS[0],
        )
    else:
        sheet.write_nothing()
    return sheet


def _heatmap(title: str, drawing: Heatmap, titled: bool) -> Sheet:  # noqa: FBT001
    found = [(column.x, Bins.of(column)) for column in drawing.columns]
    there = [(x, bins) for x, bins in found if np.isfinite(x) and len(bins.counts)]
    there.sort(key=lambda pair: pair[0])
    hints = [_HINT] if there else []
    if gone := len(found) - len(there):
        hints.append(f"{gone} without a finite value")
    x = Scale.of([np.array([at for at, _ in there], dtype=np.float64)])
    y = _extent(bins for _, bins in there)
    frame = Frame(
        title=title if titled else "",
        x=x.ticks(X_TICKS, drawing.x) if x else NO_TICKS,
        y=y.ticks(Y_TICKS) if y else NO_TICKS,
        x_name=drawing.x,
        y_name="" if drawing.y == title else drawing.y,
        legends=(tuple(Entry(hint, palette.MUTED) for hint in hints),),
    )
    sheet = Sheet(Words((title, drawing.x, drawing.y)), frame)
    if x and y:
        sheet.axes.imshow(
            _picture(there, x, y),
            extent=(0, 1, 0, 1),
            aspect="auto",
            origin="lower",
            interpolation="nearest",
            zorder=3,
        )
        sheet.set_limits()
    else:
        sheet.write_nothing()
    return sheet


def _extent(many: Iterable[Bins]) -> Scale | None:
    ends = [end for one in many for end in (one.low, one.high)]
    return Scale.of(ends)


def _picture(
    there: list[tuple[float, Bins]], x: Scale, y: Scale
) -> npt.NDArray[np.uint8]:
    """Colour each part of each column, which reaches half way to the next."""
    at = x.place(np.array([where for where, _ in there], dtype=np.float64))
    bounds = (at[1:] + at[:-1]) / 2
    columns = np.searchsorted(bounds, (np.arange(2 * _PIXELS) + 0.5) / (2 * _PIXELS))
    wanted = [_shares(bins, y, _PIXELS) for _, bins in there]
    return shade(np.sqrt(np.column_stack(wanted))[:, columns])


def _shares(bins: Bins, scale: Scale, rows: int) -> Floats:
    """Return how much of *bins* lies in each of so many equal parts of *scale*.

    The largest part is 1.
    """
    places = np.column_stack([scale.place(bins.low), scale.place(bins.high)])
    below = np.cumsum(bins.counts / bins.counts.max())
    sums = np.column_stack([np.concatenate([[0.0], below[:-1]]), below])
    ends = np.linspace(0.0, 1.0, rows + 1)
    ends[0] = -1.0  # what has no width at the low end is above it
    parts: Floats = np.diff(
        np.interp(ends, np.maximum.accumulate(places.ravel()), sums.ravel())
    )
    most = parts.max()
    return parts / most if most > 0 else parts


MOST = 40
"""How many classes there are on a picture at most."""
_LONGEST = 170
_NUMBERED, _NARROWEST_COLUMN = 12, 46
"""Up to this many classes have numbers; narrower columns have no names."""
_LEAST, _HIGH = 24, 420
_BRIGHT = 0.55


def draw_matrix(title: str, drawing: Matrix, *, titled: bool) -> Sheet:
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
    shares = _parts(counts)
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


def _parts(counts: Floats) -> Floats:
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
        if cell >= _NARROWEST_COLUMN:
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
