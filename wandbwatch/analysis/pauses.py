"""How long a run has logged no step, from a single check. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wandbwatch.model.run import Run, State

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
