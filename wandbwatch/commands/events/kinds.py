"""The kinds of events, in a module of its own: the help of ``events`` imports it."""

from __future__ import annotations

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
        from wandbwatch.commands.events.lifecycle.event import (  # noqa: PLC0415 -- it imports us
            KINDS,
        )

        return KINDS[self].state is not None
