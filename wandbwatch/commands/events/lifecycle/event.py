"""The events of a project's runs, a closed set, and what is remembered between checks.

All running runs are remembered, and the `KEPT` ended runs with the latest heartbeats.
A run in neither ended before `EventMemory.horizon`. Thousands of runs take only some
hundred kilobytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from statistics import median
from typing import Any

from wandbwatch.commands.events.kinds import EventKind
from wandbwatch.model.cell import Level
from wandbwatch.model.memory import StoredJson, stored_fields
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


KEPT = 2000
"""How many ended runs are remembered by id."""
_NOW, _GONE = StoredJson(shape=1), StoredJson()


@dataclass(frozen=True)
class LongPause:
    """A pause between two steps that ended well."""

    step: int | None
    """The step before it; None: it was the start of the run."""
    seconds: float
    last: bool = False
    """Whether the run ended after it: a final test, an upload."""

    def written(self) -> list[object]:
        return [self.step, self.seconds, *([True] if self.last else [])]


@dataclass(frozen=True)
class RunningRun:
    """A running run. Times are POSIX seconds."""

    seen: float
    """When it was first seen running, or running again."""
    step: int | None
    moved: float
    """When it made its last step, as well as known."""
    moves: int = 0
    """How many checks found new steps."""
    pace: float = 0.0
    """The longest time that it usually takes between two steps."""
    stalled: bool = False
    group: str = ""
    sweep: str = ""
    missing: float = 0.0
    """Since when it is missing from listings; 0: it is not."""
    pauses: tuple[LongPause, ...] = ()
    """Its last long pauses."""

    def written(self) -> list[object]:
        pauses = [one.written() for one in self.pauses]
        return [*list(vars(self).values())[:-1], pauses]

    @classmethod
    def read(cls, values: list[Any]) -> RunningRun:
        """Read what `written` returned, perhaps that of a version with fewer fields."""
        count = len(fields(cls)) - 1
        return cls(*values[:count], *map(_pauses, values[count:]))


def _pauses(stored: Iterable[list[Any]]) -> tuple[LongPause, ...]:
    return tuple(LongPause(*values) for values in stored)


@dataclass(frozen=True)
class EndedRun:
    """An ended run."""

    state: State
    heard: float
    """Its last sign of life, POSIX seconds."""
    runtime: float
    step: int
    begun: float = 0.0
    """When its process started, if it never paused."""


@dataclass(frozen=True)
class ScopeMemory:
    """A group, a sweep, or all runs, until it is reported as done."""

    since: float = 0.0
    """Since when no run is running, POSIX seconds; 0: one is."""
    ended: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Leader:
    """The run with the best value of a key that was reported."""

    value: float
    run: str
    lead: int = 0
    first: float | None = None
    """The middle of the values at the first check, from which the gain is measured."""
    at: float = 0.0
    """When it was reported, POSIX seconds."""
    recent: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """The last values of the best runs, by id."""
    top: float | None = None
    """The best value that was seen, too small a gain to be reported; None: *value*."""

    def seen(self, ranked: Sequence[tuple[Run, float]]) -> Leader:
        """Note the values that the best runs have now."""
        recent = {
            run.id: _with(self.recent.get(run.id, ()), value)
            for run, value in ranked[:_WATCHED]
        }
        return replace(self, recent=recent)

    def noise(self, run_id: str) -> float:
        """Return by how much a run's values scatter about their trend; 0: unknown."""
        values = self.recent.get(run_id, ())
        steps = [b - a for a, b in pairwise(values)]
        if len(steps) < _LEAST:
            return 0.0
        middle = median(steps)
        return _SIGMA * median(abs(step - middle) for step in steps)


def _with(values: Sequence[float], value: float) -> Sequence[float]:
    return values if values and values[-1] == value else [*values, value][-_RECENT:]


_WATCHED, _RECENT, _LEAST = 5, 12, 4
"""The runs whose values are remembered, how many of each, and the fewest steps between
them that show noise."""
_SIGMA = 1.4826 / 2**0.5
"""Turns the median deviation of steps into the standard deviation of the values."""


@dataclass(frozen=True)
class EventMemory:
    at: float
    """When the runs were last checked, POSIX seconds."""
    horizon: float = 0.0
    """Every ended run with a later heartbeat is remembered."""
    going: Mapping[str, RunningRun] = field(default_factory=dict)
    gone: Mapping[str, EndedRun] = field(default_factory=dict)
    scopes: Mapping[str, ScopeMemory] = field(default_factory=dict)
    """By kind and name, as ``group birds``."""
    best: Mapping[str, Leader] = field(default_factory=dict)
    pauses: Mapping[str, tuple[LongPause, ...]] = field(default_factory=dict)
    """The last long pauses of each group or sweep."""
    done: Mapping[str, ScopeMemory] = field(default_factory=dict)
    """The scopes reported as done, since when: a crash in them may prove false."""

    def written(self) -> tuple[str, str]:
        """Return two texts: what changes at each check, and the ended runs."""
        now = {
            "at": self.at,
            "horizon": self.horizon,
            "going": {k: g.written() for k, g in self.going.items()},
            "scopes": {k: [s.since, dict(s.ended)] for k, s in self.scopes.items()},
            "best": {k: stored_fields(b, 3) for k, b in self.best.items()},
            "pauses": {
                k: [one.written() for one in found] for k, found in self.pauses.items()
            },
            "done": {k: [s.since, dict(s.ended)] for k, s in self.done.items()},
        }
        gone = {k: list(vars(g).values()) for k, g in self.gone.items()}
        return _NOW.dump(now), _GONE.dump(gone)

    @classmethod
    def read(cls, now: str | None, gone: str | None) -> EventMemory | None:
        """Read the stored texts; None without them, or if their shape differs."""
        kept, ended = _NOW.load(now), _GONE.load(gone)
        if kept is None or ended is None:
            return None
        return cls(
            kept["at"],
            kept["horizon"],
            {k: RunningRun.read(values) for k, values in kept["going"].items()},
            {k: EndedRun(State(s), *v) for k, (s, *v) in ended.items()},
            {k: ScopeMemory(*values) for k, values in kept["scopes"].items()},
            {k: Leader(*values) for k, values in kept["best"].items()},
            {k: _pauses(found) for k, found in kept.get("pauses", {}).items()},
            {k: ScopeMemory(*values) for k, values in kept.get("done", {}).items()},
        )
