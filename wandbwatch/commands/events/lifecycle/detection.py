"""Detect events: list the runs that may have changed, and compare with the memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

from wandbwatch.analysis.eta import CLOCKS
from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.events.kinds import EventKind, Gain
from wandbwatch.commands.events.lifecycle import progress
from wandbwatch.commands.events.lifecycle.event import (
    ACTIVE,
    KEPT,
    Best,
    CodeAlert,
    CrashRetracted,
    EndedRun,
    Event,
    EventMemory,
    GroupDone,
    Leader,
    LongPause,
    Resumed,
    RunEvent,
    RunningRun,
    ScopeMemory,
)
from wandbwatch.commands.events.lifecycle.progress import Tracker
from wandbwatch.model.errors import SourceError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Curves, Details, Listing, Query
from wandbwatch.model.run import Json, Run, State

PAGE = 200
"""The fewest runs to fetch, those with the latest heartbeats."""
TAUGHT = 20
"""Runs whose histories are read at the first check, the latest."""
_OVERLAP = 3600.0
"""Seconds that a listing reaches before the last check: listings lag, clocks differ."""


def listed(
    source: Source,
    filters: Mapping[str, Json],
    keys: Sequence[str] | None,
    before: EventMemory | None,
) -> Listing:
    """Fetch all runs at first, then those with the latest heartbeats.

    One request per page. *keys* are the summary values to fetch, None for all. A run
    that was running and no longer matches *filters* is fetched by its id.
    """
    query = Query(
        filters=filters,
        order="-heartbeat_at",
        summary=None if keys is None else (*CLOCKS, STEPS, *keys),
        config=(),
        numbers=keys is None,
        details=Details.ENDS,
    )
    if before is None:
        return source.runs(query)
    since = before.at - _OVERLAP
    recent = sum(one.heard > since for one in before.gone.values())
    found = source.runs(replace(query, limit=PAGE + len(before.going) + recent))
    if found.left_out and _heard(found.runs[-1]) > since:
        found = source.runs(query)
    listed_ids = {run.id for run in found.runs}
    missing = [run_id for run_id in before.going if run_id not in listed_ids]
    if not missing or not (found.left_out or filters):
        return found
    more = source.runs(replace(query, filters={"name": {"$in": missing}}))
    return Listing((*found.runs, *more.runs), max(found.total, len(found.runs)))


def histories(source: Source, filters: Mapping[str, Json]) -> tuple[Curves, ...]:
    """Fetch the steps of the latest runs over the seconds they ran, in one request.

    They teach which pauses are usual; without them, runs teach that by and by.
    """
    latest = Query(filters, "-heartbeat_at", TAUGHT, summary=CLOCKS, config=())
    try:
        return source.curves(latest, [STEPS], Axis(AxisKind.RUNTIME))
    except SourceError:
        return ()


def _heard(run: Run) -> float:
    return run.heartbeat.timestamp() if run.heartbeat else 0.0


def raised(
    source: Source,
    runs: Iterable[Run],
    happened: Iterable[Event],
    known: Mapping[str, int] | None,
) -> tuple[list[CodeAlert], dict[str, int]]:
    """Return the new alerts, and how many each run has raised.

    Checks the running runs and those that have just ended. *known* are the earlier
    counts, None at the first check. Nothing is new then, nor for a resumed run without
    a count.
    """
    counts = known or {}
    events, now = [], dict(counts)
    seen = tuple(e for e in happened if isinstance(e, RunEvent))
    ended = {event.run.id for event in seen if event.kind.end}
    resumed = {event.run.id for event in seen if isinstance(event, Resumed)}
    for run in runs:
        if run.state not in ACTIVE and run.id not in ended:
            continue
        try:
            alerts = source.alerts(run.id)
        except SourceError:
            continue  # the next check finds them
        silent = known is None or (run.id in resumed and run.id not in counts)
        old = len(alerts) if silent else counts.get(run.id, 0)
        events += [
            CodeAlert(EventKind.ALERT, run, one.title, one.text, one.level)
            for one in alerts[old:]
        ]
        if alerts:
            now[run.id] = len(alerts)
    return events, now


STEPS = "_step"


def scopes_of(run: Run | RunningRun) -> Iterator[str]:
    """Yield the scopes of a run: its group, its sweep, and all runs."""
    if run.group:
        yield f"{EventKind.GROUP} {run.group}"
    if run.sweep:
        yield f"{EventKind.SWEEP} {run.sweep}"
    yield EventKind.IDLE.value


def opened(going: Iterable[RunningRun]) -> dict[str, ScopeMemory]:
    """Return the scopes that have a running run."""
    return {name: ScopeMemory() for one in going for name in scopes_of(one)}


def settled(
    known: EventMemory,
    going: Iterable[RunningRun],
    events: Iterable[RunEvent],
    now: float,
    settle: float,
) -> tuple[list[GroupDone], dict[str, ScopeMemory], dict[str, ScopeMemory]]:
    """Return the scopes without a running run for *settle* seconds, all others, and
    those that are done.

    A run that soon follows the last one, as in a sweep, keeps its scopes open. One that
    did not crash opens its scopes again.
    """
    running = {name for one in going for name in scopes_of(one)}
    scopes, over = {**known.scopes}, {**known.done}
    done = []
    for event in events:
        state, more = _change(event)
        if state is None:
            continue
        for name in scopes_of(event.run):
            if isinstance(event, CrashRetracted) and name in over:
                was = over.pop(name)
                scopes[name] = replace(was, since=0.0)
                done.append(_done(name, _counted(was, state, more), event.run))
            scopes[name] = _counted(scopes.get(name, ScopeMemory()), state, more)
    scopes |= {
        name: replace(scopes.get(name, ScopeMemory()), since=0.0) for name in running
    }
    for name in [name for name in scopes if name not in running]:
        scope = scopes[name]
        since = scope.since or now
        if now - since >= settle:
            del scopes[name]
            over[name] = replace(scope, since=now)
            done.append(_done(name, over[name]))
        else:
            scopes[name] = replace(scope, since=since)
    return done, scopes, dict(list(over.items())[-_SCOPES:])


def _done(name: str, scope: ScopeMemory, retracted: Run | None = None) -> GroupDone:
    kind, _, called = name.partition(" ")
    ended = {State(s): count for s, count in scope.ended.items()}
    return GroupDone(EventKind(kind), called, ended, int(scope.since), retracted)


def _change(event: RunEvent) -> tuple[State | None, int]:
    """Return the ended state whose count changes, and by how much."""
    match event:
        case CrashRetracted():
            return State.CRASHED, -1
        case Resumed():
            return event.ended, -1
        case _:
            return (event.run.state, 1) if event.kind.end else (None, 0)


def _counted(scope: ScopeMemory, state: State, more: int) -> ScopeMemory:
    count = scope.ended.get(state.value, 0) + more
    ended = {name: n for name, n in scope.ended.items() if name != state.value}
    return replace(scope, ended=ended | ({state.value: count} if count > 0 else {}))


def _reached(gain: Gain, leader: Leader, run: Run, value: float, now: float) -> bool:
    """Whether *value* is enough better than the best, and the last report old."""
    if 0 <= now - leader.at < gain.every:
        return False
    first = leader.value if leader.first is None else leader.first
    spread = abs(leader.value - first)
    if gain.least is None:
        least = max(leader.noise(run.id), _GAIN / 100 * spread)
    else:
        least = gain.least / 100 * spread if gain.percent else gain.least
    return abs(value - leader.value) > least


_NOISE = Gain()
_GAIN = 0.5
"""Percent of the spread that is a gain by default."""


def new_bests(
    before: Mapping[str, Leader],
    runs: Iterable[Run],
    aims: Iterable[Objective],
    gain: Gain,
    now: float,
) -> Iterator[tuple[str, Leader, Best | None]]:
    """Yield for each objective its name, its leader and its new best value, if any."""
    seen = tuple(runs)
    for aim in aims:
        known, ranked = before.get(str(aim)), aim.ranked(seen)
        if not ranked:
            continue
        run, value = ranked[0]
        if known is None:
            middle = median(value for _, value in ranked)
            new = Leader(value, run.id, 0, middle, now).seen(ranked)
            yield str(aim), new, Best(EventKind.BEST, run, aim.key, value, None, 0)
            continue
        top = known.value if known.top is None else known.top
        leader = known.seen(ranked)
        if aim.better(value, top):
            leader = replace(leader, top=value)
        # A value behind one that was too small a gain to report is no new best.
        better = aim.better(value, known.value) and not aim.better(top, value)
        if not (better and _reached(gain, leader, run, value, now)):
            yield str(aim), leader, None
            continue
        lead = known.lead + (known.run != run.id)
        event = Best(EventKind.BEST, run, aim.key, value, known.value, lead)
        yield (
            str(aim),
            replace(leader, value=value, run=run.id, lead=lead, at=now),
            event,
        )


@dataclass(frozen=True)
class DetectOptions:
    """Options of `detect`; durations are seconds."""

    least: float = 600.0
    """The shortest pause that counts as stalled."""
    settle: float = 120.0
    """How long a scope has no running run before it is done."""
    aims: tuple[Objective, ...] = ()
    gain: Gain = _NOISE
    kept: int = KEPT


def detect(
    before: EventMemory | None, runs: Sequence[Run], now: datetime, rules: DetectOptions
) -> tuple[tuple[Event, ...], EventMemory]:
    """Return the events, and what to remember.

    *runs* are at first all of the project, later at least those that were running and
    those with a heartbeat since. Without a memory there are no events.
    """
    at = round(now.timestamp(), 3)
    known = before or EventMemory(at)
    look = Tracker(known, at, rules.least)
    events = [event for run in runs for event in look.take(run)]
    found = {run.id for run in runs}
    for run_id in known.going:
        if run_id not in found:
            look.miss(run_id)
    gone, horizon = _bounded({**_rest(known, look), **look.gone}, known, rules.kept)
    records = list(new_bests(known.best, runs, rules.aims, rules.gain, at))
    leaders = {**known.best, **{name: leader for name, leader, _ in records}}
    pauses = _shared(known, look)
    if before is None:
        scopes = opened(look.going.values())
        return (), EventMemory(at, horizon, look.going, gone, scopes, leaders, pauses)
    done, scopes, over = settled(known, look.going.values(), events, at, rules.settle)
    after = EventMemory(at, horizon, look.going, gone, scopes, leaders, pauses, over)
    return (*events, *(event for *_, event in records if event), *done), after


_SCOPES = 200
"""The groups whose pauses are remembered, the latest."""


def _shared(known: EventMemory, look: Tracker) -> Mapping[str, tuple[LongPause, ...]]:
    """Return the pauses of each group, with those that just ended.

    A group that is known to have none has an entry, too: `NONE`.
    """
    shared = dict(known.pauses)
    for run_id, run in look.going.items():
        if known.at - run.seen > progress.YOUNG:
            _settle(shared, progress.scope_of(run))
        if found := progress.learnt_pauses(known.going.get(run_id), run):
            scope = progress.scope_of(run)
            old = shared.pop(scope, ())
            shared[scope] = (*old, *found)[-progress.SHARED :]
    for scope, pause in look.shown:
        shared[scope] = (*shared.pop(scope, ()), pause)[-progress.SHARED :]
    return dict(list(shared.items())[-_SCOPES:])


def _settle(shared: dict[str, tuple[LongPause, ...]], scope: str) -> None:
    """Note that the runs of a group make no long pauses, unless they are known to."""
    found = shared.get(scope, ())
    if all(one.step is None for one in found):
        shared[scope] = (*found, progress.NONE)


def taught(
    memory: EventMemory, histories: Iterable[Curves], least: float
) -> EventMemory:
    """Return *memory* with the pauses in the histories of runs, their steps over
    the seconds they ran."""
    going, shared = dict(memory.going), dict(memory.pauses)
    for one in histories:
        steps = one.series.get(STEPS)
        found = progress.past(steps, least) if steps else ()
        found = (*found, *progress.last_pause(one.run, least))
        scope = progress.scope_of(one.run)
        if steps and steps.x and _tells(one.run, steps.x[-1], least):
            _settle(shared, scope)
        if not found:
            continue
        shared[scope] = (*shared.get(scope, ()), *found)[-progress.SHARED :]
        if one.run.id in going:
            going[one.run.id] = replace(going[one.run.id], pauses=found)
    return replace(memory, going=going, pauses=shared)


def _tells(run: Run, ran: float, least: float) -> bool:
    """Whether a run that *ran* for so many seconds shows how its project pauses."""
    return ran > (least if run.state is State.FINISHED else progress.YOUNG)


def _rest(known: EventMemory, look: Tracker) -> dict[str, EndedRun]:
    """Return the ended runs that are not running again."""
    return {
        run_id: one for run_id, one in known.gone.items() if run_id not in look.going
    }


def _bounded(
    gone: dict[str, EndedRun], known: EventMemory, most: int
) -> tuple[dict[str, EndedRun], float]:
    """Forget the runs with the oldest heartbeats; return the new horizon as well."""
    if len(gone) <= most:
        return gone, known.horizon
    latest = sorted(gone, key=lambda run_id: gone[run_id].heard, reverse=True)
    horizon = max(known.horizon, gone[latest[most]].heard)
    # Runs at the very horizon count as forgotten, or they would be reported again.
    return {k: gone[k] for k in latest[:most]}, horizon
