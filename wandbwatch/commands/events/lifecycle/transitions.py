"""The events of one run since the last check. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from wandbwatch.commands.events.kinds import EventKind
from wandbwatch.commands.events.lifecycle import progress
from wandbwatch.commands.events.lifecycle.event import (
    ACTIVE,
    ENDS,
    CrashRetracted,
    Recovered,
    Resumed,
    RunEvent,
    Stalled,
)
from wandbwatch.commands.events.lifecycle.memory import (
    EndedRun,
    EventMemory,
    LongPause,
    RunningRun,
)
from wandbwatch.model.run import Run, State

MISSED = 3600.0
"""Seconds to remember a run that is missing: a listing may lag."""
_AGAIN = 60.0
"""Seconds: a later heartbeat than this after an end means that the run continued;
an earlier one is an upload."""


@dataclass
class Tracker:
    """Compares runs with the memory, one after the other."""

    before: EventMemory
    now: float
    least: float
    """The shortest pause that counts as stalled, in seconds."""
    going: dict[str, RunningRun] = field(default_factory=dict)
    gone: dict[str, EndedRun] = field(default_factory=dict)

    def take(self, run: Run) -> Iterator[RunEvent]:
        """Yield the events of *run*, and remember it."""
        going, gone = self.before.going.get(run.id), self.before.gone.get(run.id)
        if run.state in ACTIVE:
            yield from self._active(run, going, gone)
        elif run.state.ended:
            yield from self._ended(run, going, gone)
        else:  # unknown, or pending
            self._leave(run.id, going, gone)

    def miss(self, run_id: str) -> None:
        """Remember for an hour a running run that is missing from the listing."""
        known = self.before.going[run_id]
        since = known.missing or self.now
        if self.now - since < MISSED:
            self.going[run_id] = replace(known, missing=since)

    def _active(
        self, run: Run, going: RunningRun | None, gone: EndedRun | None
    ) -> Iterator[RunEvent]:
        if going is None:
            self.going[run.id] = progress.first(run, self.now)
            yield self._returned(run, gone)
            return
        known = progress.watched(going, run, self.now, self.before.at, self.least)
        fresh = all(one.step is None for one in self._all)
        peers = self._peers(known)
        how = progress.idle(known, run, self.now, self.least, peers, fresh=fresh)
        if how.too_long and not known.stalled:
            known = replace(known, stalled=True)
            yield Stalled(EventKind.STALLED, run, how.seconds, how.usual)
        elif going.stalled and not known.stalled:
            learnt = progress.learnt(going, known)
            after = max(known.moved - going.moved, 0.0)
            yield Recovered(EventKind.RECOVERED, run, after, bool(learnt))
        self.going[run.id] = known

    def _peers(self, known: RunningRun) -> Sequence[LongPause]:
        """Return the pauses of the run's group, or else of all runs."""
        own = self.before.pauses.get(progress.scope_of(known), ())
        found = own if any(one.seconds for one in own) else self._all
        return [one for one in found if one != progress.NONE]

    @cached_property
    def _all(self) -> Sequence[LongPause]:
        return [one for pauses in self.before.pauses.values() for one in pauses]

    def _returned(self, run: Run, gone: EndedRun | None) -> RunEvent:
        if gone is None:
            created = run.created.timestamp() if run.created else self.now
            old = created <= self.before.horizon
            return (
                Resumed(EventKind.RESUMED, run, None)
                if old
                else RunEvent(EventKind.STARTED, run)
            )
        if gone.state is State.CRASHED and _continued(gone, run):
            return CrashRetracted(EventKind.CRASHED, run)
        return Resumed(EventKind.RESUMED, run, gone.state)

    def _ended(
        self, run: Run, going: RunningRun | None, gone: EndedRun | None
    ) -> Iterator[RunEvent]:
        heard = _heard(run)
        end = EndedRun(run.state, heard, run.runtime or 0.0, _step(run), _begun(run))
        if going is None and gone is None and end.heard <= self.before.horizon:
            return
        self.gone[run.id] = end
        if gone and gone.state is run.state and not _again(gone, end):
            # A later heartbeat, such as an upload, is no new end.
            self.gone[run.id] = replace(gone, heard=heard)
            return
        if gone and gone.state is State.CRASHED and _continued(gone, run):
            yield CrashRetracted(EventKind.CRASHED, run)
        yield RunEvent(ENDS[run.state], run)

    def _leave(
        self, run_id: str, going: RunningRun | None, gone: EndedRun | None
    ) -> None:
        if going:
            self.going[run_id] = going
        elif gone:
            self.gone[run_id] = gone


def _again(gone: EndedRun, end: EndedRun) -> bool:
    """Whether an ended run continued, and ended in the same state again."""
    later = end.heard - gone.heard > _AGAIN
    return later and (end.step > gone.step or end.runtime > gone.runtime + _AGAIN)


def _continued(gone: EndedRun, run: Run) -> bool:
    """Whether *run* is the process that seemed crashed, not one that resumed it.

    The runtime of a process keeps growing without heartbeats; that of a resumed run
    continues where it ended. Before the first new row the two look alike.
    """
    return abs(_begun(run) - gone.begun) <= _AGAIN


def _begun(run: Run) -> float:
    """Return when the process started, if the run never paused."""
    if run.runtime is None:
        return run.created.timestamp() if run.created else 0.0
    at, by_row = run.summary.get("_timestamp"), run.summary.get("_runtime")
    # A server has the runtime of the last row, files that of the last sign of life.
    if isinstance(at, int | float) and by_row == run.runtime:
        return round(at - run.runtime, 3)
    return round(_heard(run) - run.runtime, 3)


def _heard(run: Run) -> float:
    when = run.heartbeat or run.created
    return when.timestamp() if when else 0.0


def _step(run: Run) -> int:
    return -1 if run.last_step is None else run.last_step
