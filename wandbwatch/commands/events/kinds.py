"""What the help of ``events`` imports: the kinds of events, and a gain."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """The kinds of events, in the words of ``--on``."""

    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    CRASHED = "crashed"
    KILLED = "killed"
    PREEMPTED = "preempted"
    STALLED = "stalled"
    RECOVERED = "recovered"
    RESUMED = "resumed"
    BEST = "best"
    ALERT = "alert"
    GROUP = "group"
    SWEEP = "sweep"
    IDLE = "idle"

    @property
    def end(self) -> bool:
        """Whether the event is the end of a run."""
        from wandbwatch.commands.events.lifecycle.event import KINDS  # noqa: PLC0415 -- it imports us

        return KINDS[self].state is not None


@dataclass(frozen=True)
class Gain:
    """By how much a value must be better than the best to be reported."""

    least: float | None = None
    """An absolute gain, or with *percent* one of the spread from the first to the best
    value; None: the run's own noise, and at least half a percent."""
    percent: bool = False
    every: float = 0.0
    """Seconds between two reports."""
