"""Runs put together: the mean of each group, with a band around it."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from statistics import stdev

from wandbwatch import formatting
from wandbwatch.commands.image.parse import Band
from wandbwatch.model.report import Line, Partial
from wandbwatch.model.run import Run, Series

ALIGNED = (
    "runs of a group are aligned by linear interpolation between their own points;"
    " none is extrapolated"
)
_MOST = 1000
"""Places along x at most; more are no wider apart than a picture's pixels."""
_SEEN = 0.01
"""The share of the x axis from which on it counts that runs have ended."""
MEANINGS = {
    Band.STD: "one standard deviation around the mean",
    Band.SEM: "one standard error around the mean",
    Band.MINMAX: "the lowest to the highest around the mean",
}
_CONFIG = "config."
NOBODY = "(none)"


def names(run: Run, by: str) -> tuple[str, ...]:
    """Return the groups that *run* is in: several of its tags, else one."""
    if by == "tag":
        return run.tags or (NOBODY,)
    if by.startswith(_CONFIG):
        key = by.removeprefix(_CONFIG)
        return (formatting.cell(run.config[key]) if key in run.config else NOBODY,)
    return (str(getattr(run, by)) or NOBODY,)


def grouped(
    lines: Sequence[Line], runs: Iterable[Run], by: str, band: Band
) -> tuple[Line, ...]:
    """Return a line for each group of *lines*' *runs*, the largest group first.

    Its name says how many runs it is of. Values that are not finite do not count.
    """
    known = {run.id: run for run in runs}
    members: dict[str, list[Series]] = {}
    for line in lines:
        for name in names(known[line.run], by):
            members.setdefault(name, []).append(line.series)
    ordered = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    found = (_mean(f"{name} (n={len(m)})", m, band) for name, m in ordered)
    return tuple(line for line in found if len(line.series.x))


def is_aligned(lines: Sequence[Line], runs: Iterable[Run], by: str) -> bool:
    """Whether lines of one group have different x, so that it is interpolated."""
    known = {run.id: run for run in runs}
    found: dict[str, set[tuple[float, ...]]] = {}
    for line in lines:
        for name in names(known[line.run], by):
            found.setdefault(name, set()).add(tuple(line.series.x))
    return any(len(different) > 1 for different in found.values())


def _mean(name: str, members: Sequence[Series], band: Band) -> Line:
    curves = [curve for one in members if (curve := _finite(one))]
    grid = _grid(curves)
    at = list(zip(*(_on(grid, curve) for curve in curves), strict=True))
    points = [
        (x, there)
        for x, values in zip(grid, at, strict=True)
        if (there := [v for v in values if not math.isnan(v)])
    ]
    xs = array("d", (x for x, _ in points))
    means = [_average(values) for _, values in points]
    edges = [_edges(values, band) for _, values in points]
    key = members[0].key
    sampled = any(one.sampled for one in members)
    low, high = (Series(key, xs, array("d", (e[i] for e in edges))) for i in (0, 1))
    mean = Series(key, xs, array("d", means), sampled=sampled)
    counts = [len(values) for _, values in points]
    return Line("", name, mean, (low, high), _partial(xs, counts, len(curves)))


def _partial(xs: Sequence[float], counts: Sequence[int], of: int) -> Partial | None:
    """Say since where fewer runs than all are there, if that is seen at all."""
    if of not in counts or counts[-1] == of:
        return None
    since = xs[len(counts) - 1 - counts[::-1].index(of)]
    seen = xs[-1] / 2 - since / 2 > _SEEN * (xs[-1] / 2 - xs[0] / 2)
    return Partial(since, counts[-1], of) if seen else None


def _finite(series: Series) -> list[tuple[float, float]]:
    """Return the points in the order of x; of several at one x the last counts."""
    points = zip(series.x, series.y, strict=True)
    there = {float(x): y for x, y in points if math.isfinite(x) and math.isfinite(y)}
    return sorted(there.items())


def _grid(curves: Sequence[Sequence[tuple[float, float]]]) -> list[float]:
    """Return every x that a run has, or as many evenly spaced as there may be."""
    every = sorted({x for curve in curves for x, _ in curve})
    if len(every) <= _MOST:
        return every
    low, high = every[0], every[-1]
    shares = (i / (_MOST - 1) for i in range(_MOST))
    return [low * (1 - share) + high * share for share in shares]


def _on(grid: Sequence[float], curve: Sequence[tuple[float, float]]) -> Iterator[float]:
    """Yield the curve's value at each place of *grid*, NaN outside of its ends."""
    xs = [x for x, _ in curve]
    for x in grid:
        after = bisect_left(xs, x)
        if after < len(xs) and xs[after] == x:
            yield curve[after][1]
        elif 0 < after < len(xs):
            (left, low), (right, high) = curve[after - 1], curve[after]
            share = (x / 2 - left / 2) / (right / 2 - left / 2)
            yield low * (1 - share) + high * share
        else:
            yield math.nan


def _edges(values: Sequence[float], band: Band) -> tuple[float, float]:
    if band is Band.MINMAX:
        return min(values), max(values)
    centre = _average(values)
    spread = _deviation(values)
    if band is Band.SEM:
        spread /= math.sqrt(len(values))
    return centre - spread, centre + spread


def _average(values: Sequence[float]) -> float:
    """Return the mean, finite as the values are, be they as large as a float can."""
    half = math.fsum(value / 2 / len(values) for value in values)
    return max(min(values), min(2 * half, max(values)))


def _deviation(values: Sequence[float]) -> float:
    """Return the sample's standard deviation, 0 of one value."""
    if len(values) < 2:  # noqa: PLR2004
        return 0.0
    try:
        return stdev(values)
    except OverflowError:
        return math.inf
