"""The facts about a run, and the view of them at one moment."""

from __future__ import annotations

import math
import operator
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice, pairwise

from wandbwatch.analysis.keys import expanded
from wandbwatch.model.run import Series
from wandbwatch.model.run_details import Printed

STEPS = "_step"
"""The key that W&B logs in every row: its step."""


def is_glob(key: str) -> bool:
    return "*" in key


@dataclass(frozen=True)
class Needs:
    """The data about a run that a rule needs."""

    keys: tuple[str, ...] = ()
    console: bool = False
    peers: bool = False
    seconds: float = 0.0
    """How far back every row is needed."""
    count: int = 1
    """How many of the last rows are needed."""

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            tuple(dict.fromkeys(self.keys + other.keys)),
            self.console or other.console,
            self.peers or other.peers,
            max(self.seconds, other.seconds),
            max(self.count, other.count),
        )


@dataclass(frozen=True)
class Window:
    """The last *seconds*, or the last *count* values."""

    seconds: float = 0.0
    count: int = 0

    def needs(self, *keys: str, windows: int = 1) -> Needs:
        """Return the need of *keys* in the last so many *windows*."""
        return Needs(
            keys, seconds=windows * self.seconds, count=windows * self.count or 1
        )


@dataclass(frozen=True)
class Facts:
    """One run. Times are POSIX seconds; the x of series are times, in order."""

    began: float | None = None
    series: Mapping[str, Series] = field(default_factory=dict)
    printed: Sequence[Printed] = ()
    all_printed: bool = True
    """Whether *printed* is the whole console, not only its end."""
    peers: Sequence[Facts] = ()
    """The other runs of its group."""
    run: str = ""
    """The run's id."""
    name: str = ""


def ordered(series: Series) -> Series:
    """Return *series* sorted by time, without points that have no finite time."""
    x = series.x
    # NaN is not in order: where all are, the others lie between the first and the last.
    finite = not len(x) or (math.isfinite(x[0]) and math.isfinite(x[-1]))
    if finite and all(map(operator.le, x, islice(x, 1, None))):
        return series
    points = zip(series.x, series.y, strict=True)
    kept = sorted((p for p in points if math.isfinite(p[0])), key=lambda p: p[0])
    xs, ys = [p[0] for p in kept], [p[1] for p in kept]
    return Series(series.key, xs, ys, sampled=series.sampled, exact=series.exact)


def finite(values: Sequence[float]) -> Sequence[float]:
    if all(map(math.isfinite, values)):  # nearly always; a backtest asks often
        return values
    return [value for value in values if math.isfinite(value)]


_NOTHING = Series("", (), ())


@dataclass(frozen=True)
class Moment:
    """A run as it was at *now*: later data is ignored."""

    facts: Facts
    now: float
    steady: bool = False
    """Whether a single outlier says nothing: the last values must agree."""
    certain: bool = False
    """Whether somebody acts on it: what a run may get over says nothing either."""
    sampled: set[str] = field(default_factory=set, compare=False)
    """The keys that something was read of where their source left rows out."""

    def keys(self, wanted: Sequence[str]) -> Sequence[str]:
        """Return *wanted*, each glob of system metrics replaced by those there are."""
        return expanded(wanted, self.facts.series)

    def latest(self, key: str) -> float | None:
        found = self.current(key, Window(count=1))
        return found[0] if found else None

    def when(self, key: str) -> float | None:
        """Return when *key* was logged last."""
        series = self._series(key)
        end = bisect_right(series.x, self.now)
        self._check(series, end - 1)
        return series.x[end - 1] if end else None

    def current(self, key: str, window: Window) -> Sequence[float]:
        """Return the values in *window*, including NaN and infinities."""
        if window.count:
            return self.before(key, 0, window.count)
        series = self._series(key)
        # A value at an edge belongs to the window that ends there.
        start = self.now - window.seconds
        low = bisect_right(series.x, start)
        if start < series.exact:
            self.sampled.add(key)
        return series.y[low : bisect_right(series.x, self.now)]

    def prior(
        self, key: str, window: Window, length: Window | None = None
    ) -> Sequence[float]:
        """Return the values in the window just before it, of the same *length* or its
        own."""
        length = length or window
        series = self._series(key)
        high = bisect_right(series.x, self.now - window.seconds) - window.count
        if length.count:
            self._check(series, high - length.count)
            return series.y[max(high - length.count, 0) : max(high, 0)]
        end = self.now - window.seconds
        if window.count:
            end = series.x[high - 1] if high > 0 else -math.inf
        if end - length.seconds < series.exact:
            self.sampled.add(key)
        return series.y[bisect_right(series.x, end - length.seconds) : max(high, 0)]

    def before(self, key: str, skipped: int, count: int) -> Sequence[float]:
        """Return up to *count* values before the last *skipped* ones."""
        series = self._series(key)
        end = max(bisect_right(series.x, self.now) - skipped, 0)
        self._check(series, end - count)
        return series.y[max(end - count, 0) : end]

    def level(self, key: str, window: Window, skipped: int) -> float | None:
        """Return the mean of a window that ends *skipped* windows ago, if it has any
        finite value; a sample of the rows gives it as well."""
        series = self._series(key)
        end = bisect_right(series.x, self.now)
        low, high = end - (skipped + 1) * window.count, end - skipped * window.count
        if not window.count:
            edges = (self.now - n * window.seconds for n in (skipped + 1, skipped))
            low, high = (bisect_right(series.x, edge) for edge in edges)
        values = finite(series.y[max(low, 0) : max(high, 0)])
        return math.fsum(values) / len(values) if values else None

    def matching(self, pattern: str) -> Iterator[str]:
        """Yield the keys that *pattern* means: itself, or those that match it."""
        series = self.facts.series
        if pattern in series or not is_glob(pattern):
            yield pattern
        else:
            yield from (key for key in series if fnmatchcase(key, pattern))

    def at_step(self, key: str, step: float, count: int) -> Sequence[float]:
        """Return the last *count* finite values until *step*; none before that step."""
        steps, series = self._series(STEPS), self._series(key)
        end = bisect_right(steps.x, self.now)
        if not end or steps.y[end - 1] < step:
            return ()
        place = bisect_right(steps.y, step, 0, end)
        found = bisect_right(series.x, steps.x[place - 1] if place else -math.inf)
        values = series.y[max(found - count, 0) : found]
        return finite(values)

    def step(self, key: str) -> float | None:
        """Return the step at which *key* was logged last."""
        when = self.when(key)
        steps = self._series(STEPS)
        end = bisect_right(steps.x, when) if when is not None else 0
        self._check(steps, end - 1)
        return steps.y[end - 1] if end else None

    def longest_pause(self) -> float:
        """Return the longest time between two rows so far, or before the first one."""
        steps = self._series(STEPS)
        times = [self.facts.began, *steps.x[: bisect_right(steps.x, self.now)]]
        known = [time for time in times if time is not None]
        return max((b - a for a, b in pairwise(known)), default=0.0)

    def _check(self, series: Series, first: int) -> None:
        """Note whether rows may be missing from the one at place *first* on."""
        if series.sampled and (first < 0 or series.x[first] < series.exact):
            self.sampled.add(series.key)

    def _series(self, key: str) -> Series:
        return self.facts.series.get(key, _NOTHING)
