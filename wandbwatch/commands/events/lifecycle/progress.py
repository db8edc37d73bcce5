"""Whether a run makes progress, and its events since the last check. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from statistics import median

from wandbwatch.analysis.eta import LATE, Pause, stepped
from wandbwatch.analysis.machine import busiest
from wandbwatch.commands.events.kinds import EventKind
from wandbwatch.commands.events.lifecycle.event import (
    ACTIVE,
    ENDS,
    CrashRetracted,
    EndedRun,
    EventMemory,
    LongPause,
    Recovered,
    Resumed,
    RunEvent,
    RunningRun,
    Stalled,
)
from wandbwatch.model.run import Run, Series, State

_LATE_IDLE = 1.5
"""A run is stalled sooner if its GPUs are idle than after `LATE` usual pauses. Busy
ones put it off, and do not cancel it: a collective that hangs keeps them busy."""
_WARM_UP, _FIRST = 3.0, 15.0
"""The first steps may take this many times the shortest stall: compiling, loading. The
very first may be the end of an epoch, if the run is alive and its GPUs are not idle."""
_ROUND = 4.5
"""The same of the first pause at a round step such as 500: likely an evaluation; and of
any in a run that has not run `YOUNG` seconds, in a project without any history."""
YOUNG = 1.5 * 3600.0
NONE = LongPause(0, 0.0)
"""Stands for a run that has shown that it makes no long pauses."""
_WARM = 2
"""Steps after which the pace is known."""
_FADES = 0.9
"""How fast an old pause loses weight, per step."""
_LEARNT = 24.0
"""Times the shortest stall: a pause longer than this is none to get used to."""
OWN, SHARED = 8, 16
"""How many long pauses are remembered of a run, and of a group."""
_REGULAR = 4
"""Pauses that make a schedule, if they are equally many steps apart."""
_CLOSE, _MOST = 0.05, 0.7
"""How far a pause may be from its schedule, and which share of them must be on it."""
_IDLE = 5.0
"""Percent of use below which a GPU is idle."""


def scope_of(run: Run | RunningRun) -> str:
    """Return the name of the runs that pause alike: a group, a sweep or the others."""
    return run.group or run.sweep


def first(run: Run, now: float) -> RunningRun:
    """Start to watch *run*; of earlier steps only their mean pace is known."""
    return RunningRun(now, _row(run), now, group=run.group, sweep=run.sweep)


def _row(run: Run) -> int | None:
    """Return the step of the newest row: a run that was resumed from an earlier step
    makes progress below its last step."""
    step = run.summary.get("_step")
    resumed = len(run.spans) > 1
    if resumed and isinstance(step, int | float) and math.isfinite(step):
        return int(step)
    return run.last_step


def watched(
    known: RunningRun, run: Run, now: float, before: float, least: float
) -> RunningRun:
    """Update *known* with what *run* did since *before*, the last check.

    *least* is the shortest pause that counts as stalled, in seconds.
    """
    step = _row(run)
    if step is None or step == known.step:
        return replace(known, group=run.group, sweep=run.sweep, missing=0.0)
    moved = min(max(stepped(run, now), before), now)
    paused = moved - known.moved
    pace, pauses = known.pace, known.pauses
    # After a gap between checks, the time of a step is not known well enough.
    warm = least if known.moves == _WARM else _WARM_UP * least
    if now - before <= max(warm, LATE * known.pace, paused / 2):
        if known.moves and not known.stalled:
            pace = max(paused, _FADES * known.pace)
        pauses = (*pauses, *_learnt(known, paused, least))[-OWN:]
    elif known.stalled:  # it ended at some time since the last check
        pauses = (*pauses, *_learnt(known, before - known.moved, least))[-OWN:]
    return replace(
        known,
        step=step,
        moved=moved,
        moves=min(known.moves + 1, _WARM),
        pace=pace,
        stalled=False,
        group=run.group,
        sweep=run.sweep,
        missing=0.0,
        pauses=pauses,
    )


def _learnt(known: RunningRun, paused: float, least: float) -> Iterable[LongPause]:
    """Yield a pause that ended well, if it is long enough to matter."""
    if least / 2 < paused <= _LEARNT * least:
        step = known.step if known.moves and known.step is not None else None
        yield LongPause(step, round(paused, 1))


def last_pause(run: Run, least: float) -> Iterable[LongPause]:
    """Yield the pause between the last row of a finished run and its end.

    A run of at most one row logs only at its start or end, as all like it.
    """
    heard = run.heartbeat.timestamp() if run.heartbeat else 0.0
    ran = run.runtime or 0.0
    if run.state is not State.FINISHED or not heard:
        return
    if not run.last_step:
        if ran > least / 2:
            yield LongPause(None, round(ran, 1))
    elif least / 2 < (paused := heard - stepped(run, heard)) <= _LEARNT * least:
        yield LongPause(run.last_step, round(paused, 1), last=True)


def learnt_pauses(
    before: RunningRun | None, after: RunningRun
) -> tuple[LongPause, ...]:
    """Return the pauses that a run has shown since the last check."""
    old = before.pauses if before else ()
    if old[-1:] == after.pauses[-1:]:
        return ()
    return tuple(one for one in after.pauses if one not in old)


def past(steps: Series, least: float) -> tuple[LongPause, ...]:
    """Return the long pauses in a run's history: its steps over the seconds it ran.

    A source may return a sample of a long history: then some of the time between two
    points was spent on the steps that were left out.
    """
    rows = list(zip(steps.x, steps.y, strict=True))
    found: list[LongPause] = []
    if rows and least / 2 < rows[0][0] <= _LEARNT * least:
        found.append(LongPause(None, round(rows[0][0], 1)))
    gaps = [(s, n - s, u - t) for (t, s), (u, n) in pairwise(rows) if n > s and u > t]
    if not gaps:
        return tuple(found)
    pace = median(seconds / count for _, count, seconds in gaps)
    usual = median(seconds for *_, seconds in gaps)
    for step, count, seconds in gaps:
        paused = seconds if usual > least / 2 else seconds - pace * (count - 1)
        if least / 2 < paused <= _LEARNT * least:
            found.append(LongPause(int(step), round(paused, 1)))
    return tuple(found[-OWN:])


def idle(
    known: RunningRun,
    run: Run,
    now: float,
    least: float,
    peers: Sequence[LongPause] = (),
    *,
    fresh: bool = False,
    mates: bool = False,
) -> Pause:
    """Measure the pause since the last step; before the first, since the heartbeat.

    *peers* are the pauses that the other runs of the group have shown; *fresh*: no
    run has shown how runs of the project pause; *mates*: other runs of its group log
    steps, so that it may be a process of theirs that logs none.
    """
    if known.step is None and run.heartbeat:
        silent = now - max(run.heartbeat.timestamp(), known.seen)
        if silent > least:
            return Pause(silent, least, 0.0)
    usual = _usual(known, peers)
    limit = max(least, usual * (_LATE_IDLE if gpus_idle(run) else LATE))
    limit = max(limit, _grace(known, run, peers, fresh=fresh) * least)
    if mates and known.step is None and not gpus_idle(run):
        limit = math.inf
    return Pause(now - known.moved, limit, usual)


def _usual(known: RunningRun, peers: Sequence[LongPause]) -> float:
    """Return the longest pause in seconds that is usual at the step of the run.

    Pauses on a schedule, such as an evaluation every 500 steps, say nothing about the
    steps between them.
    """
    here = known.step or 0
    seen = [
        one
        for one in (*known.pauses, *peers)
        if not one.last or here >= (one.step or 0)
    ]
    if known.moves < _WARM:
        return max((one.seconds for one in seen), default=known.pace)
    if not seen:
        return known.pace
    schedule = _schedule([one.step for one in known.pauses if one.step is not None])
    due = not schedule or schedule.due(known.step)
    longest = (
        one.seconds
        for one in seen
        if one.step is not None and (due or not (schedule and schedule.due(one.step)))
    )
    return max(known.pace, max(longest, default=0.0))


@dataclass(frozen=True)
class _Schedule:
    last: int
    every: float
    """Steps, more than 1."""

    def due(self, step: int | None) -> bool:
        """Whether *step* is a multiple of `every` from `last`, or nearly so."""
        apart = abs((step or 0) - self.last) / self.every
        off = abs(apart - round(apart)) * self.every
        return off <= max(2.0, _CLOSE * self.every)


def _schedule(steps: Sequence[int]) -> _Schedule | None:
    """Return the schedule of pauses at *steps*, if most of them have one."""
    if len(steps) < _REGULAR:
        return None
    found = _Schedule(steps[-1], median(b - a for a, b in pairwise(steps)))
    if found.every <= 1:
        return None
    fit = sum(map(found.due, steps))
    return found if fit >= _REGULAR and fit >= _MOST * len(steps) else None


def _grace(
    known: RunningRun, run: Run, peers: Sequence[LongPause], *, fresh: bool
) -> float:
    """Return how many of the shortest stalls a run may pause whose habits are unknown.

    It has just started, or is in what is likely its first evaluation.
    """
    lively = not gpus_idle(run)
    if known.step is None and (fresh or (lively and not peers)):
        return _FIRST
    if known.moves < _WARM:
        # A run may log a row at its start, and the next one after its first epoch.
        return _FIRST if fresh and lively else _WARM_UP
    seen = (*known.pauses, *peers)
    likely = lively and not seen and _round(known.step)
    if fresh and run.runtime is not None and run.runtime < YOUNG:
        # How long a run takes to start says nothing about its evaluations.
        likely = likely or all(one.step is None for one in seen)
    return _ROUND if likely else 0.0


def _round(step: int | None) -> bool:
    """Whether *step*, counted from 0 or from 1, is 50, 100, 150, 200, 250, 300, …."""
    for one in (step or 0, (step or 0) + 1):
        if one >= 50:  # noqa: PLR2004 -- an earlier step is a part of the start
            size = 10 ** math.floor(math.log10(one))
            if one / size in {1.5, 2.5, 7.5, *range(1, 10)}:
                return True
    return False


def gpus_idle(run: Run) -> bool:
    """Whether the last system metrics say that no GPU or the like is in use."""
    use = busiest(run.system)
    return use is not None and use < _IDLE


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
    shown: list[tuple[str, LongPause]] = field(default_factory=list)
    """By the name of their group, the pauses at the ends of runs."""

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
            self.going[run.id] = first(run, self.now)
            yield self._returned(run, gone)
            return
        known = watched(going, run, self.now, self.before.at, self.least)
        fresh = all(one.step is None for one in self._all)
        peers = self._peers(known)
        mates = run.group in self._logging
        how = idle(known, run, self.now, self.least, peers, fresh=fresh, mates=mates)
        if how.too_long and not known.stalled:
            known = replace(known, stalled=True)
            yield Stalled(EventKind.STALLED, run, how.seconds, how.usual)
        elif going.stalled and not known.stalled:
            learnt = learnt_pauses(going, known)
            after = max(known.moved - going.moved, 0.0)
            yield Recovered(EventKind.RECOVERED, run, after, bool(learnt))
        self.going[run.id] = known

    def _peers(self, known: RunningRun) -> Sequence[LongPause]:
        """Return the pauses of the run's group, or else of all runs."""
        own = self.before.pauses.get(scope_of(known), ())
        found = own if any(one.seconds for one in own) else self._all
        return [one for one in found if one != NONE]

    @cached_property
    def _logging(self) -> set[str]:
        """The groups of which a run makes progress."""
        going = self.before.going.values()
        return {
            one.group
            for one in going
            if one.group and one.step is not None and not one.stalled
        }

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
        if going:
            self.shown += [(scope_of(run), one) for one in last_pause(run, self.least)]
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
