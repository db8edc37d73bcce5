"""Boolean functions of rules; None without enough data."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from wandbwatch.analysis.keys import SYSTEM
from wandbwatch.analysis.machine import BUSY, globs
from wandbwatch.commands.alert.rules.facts import STEPS, Moment, Needs, Window, finite
from wandbwatch.commands.alert.rules.measures import GPUS, noise
from wandbwatch.model.run_details import Printed

_RECENT, _BASELINE, _ENOUGH = 5, 50, 20
"""Values of a spike, values before it to compare with, and the fewest of those."""
_FLOOR = 0.1
"""The smallest spike, relative to the baseline: the noise may be almost 0."""
_BETTER = 1e-3
"""The smallest improvement, relative to the best value."""
IDLE = 5.0
"""Percent of use below which a device is idle."""
_PEERS = 3
_LEVEL = 5
"""The values whose median is compared with the group's."""
_SCATTER = 30
"""The last values that show the noise."""
_NANS = 3
"""This many last values that are NaN mean that the run does not recover."""
_SILENCE, _FIRST = 3600.0, 3 * 3600.0
"""Seconds without a row, and before the first one, that may be an evaluation or an
epoch where no longer pause is known."""
_MAD = 1.4826
"""Turns a median deviation into a standard deviation, for normal values."""


class Predicate(Protocol):
    @property
    def needs(self) -> Needs: ...

    def holds(self, moment: Moment) -> bool | None: ...


@dataclass(frozen=True)
class NotFinite:
    """The latest value, or any in the window, is NaN or infinite; the key may be a
    pattern such as ``train/*``."""

    key: str
    window: Window

    @property
    def needs(self) -> Needs:
        return self.window.needs(self.key) | Needs(count=_NANS)

    def holds(self, moment: Moment) -> bool | None:
        known = [key for key in moment.matching(self.key) if moment.when(key)]
        if not known:
            return None
        if moment.certain and self.window == Window(count=1):
            last = [moment.before(key, 0, _NANS) for key in known]
            return any(
                len(values) == _NANS and not any(map(math.isfinite, values))
                for values in last
            )
        found = (moment.current(key, self.window) for key in known)
        return not all(math.isfinite(value) for values in found for value in values)


@dataclass(frozen=True)
class Baseline:
    """The *recent* values, and the median of the *count* before them."""

    recent: Sequence[float]
    middle: float
    sigma: float
    limit: float
    count: int


@dataclass(frozen=True)
class Spike:
    """Even the lowest of the recent values is far above the baseline."""

    key: str
    sigmas: float = 6.0

    @property
    def needs(self) -> Needs:
        return Needs((self.key,), count=_RECENT + _BASELINE)

    def holds(self, moment: Moment) -> bool | None:
        found = self.compared(moment)
        return min(found.recent) > found.limit if found else None

    def compared(self, moment: Moment) -> Baseline | None:
        recent = finite(moment.before(self.key, 0, _RECENT))
        before = finite(moment.before(self.key, _RECENT, _BASELINE))
        if len(recent) < _RECENT or len(before) < _ENOUGH:
            return None
        middle, sigma = spread(before)
        limit = middle + max(self.sigmas * sigma, _FLOOR * abs(middle))
        return Baseline(recent, middle, sigma, limit, len(before))


@dataclass(frozen=True)
class Plateau:
    """The best of a window is not better than that of the window before it."""

    key: str
    window: Window
    highest: bool = False

    @property
    def needs(self) -> Needs:
        return self.window.needs(self.key, windows=2)

    def holds(self, moment: Moment) -> bool | None:
        sign = -1.0 if self.highest else 1.0
        now = finite(moment.current(self.key, self.window))
        then = finite(moment.prior(self.key, self.window))
        if not now or not then:
            return None
        best = min(sign * value for value in then)
        return min(sign * value for value in now) > best - _BETTER * abs(best)


@dataclass(frozen=True)
class IdleGpus:
    """No key was in use throughout the window; *keys* are system metrics in percent."""

    keys: tuple[str, ...]
    window: Window

    @property
    def needs(self) -> Needs:
        return self.window.needs(*self.keys, windows=2)

    def holds(self, moment: Moment) -> bool | None:
        keys = moment.keys(self.keys)
        measured = [key for key in keys if moment.latest(key) is not None]
        if not measured:
            return None
        if any((moment.latest(key) or 0.0) >= IDLE for key in measured):
            return False
        for key in measured:
            if any(v >= IDLE for v in moment.current(key, self.window)):
                return False
        # A device that was not measured throughout may have been in use.
        lately = Window(self.window.seconds / 3)
        known = all(
            moment.current(key, lately) and moment.prior(key, self.window)
            for key in measured
        )
        return True if known else None


@dataclass(frozen=True)
class NoProgress:
    """No row was logged for the length of the window, or since the run started."""

    window: Window

    @property
    def needs(self) -> Needs:
        return Needs((STEPS,))

    def holds(self, moment: Moment) -> bool | None:
        logged = moment.when(STEPS)
        last = moment.facts.began if logged is None else logged
        if last is None:
            return None
        least = self.window.seconds
        if moment.certain:
            usual = _FIRST if logged is None else _SILENCE
            least = max(least, usual, 2 * moment.longest_pause())
        return moment.now - last >= least


@dataclass(frozen=True)
class GroupLevel:
    """A run's *own* value at a *step*, and the median of *count* others."""

    own: float
    middle: float
    sigma: float
    step: float
    count: int


@dataclass(frozen=True)
class Deviates:
    """The latest value is far from those of the group's others at the same step; of a
    steady moment, the median of the last values."""

    key: str
    sigmas: float

    @property
    def needs(self) -> Needs:
        return Needs((self.key, STEPS), peers=True, count=_LEVEL)

    def holds(self, moment: Moment) -> bool | None:
        found = self.compared(moment)
        if found is None:
            return None
        return abs(found.own - found.middle) > self.sigmas * found.sigma

    def compared(self, moment: Moment) -> GroupLevel | None:
        step = moment.step(self.key)
        latest = moment.latest(self.key)
        if step is None or latest is None or math.isnan(latest):
            return None
        others = [
            known
            for peer in moment.facts.peers
            if (known := Moment(peer, moment.now).at_step(self.key, step, _SCATTER))
        ]
        recent = finite(moment.before(self.key, 0, _LEVEL))
        if moment.steady:
            others = [values for values in others if len(values) >= _LEVEL]
        if len(others) < _PEERS or (moment.steady and len(recent) < _LEVEL):
            return None
        own = median(recent) if moment.steady and recent else latest
        middle, sigma = spread([median(values[-_LEVEL:]) for values in others])
        # The group's own noise: few runs agree by chance.
        noisy = median(noise(values) for values in others)
        # With a handful of peers, their spread is known within a factor of some two.
        rounded = quantum([value for values in others for value in values])
        floor = max(2 * sigma, noisy, rounded, abs(middle) * 0.01, 1e-12)
        return GroupLevel(own, middle, floor, step, len(others))


def quantum(values: Sequence[float]) -> float:
    """Return to what *values* are rounded, such as 0.01; 0 if they are not."""
    for digits in range(4):
        if all(abs(round(one, digits) - one) <= _EXACT * abs(one) for one in values):
            return float(10**-digits)
    return 0.0


_EXACT = 1e-12


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and a standard deviation that is robust against outliers."""
    middle = median(values)
    return middle, _MAD * median(abs(value - middle) for value in values)


def gpus() -> tuple[str, ...]:
    """Return the keys that say how busy each GPU or other accelerator is."""
    named = tuple(f"system/gpu.{gpu}.gpu" for gpu in GPUS)
    return (*named, *(SYSTEM + glob for glob in globs(BUSY)), "system/tpu")


_LONGEST = 2000
"""The characters of a line that are searched."""
_SECONDS = 1.0
"""The time limit of an expression for all lines of a run."""


@dataclass(frozen=True)
class LogMatch:
    """A line matches, anywhere or in the window."""

    pattern: str
    ignore_case: bool
    window: Window

    @property
    def needs(self) -> Needs:
        return Needs(console=True)

    def holds(self, moment: Moment) -> bool | None:
        for _ in self.found(moment):
            return True
        # A line that matched earlier may be above the part that was read.
        return False if moment.facts.all_printed or self.window.seconds else None

    def found(self, moment: Moment) -> Iterator[Printed]:
        """Yield the matching lines, newest first; one without a time always counts."""
        import regex  # noqa: PLC0415 -- rarely needed

        flags = regex.IGNORECASE if self.ignore_case else 0
        try:
            compiled = regex.compile(self.pattern, flags)
        except regex.error:  # valid only for re
            return
        start = moment.now - self.window.seconds if self.window.seconds else 0.0
        until = time.monotonic() + _SECONDS
        for line in reversed(moment.facts.printed):
            when = line.when.timestamp() if line.when else moment.now
            if not start <= when <= moment.now:
                continue
            left = max(until - time.monotonic(), 0.001)
            try:
                if compiled.search(line.text[:_LONGEST], timeout=left):
                    yield line
            except TimeoutError:
                return


def checked(pattern: str) -> str:
    """Return *pattern*; ValueError says why it is wrong."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as e:
        raise ValueError(str(e)) from e
    return pattern
