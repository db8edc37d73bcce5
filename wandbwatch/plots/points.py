"""The points of a line, reduced to what a picture can show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wandbwatch.plots.ticks import Floats

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
