"""Whether a run makes progress: its steps against its usual pace. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wandbwatch.commands.events.lifecycle.memory import RunningRun
from wandbwatch.model.run import Run

_LATE = 4.0
"""A run is stalled after this many times its usual pause."""
_WARM_UP = 3.0
"""The first steps may take this much longer: compiling, loading, a first epoch."""
_WARM = 2
"""Steps after which the pace is known."""
_FADES = 0.9
"""How fast an old pause loses weight, per step."""


@dataclass(frozen=True)
class Pause:
    """Seconds for which a run has made no progress, and how many are fine."""

    seconds: float
    limit: float
    usual: float

    @property
    def too_long(self) -> bool:
        return self.seconds > self.limit


def first(run: Run, now: float) -> RunningRun:
    """Start to watch *run*; earlier pauses do not count."""
    return RunningRun(now, run.last_step, now, group=run.group, sweep=run.sweep)


def watched(
    known: RunningRun, run: Run, now: float, before: float, least: float
) -> RunningRun:
    """Update *known* with what *run* did since *before*, the last check.

    *least* is the shortest pause that counts as stalled, in seconds.
    """
    if run.last_step is None or run.last_step == known.step:
        return replace(known, group=run.group, sweep=run.sweep, missing=0.0)
    moved = min(max(_stepped(run, now), before), now)
    pace = known.pace
    # After a gap between checks, the time of a step is not known well enough.
    if not known.stalled and now - before <= limit(known, least) and known.moves:
        pace = max(moved - known.moved, _FADES * known.pace)
    return replace(
        known,
        step=run.last_step,
        moved=moved,
        moves=min(known.moves + 1, _WARM),
        pace=pace,
        stalled=False,
        group=run.group,
        sweep=run.sweep,
        missing=0.0,
    )


def idle(known: RunningRun, run: Run, now: float, least: float) -> Pause:
    """Measure the pause since the last step; before the first, since the heartbeat."""
    if known.step is None and run.heartbeat:
        silent = now - max(run.heartbeat.timestamp(), known.seen)
        if silent > least:
            return Pause(silent, least, 0.0)
    return Pause(now - known.moved, limit(known, least), known.pace)


def limit(known: RunningRun, least: float) -> float:
    """Return the seconds without a new step after which a run is stalled."""
    if known.moves < _WARM:
        return _WARM_UP * least
    return max(least, _LATE * known.pace)


def _stepped(run: Run, now: float) -> float:
    """Return when *run* made its last step by its own clock."""
    when = run.summary.get("_timestamp")
    if isinstance(when, int | float) and not isinstance(when, bool) and when > 0:
        return float(when)
    return now


def glance(run: Run, now: float, least: float) -> Pause:
    """Measure the pause from a single check: by the run's clock and mean pace."""
    heard = run.heartbeat.timestamp() if run.heartbeat else now
    stepped = _stepped(run, now) if run.last_step is not None else heard
    mean = (run.runtime or 0.0) / (run.last_step + 1) if run.last_step else 0.0
    return Pause(max(now - min(stepped, now), 0.0), max(least, _LATE * mean), mean)
