"""The events of a project's runs: a closed set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wandbwatch.commands.events.kinds import EventKind
from wandbwatch.model.report import Level
from wandbwatch.model.run import Run, State


@dataclass(frozen=True)
class KindInfo:
    """What reports need to know about a kind of event."""

    level: Level
    many: str
    """The words after "5 runs"."""
    state: State | None = None
    """The state of the run, if the event is its end."""
    note: str = ""
    """A sentence on the card of one run."""


KINDS: Mapping[EventKind, KindInfo] = {
    EventKind.CRASHED: KindInfo(Level.BAD, "crashed", State.CRASHED),
    EventKind.FAILED: KindInfo(Level.BAD, "failed", State.FAILED),
    EventKind.KILLED: KindInfo(Level.BAD, "killed", State.KILLED),
    EventKind.STALLED: KindInfo(Level.WARN, "are stalled"),
    EventKind.PREEMPTED: KindInfo(Level.INFO, "preempted", State.PREEMPTED),
    EventKind.ALERT: KindInfo(Level.INFO, "alert"),
    EventKind.FINISHED: KindInfo(Level.GOOD, "finished", State.FINISHED),
    EventKind.BEST: KindInfo(Level.GOOD, "best"),
    EventKind.RECOVERED: KindInfo(Level.GOOD, "recovered", note="logging steps again"),
    EventKind.RESUMED: KindInfo(Level.INFO, "resumed"),
    EventKind.STARTED: KindInfo(Level.INFO, "started"),
    EventKind.GROUP: KindInfo(Level.INFO, "group"),
    EventKind.SWEEP: KindInfo(Level.INFO, "sweep"),
    EventKind.IDLE: KindInfo(Level.INFO, "idle"),
}
"""Every kind, in the order of reports: the worst first."""
ENDS = {info.state: kind for kind, info in KINDS.items() if info.state}
ACTIVE = {State.RUNNING, State.PREEMPTING}


@dataclass(frozen=True)
class RunEvent:
    """An event of *run*; a kind with more data has a class of its own."""

    kind: EventKind
    run: Run


@dataclass(frozen=True)
class CrashRetracted(RunEvent):
    """*run* did not crash as reported: it is still running, or ended otherwise."""


@dataclass(frozen=True)
class CodeAlert(RunEvent):
    """The code of *run* raised an alert."""

    title: str
    text: str
    level: str
    """``INFO``, ``WARN`` or ``ERROR``."""


@dataclass(frozen=True)
class Resumed(RunEvent):
    """*run* is running again."""

    ended: State | None
    """How it had ended; None if that is no longer remembered."""


@dataclass(frozen=True)
class Stalled(RunEvent):
    """*run* makes no progress."""

    idle: float
    """Seconds since its last step, or its last sign of life."""
    usual: float
    """Seconds that it usually takes at most between steps; 0: not known yet."""


@dataclass(frozen=True)
class Recovered(RunEvent):
    """*run*, reported as stalled, makes progress again."""

    after: float
    """Seconds without a step; 0: not known."""
    usual: bool
    """Whether a pause this long is usual from now on."""


@dataclass(frozen=True)
class Best(RunEvent):
    """*run* has the best value of *key* so far."""

    key: str
    value: float
    before: float | None
    """The best value before; None if there was none."""
    lead: int
    """Counts the changes of the leader."""


@dataclass(frozen=True)
class GroupDone:
    """All runs of a group, a sweep, or the project have ended."""

    kind: EventKind
    name: str
    """The group's or sweep's; empty for all runs."""
    ended: Mapping[State, int] = field(default_factory=dict)
    """The ended runs by state, since one was first seen running."""
    number: int = 0
    """Identifies it among those of its scope: when it was done."""
    retracted: Run | None = None
    """The run that did not crash: the scope is not done, as was reported."""


Event = RunEvent | GroupDone
