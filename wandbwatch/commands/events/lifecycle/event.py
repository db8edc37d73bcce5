"""What can happen to the runs of a project: a closed set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wandbwatch.model.run import Run, State


class EventKind(StrEnum):
    """What happened, in the words that ``--on`` takes."""

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
        return self in ENDS.values()


ENDS = {
    State.FINISHED: EventKind.FINISHED,
    State.FAILED: EventKind.FAILED,
    State.CRASHED: EventKind.CRASHED,
    State.KILLED: EventKind.KILLED,
    State.PREEMPTED: EventKind.PREEMPTED,
}
"""The states that a run does not leave by itself, and what their coming is called."""
ACTIVE = {State.RUNNING, State.PREEMPTING}


@dataclass(frozen=True)
class RunEvent:
    """One thing that happened to *run*; each kind has its own class if it says more."""

    kind: EventKind
    run: Run


@dataclass(frozen=True)
class CrashRetracted(RunEvent):
    """A crash that was told turned out false: *run* runs on, or ended otherwise."""


@dataclass(frozen=True)
class CodeAlert(RunEvent):
    """The code of *run* raised an alert."""

    title: str
    text: str
    level: str
    """``INFO``, ``WARN`` or ``ERROR``."""


@dataclass(frozen=True)
class Resumed(RunEvent):
    """*run* runs again."""

    ended: State | None
    """How it had ended; None where that was too long ago."""


@dataclass(frozen=True)
class Stalled(RunEvent):
    """*run* makes no progress."""

    idle: float
    """Seconds since its last step, or since its last sign of life."""
    usual: float
    """Seconds that it usually takes at most; 0 as long as that is not known."""


@dataclass(frozen=True)
class Best(RunEvent):
    """*run* has the best value of *key* so far."""

    key: str
    value: float
    before: float | None
    """The best value until then; None when there was none."""
    lead: int
    """Grows whenever another run takes the lead."""


@dataclass(frozen=True)
class GroupDone:
    """No run of a group or sweep, or none at all, is running any more."""

    kind: EventKind
    name: str
    """The group's or sweep's; empty for all runs."""
    ended: Mapping[State, int] = field(default_factory=dict)
    """How many of its runs ended how since one of them was first seen running."""


Event = RunEvent | GroupDone
