"""No more points than a screen can show, with none of the peaks lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

_FEW = 5


def thinned(xs: Sequence[float], ys: Sequence[float], columns: int) -> list[int]:
    """Return the indices of points that look the same as all: of each column its
    ends, its extremes, and the first NaN, where the line breaks.

    *xs* are places from 0 to 1.
    """
    kept: list[int] = []
    for _, column in groupby(range(len(xs)), lambda i: int(xs[i] * columns)):
        kept += _telling(list(column), ys)
    return kept


def _telling(column: Sequence[int], ys: Sequence[float]) -> Sequence[int]:
    if len(column) <= _FEW:
        return column
    there = [i for i in column if not math.isnan(ys[i])]
    telling = {i for i in column if math.isnan(ys[i])}
    telling = {min(telling)} if telling else set()
    if there:
        extremes = (min(there, key=ys.__getitem__), max(there, key=ys.__getitem__))
        telling |= {there[0], there[-1], *extremes}
    return sorted(telling)
