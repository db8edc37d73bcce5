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

from wandbwatch.plots.ticks import Floats
from wandbwatch.plots.words import points

_ROWS, _GAP = 5, 0.016
"""How many rows of marks there are, and the distance of marks in one."""

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Path:
    """A line to draw, with NaN where it is broken, and its isolated points."""

    u: Floats
    v: Floats
    alone: Places


def path(u: Floats, v: Floats, columns: int) -> Path:
    """Thin a line of places from 0 to 1 to what *columns* of pixels can show.

    In every column the first, lowest, highest and last point stay, so that nothing
    looks other than with all its points. A value that is NaN breaks the line.
    """
    there = np.flatnonzero(np.isfinite(u) & np.isfinite(v))
    column = np.floor(u[there] * columns)
    kept = there
    if len(there) > 4 * columns and (np.diff(column) >= 0).all():
        kept = there[_extremes(column, v[there])]
    seen = np.cumsum(~(np.isfinite(u) & np.isfinite(v)))
    breaks = np.flatnonzero(np.diff(seen[kept])) + 1
    alone = np.intersect1d(
        np.concatenate([[0], breaks]), np.concatenate([breaks - 1, [len(kept) - 1]])
    )
    return Path(
        np.insert(u[kept], breaks, np.nan),
        np.insert(v[kept], breaks, np.nan),
        kept[alone[alone >= 0]].astype(np.intp),
    )


def _extremes(column: Floats, v: Floats) -> Places:
    """Return the indices of each column's first, lowest, highest and last value."""
    first = np.flatnonzero(np.diff(column, prepend=-1.0))
    last = np.append(first[1:], len(v)) - 1
    group = np.repeat(np.arange(len(first)), last - first + 1)
    low = np.flatnonzero(v == np.minimum.reduceat(v, first)[group])
    low = low[np.diff(group[low], prepend=-1) > 0]
    high = np.flatnonzero(v == np.maximum.reduceat(v, first)[group])
    high = high[np.diff(group[high], append=len(first)) > 0]
    return np.unique(np.concatenate([first, low, high, last]))


def spaced(u: Floats, gap: float, turn: int = 0, turns: int = 1) -> Floats:
    """Leave out marks that would stand less than *gap* beside one that stays.

    Where lines share a row of marks they take *turns*, each from its own first mark
    on, so that none covers another; none is left out that has no other near.
    """
    kept: list[float] = []
    for at in np.unique(u[np.isfinite(u)]).tolist():
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
    """Where a line has such values; lines take turns in a row that they share."""

    row: int
    places: Mapping[Odd, Floats]


def dots(
    x: npt.ArrayLike, y: npt.ArrayLike, colour: str, size: float, shape: str = "o"
) -> Line2D:
    """Return a mark of *size* pixels at each point."""
    return Line2D(
        np.asarray(x),
        np.asarray(y),
        linestyle="none",
        marker=shape,
        markersize=points(size),
        markeredgewidth=points(3) if shape in {"x", "1"} else 0,
        color=colour,
        clip_on=False,
        zorder=3,
    )


def marks_of(
    us: Sequence[Floats], ys: Sequence[Floats], *, log: bool
) -> Iterator[Marks]:
    """Give each line with such values its own row, while there are rows."""
    found = [{k: w for k, w in _odd(y, log=log).items() if w.any()} for y in ys]
    turns = max(1, math.ceil(sum(map(bool, found)) / _ROWS))
    seats = itertools.count()
    for u, odd in zip(us, found, strict=True):
        turn, row = divmod(next(seats) if odd else 0, _ROWS)
        places = {kind: spaced(u[w], _GAP, turn, turns) for kind, w in odd.items()}
        yield Marks(row, {kind: at for kind, at in places.items() if len(at)})


def _odd(values: Floats, *, log: bool) -> dict[Odd, npt.NDArray[np.bool_]]:
    return {
        Odd.NAN: np.isnan(values),
        Odd.ABOVE: np.isposinf(values),
        Odd.BELOW: np.isneginf(values),
        Odd.NOT_POSITIVE: np.isfinite(values) & (values <= 0) & log,
    }
