"""How fast a run logs steps, when it will be done, and how long it has paused."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from wandbwatch.analysis.curves import CLOCK
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, Query
from wandbwatch.model.run import Run, Series, State

if TYPE_CHECKING:
    from wandbwatch.model.run import Json


LATE = 2.0
"""A run is stalled after this many times its usual pause."""
LEAST = 600.0
"""The shortest pause that counts as stalled, in seconds."""
CLOCKS = ("_timestamp", "_runtime")
"""The summary values that `glance` reads."""


@dataclass(frozen=True)
class Pause:
    """Seconds for which a run has made no progress, and how many are fine."""

    seconds: float
    limit: float
    usual: float

    @property
    def too_long(self) -> bool:
        return self.seconds > self.limit


def stepped(run: Run, now: float) -> float:
    """Return when *run* logged its last step, by its own clock."""
    when = run.summary.get("_timestamp")
    if isinstance(when, int | float) and not isinstance(when, bool) and when > 0:
        return float(when)
    return now


def glance(run: Run, now: float, least: float = LEAST) -> Pause:
    """Measure the pause from a single check: by the run's clock and mean pace."""
    heard = run.heartbeat.timestamp() if run.heartbeat else now
    last = stepped(run, now) if run.last_step is not None else heard
    mean = (run.runtime or 0.0) / (run.last_step + 1) if run.last_step else 0.0
    return Pause(max(now - min(last, now), 0.0), max(least, 2 * LATE * mean), mean)


def stalled(run: Run, now: datetime) -> Pause | None:
    """Return the pause of a running run that makes no steps, or is silent, for too
    long; None where all is well."""
    if run.state is not State.RUNNING:
        return None
    seen = now.timestamp()
    pause = glance(run, seen)
    silent = seen - run.heartbeat.timestamp() if run.heartbeat else 0.0
    longest = max(pause.seconds, silent)
    return Pause(longest, pause.limit, pause.usual) if longest > pause.limit else None


@dataclass(frozen=True)
class Total:
    """How many steps a run will take: a number, or the key that holds it."""

    number: float | None = None
    key: str = ""
    config: bool = False
    """Whether the key is in the configuration, not in the summary."""

    @classmethod
    def read(cls, text: str) -> Total:
        """Read ``10000``, ``1e6``, ``config.KEY`` or ``KEY``; else ValueError."""
        text = text.strip()
        try:
            number = float(text)
        except ValueError:
            key = text.removeprefix("config.")
            if not key or not text.isprintable():
                raise ValueError("a total is a number, KEY or config.KEY") from None
            return cls(key=key, config=key != text)
        if not (number > 0 and math.isfinite(number)):
            raise ValueError(f"{text!r} is not a number of steps")
        return cls(number)

    @property
    def name(self) -> str:
        """The key as written; empty for a number."""
        return f"config.{self.key}" if self.config else self.key

    def of(self, run: Run) -> float | None:
        """Return the total steps of *run*; None if the key holds no number of steps."""
        if self.number is not None:
            return self.number
        value: Json = (run.config if self.config else run.summary).get(self.key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if 0 < value < math.inf else None

    def asked(self, query: Query) -> Query:
        """Return *query* with the key that `of` needs."""
        if not self.key:
            return query
        if self.config:
            keys = query.config
            return replace(query, config=None if keys is None else (*keys, self.key))
        keys = query.summary
        return replace(query, summary=None if keys is None else (*keys, self.key))


SILENT = 10
"""Steps from the first one seen before there is an ETA."""
_LONGEST = timedelta(days=3650)


@dataclass(frozen=True)
class Pace:
    """The steps that a run took since the first one seen, and their seconds."""

    steps: float
    seconds: float

    @property
    def per_second(self) -> float | None:
        """Steps per second; None while it is too early to say."""
        if self.steps < SILENT or not self.seconds > 0:
            return None
        return self.steps / self.seconds


def pace(clock: Series | None) -> Pace | None:
    """Compute the pace from *clock*: `CLOCK` over steps, one point per step seen.

    A resumed run starts again at the step it resumed from, or its clock does, so
    the time between its parts does not count.
    """
    if clock is None:
        return None
    seen = [
        (x, y)
        for x, y in zip(clock.x, clock.y, strict=True)
        if math.isfinite(x) and math.isfinite(y)
    ]
    if not seen:
        return None
    ran = sum(max(b - a, 0.0) for (_, a), (_, b) in pairwise(seen))
    return Pace(seen[-1][0] - seen[0][0], ran)


def left(run: Run, total: float | None, known: Pace | None) -> timedelta | None:
    """Return how long *run* still takes to reach *total* steps.

    None if it cannot be known: the run is not running, or has only just started.
    """
    rate = known.per_second if known else None
    if run.state is not State.RUNNING or not rate or total is None:
        return None
    if run.last_step is None:
        return None
    seconds = max(total - run.last_step - 1, 0.0) / rate
    if seconds > _LONGEST.total_seconds():
        return None
    return timedelta(seconds=round(seconds))


def paces(source: Source, runs: Iterable[Run], query: Query) -> Mapping[str, Pace]:
    """Ask *source* how fast the running ones of *runs* are, in one request."""
    ids = tuple(run.id for run in runs if run.state is State.RUNNING)
    if not ids:
        return {}
    asked = replace(query, filters={}, ids=ids, limit=0, summary=(), config=())
    found = source.curves(asked, (CLOCK,), Axis())
    known = {one.run.id: pace(one.series.get(CLOCK)) for one in found}
    return {name: one for name, one in known.items() if one}


@dataclass(frozen=True)
class Forecast:
    """When some runs will end, as far as known."""

    total: Total
    paces: Mapping[str, Pace]
    now: datetime | None = None
    """The time now: a run that is stalled at that time has no ETA."""

    NAMES = ("total", "ETA")
    """The columns of `cells`."""

    @classmethod
    def of(
        cls,
        source: Source,
        runs: Iterable[Run],
        total: Total,
        now: datetime | None = None,
    ) -> Forecast:
        """Ask *source* for the progress of the running *runs*."""
        return cls(total, paces(source, runs, Query()), now)

    def named(self, run: Run) -> dict[str, Cell]:
        return dict(zip(self.NAMES, self.cells(run), strict=True))

    def cells(self, run: Run) -> tuple[Cell, Cell]:
        """Return the total steps of *run*, and the time left."""
        total = self.total.of(run)
        if total is None:
            return MISSING, MISSING
        span = left(run, total, self.paces.get(run.id))
        if self.now and stalled(run, self.now):
            span = None
        whole = int(total) if float(total).is_integer() else total
        return whole, MISSING if span is None else span


def done(step: int | None, total: float | None) -> float | None:
    """Return the done share, from 0 to 1. W&B's steps start at 0."""
    if step is None or total is None:
        return None
    return min((step + 1) / total, 1.0)


def observed(seen: Sequence[tuple[int, float]]) -> Pace | None:
    """Estimate from what was *seen* of a run: its last step, and its runtime then."""
    if not seen:
        return None
    (first, began), (last, now) = seen[0], seen[-1]
    return Pace(last - first, now - began)


def forecast(
    source: Source,
    runs: Iterable[Run],
    total: Total | None,
    now: datetime | None = None,
) -> Forecast | None:
    """Ask *source* when the running *runs* will be done; None without *total*."""
    if total is None:
        return None
    return Forecast.of(source, runs, total, now)
