"""The points of a line, reduced to what a picture can show, and those without a
place on it, which stand as marks along its edges."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from matplotlib.lines import Line2D

from wandbwatch.plots.palette import LineStyle
from wandbwatch.plots.ticks import Floats
from wandbwatch.plots.words import points

_ROWS, _GAP = 5, 11.0
"""How many rows of marks there are, and the pixels between marks in one."""

Places = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Path:
    """A line to draw, with NaN where it is broken, and its isolated points."""

    x: Floats
    y: Floats
    alone: Places


def path(x: Floats, y: Floats, column: Floats) -> Path:
    """Thin a line to what columns of pixels can show; each point stands in a *column*.

    In every column the first, lowest, highest and last point stay, so that nothing
    looks other than with all its points. A value that is NaN breaks the line.
    """
    gone = np.isnan(x) | np.isnan(y)
    kept, column = np.flatnonzero(~gone), np.floor(column[~gone])
    columns = np.diff(column)
    if np.count_nonzero(columns) < len(kept) / 4 and (columns >= 0).all():
        kept = kept[_extremes(column, y[kept])]
    breaks = np.flatnonzero(np.diff(np.cumsum(gone)[kept])) + 1
    ends = np.concatenate([[0], breaks, [len(kept)]])
    return Path(
        np.insert(x[kept], breaks, np.nan),
        np.insert(y[kept], breaks, np.nan),
        kept[ends[:-1][np.diff(ends) == 1]],
    )


def _extremes(column: Floats, y: Floats) -> Places:
    """Return the indices of each column's first, lowest, highest and last value."""
    first = np.flatnonzero(np.diff(column, prepend=-np.inf))
    last = np.append(first[1:], len(y)) - 1
    found = [first, last]
    for extreme in (np.minimum, np.maximum):
        of_each = np.repeat(extreme.reduceat(y, first), last - first + 1)
        at = np.flatnonzero(y == of_each)
        found.append(at[np.diff(column[at], prepend=-np.inf) > 0])
    return np.unique(np.concatenate(found))


def spaced(x: Floats, gap: float, turn: int = 0, turns: int = 1) -> Floats:
    """Leave out marks that would stand less than *gap* beside one that stays.

    Where lines share a row of marks they take *turns*, each from its own first mark
    on, so that none covers another; none is left out that has no other near.
    """
    kept: list[float] = []
    for at in np.unique(x[np.isfinite(x)]).tolist():
        away = at - kept[-1] if kept else np.inf
        is_turn = int(at / gap) % turns == turn
        if away >= gap * turns or (away >= gap and is_turn):
            kept.append(at)
    return np.array(kept)


class Odd(Enum):
    """A value without a place on the y axis, and its mark."""

    NAN = ("NaN", "x", 10)
    ABOVE = ("+∞", "^", 12)
    BELOW = ("\N{MINUS SIGN}∞", "v", 12)
    NOT_POSITIVE = ("0 or less", "1", 16)

    def marks(self, x: npt.ArrayLike, y: npt.ArrayLike, colour: str) -> Line2D:
        return dots(x, y, colour, self.value[2], self.value[1])


@dataclass(frozen=True)
class Marks:
    """Which values of a line have none, and its row of marks, shared in turns."""

    row: int
    turn: int
    turns: int
    where: Mapping[Odd, Mask]

    def spaced(self, x: Floats) -> Iterator[tuple[Odd, Floats]]:
        """Yield the places of the marks by kind; *x* has the pixels of all points."""
        for kind, where in self.where.items():
            yield kind, spaced(x[where], _GAP, self.turn, self.turns)


def marks_of(xs: Sequence[Floats], ys: Sequence[Floats], *, log: bool) -> list[Marks]:
    """Give each line with such values its own row, while there are rows."""
    found = [_odd(x, y, log=log) for x, y in zip(xs, ys, strict=True)]
    turns = max(1, math.ceil(sum(map(bool, found)) / _ROWS))
    seats = itertools.count()
    at = (divmod(next(seats) if odd else 0, _ROWS) for odd in found)
    return [
        Marks(row, turn, turns, odd) for odd, (turn, row) in zip(found, at, strict=True)
    ]


def _odd(x: Floats, y: Floats, *, log: bool) -> dict[Odd, Mask]:
    kinds = {
        Odd.NAN: np.isnan(y),
        Odd.ABOVE: np.isposinf(y),
        Odd.BELOW: np.isneginf(y),
        Odd.NOT_POSITIVE: np.isfinite(y) & (y <= 0) & log,
    }
    there = np.isfinite(x)
    return {kind: w & there for kind, w in kinds.items() if (w & there).any()}


def dots(
    x: npt.ArrayLike, y: npt.ArrayLike, colour: str, size: float, shape: str = "o"
) -> Line2D:
    """Return a mark of *size* pixels at each point."""
    edge = points(3) if shape in {"x", "1"} else 0
    return Line2D(
        np.asarray(x),
        np.asarray(y),
        linestyle="none",
        marker=shape,
        markersize=points(size),
        markeredgewidth=edge,
        color=colour,
        clip_on=False,
        zorder=3,
    )


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
        clip_on=False,
    )
