"""Boolean functions of rules; None where the data does not tell."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from wandbwatch.commands.alert.rules.facts import STEPS, Moment, Needs, Window
from wandbwatch.commands.alert.rules.measures import GPUS, finite
from wandbwatch.model.run_details import Printed

_RECENT, _BASELINE, _ENOUGH = 5, 50, 20
"""A spike is in so many values, against so many before them, but not against fewer."""
_FLOOR = 0.1
"""A spike is at least this part of the baseline; noise may be next to nothing."""
_BETTER = 1e-3
"""An improvement is at least this part of the best value."""
_IDLE = 5.0
"""Percent of use; less is idle."""
_PEERS = 3
_MAD = 1.4826
"""Makes of the median deviation the standard one, where values are normal."""


class Predicate(Protocol):
    @property
    def needs(self) -> Needs: ...

    def holds(self, moment: Moment) -> bool | None: ...


@dataclass(frozen=True)
class NotFinite:
    """The latest value, or one in the window, is NaN or infinite."""

    key: str
    window: Window

    @property
    def needs(self) -> Needs:
        return Needs((self.key,))

    def holds(self, moment: Moment) -> bool | None:
        found = moment.current(self.key, self.window)
        if not found and moment.latest(self.key) is None:
            return None
        return not all(map(math.isfinite, found))


@dataclass(frozen=True)
class Spike:
    """Even the least of the recent values is far above the baseline: no outlier."""

    key: str
    sigmas: float = 6.0

    @property
    def needs(self) -> Needs:
        return Needs((self.key,))

    def holds(self, moment: Moment) -> bool | None:
        recent = finite(moment.before(self.key, 0, _RECENT))
        before = finite(moment.before(self.key, _RECENT, _BASELINE))
        if len(recent) < _RECENT or len(before) < _ENOUGH:
            return None
        middle, sigma = spread(before)
        return min(recent) > middle + max(self.sigmas * sigma, _FLOOR * abs(middle))


@dataclass(frozen=True)
class Plateau:
    """The best of a window is no better than that of the one before it."""

    key: str
    window: Window
    highest: bool = False

    @property
    def needs(self) -> Needs:
        return Needs((self.key,))

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
    """All through the window none of *keys* was in use; system metrics in percent."""

    keys: tuple[str, ...]
    window: Window

    @property
    def needs(self) -> Needs:
        return Needs(self.keys)

    def holds(self, moment: Moment) -> bool | None:
        measured = [key for key in self.keys if moment.latest(key) is not None]
        if not measured:
            return None
        for key in measured:
            if any(v >= _IDLE for v in moment.current(key, self.window)):
                return False
        # One that was not measured all through it may have been in use before.
        known = all(
            moment.current(key, self.window) and moment.prior(key, self.window)
            for key in measured
        )
        return True if known else None


@dataclass(frozen=True)
class NoProgress:
    """No row was logged for so long, or none since it began."""

    window: Window

    @property
    def needs(self) -> Needs:
        return Needs((STEPS,))

    def holds(self, moment: Moment) -> bool | None:
        last = moment.when(STEPS)
        last = moment.facts.began if last is None else last
        return None if last is None else moment.now - last >= self.window.seconds


@dataclass(frozen=True)
class Deviates:
    """The latest value is far from what the others of the group had at that step."""

    key: str
    sigmas: float

    @property
    def needs(self) -> Needs:
        return Needs((self.key, STEPS), peers=True)

    def holds(self, moment: Moment) -> bool | None:
        own, step = moment.latest(self.key), moment.step(self.key)
        if own is None or step is None or math.isnan(own):
            return None
        others = (
            Moment(peer, moment.now).at_step(self.key, step)
            for peer in moment.facts.peers
        )
        known = finite([other for other in others if other is not None])
        if len(known) < _PEERS:
            return None
        middle, sigma = spread(known)
        return abs(own - middle) > self.sigmas * max(sigma, abs(middle) * 0.01, 1e-12)


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and a standard deviation that outliers do not move."""
    middle = median(values)
    return middle, _MAD * median(abs(value - middle) for value in values)


def gpus() -> tuple[str, ...]:
    return tuple(f"system/gpu.{gpu}.gpu" for gpu in GPUS)


_LONGEST = 2000
"""So many characters of a line are looked at."""
_SECONDS = 1.0
"""An expression that takes longer for all lines of a run finds nothing more."""


@dataclass(frozen=True)
class LogMatch:
    """A line matches: ever since, or one in the window."""

    pattern: str
    ignore_case: bool
    window: Window

    @property
    def needs(self) -> Needs:
        return Needs(console=True)

    def holds(self, moment: Moment) -> bool | None:
        for _ in self.found(moment):
            return True
        # A line that was found before may be above what is known of the console.
        return False if moment.facts.all_printed or self.window.seconds else None

    def found(self, moment: Moment) -> Iterator[Printed]:
        """Yield the lines that match, the newest first.

        One without a time may be of any time.
        """
        import regex  # noqa: PLC0415 -- needed where lines are looked at, seldom

        flags = regex.IGNORECASE if self.ignore_case else 0
        try:
            compiled = regex.compile(self.pattern, flags)
        except regex.error:  # it is one of re's own
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
    """Return *pattern*; ValueError says what is wrong with it."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as e:
        raise ValueError(str(e)) from e
    return pattern
