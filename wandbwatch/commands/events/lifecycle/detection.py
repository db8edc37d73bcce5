"""Detect events: a project's runs now against what is remembered. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.events.lifecycle.event import (
    Best,
    CrashRetracted,
    Event,
    EventKind,
    GroupDone,
    Resumed,
    RunEvent,
)
from wandbwatch.commands.events.lifecycle.memory import (
    KEPT,
    EndedRun,
    EventMemory,
    Leader,
    RunningRun,
    ScopeMemory,
)
from wandbwatch.commands.events.lifecycle.transitions import Tracker
from wandbwatch.model.run import Run, State


def of(run: Run | RunningRun) -> Iterator[str]:
    """Name the scopes that a run is in: its group, its sweep, and all runs."""
    if run.group:
        yield f"{EventKind.GROUP} {run.group}"
    if run.sweep:
        yield f"{EventKind.SWEEP} {run.sweep}"
    yield EventKind.IDLE.value


def opened(going: Iterable[RunningRun]) -> dict[str, ScopeMemory]:
    """Begin with the scopes that have a run that goes on."""
    return {name: ScopeMemory() for one in going for name in of(one)}


def settled(
    before: Mapping[str, ScopeMemory],
    going: Iterable[RunningRun],
    events: Iterable[RunEvent],
    now: float,
    settle: float,
) -> tuple[list[GroupDone], dict[str, ScopeMemory]]:
    """Say which scopes have had no running run for *settle* seconds.

    One that follows the last after a moment, as a sweep's do, keeps its scopes open.
    """
    running = {name for one in going for name in of(one)}
    scopes = {**before}
    for event in events:
        state, more = _change(event)
        if state is None:
            continue
        for name in of(event.run):
            scopes[name] = _counted(scopes.get(name, ScopeMemory()), state, more)
    scopes |= {
        name: replace(scopes.get(name, ScopeMemory()), since=0.0) for name in running
    }
    done = []
    for name in [name for name in scopes if name not in running]:
        scope = scopes[name]
        since = scope.since or now
        if now - since >= settle:
            del scopes[name]
            kind, _, called = name.partition(" ")
            ended = {State(s): count for s, count in scope.ended.items()}
            done.append(GroupDone(EventKind(kind), called, ended))
        else:
            scopes[name] = replace(scope, since=since)
    return done, scopes


def _change(event: RunEvent) -> tuple[State | None, int]:
    """Say of which ends there is one more now, or one less: it was none, or is over."""
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


def broken(
    before: Mapping[str, Leader], runs: Iterable[Run], aims: Iterable[Objective]
) -> Iterator[tuple[str, Leader, Best]]:
    """Yield each aim that is reached better than ever: by whom, and the event."""
    seen = tuple(runs)
    for aim in aims:
        known, found = before.get(str(aim)), aim.ranked(seen)[:1]
        for run, value in found:
            if known and not aim.better(value, known.value):
                continue
            lead = known.lead + (known.run != run.id) if known else 0
            old = known.value if known else None
            event = Best(EventKind.BEST, run, aim.key, value, old, lead)
            yield str(aim), Leader(value, run.id, lead), event


@dataclass(frozen=True)
class DetectOptions:
    """What is asked for; spans are seconds."""

    least: float = 600.0
    """No run is called stalled that made a step so long ago."""
    settle: float = 120.0
    """For so long none runs before it is told that none does."""
    aims: tuple[Objective, ...] = ()
    kept: int = KEPT


def detect(
    before: EventMemory | None, runs: Sequence[Run], now: datetime, rules: DetectOptions
) -> tuple[tuple[Event, ...], EventMemory]:
    """Return what happened, and what is to be remembered.

    *runs* are all of the project at first, later at least those that were going on and
    those heard of since. Where nothing is remembered, nothing has happened.
    """
    at = round(now.timestamp(), 3)
    known = before or EventMemory(at)
    look = Tracker(known, at, rules.least)
    events = [event for run in runs for event in look.take(run)]
    there = {run.id for run in runs}
    for run_id in known.going:
        if run_id not in there:
            look.miss(run_id)
    gone, horizon = _bounded({**_rest(known, look), **look.gone}, known, rules.kept)
    records = list(broken(known.best, runs, rules.aims))
    leaders = {**known.best, **{name: leader for name, leader, _ in records}}
    if before is None:
        scopes = opened(look.going.values())
        return (), EventMemory(at, horizon, look.going, gone, scopes, leaders)
    done, scopes = settled(known.scopes, look.going.values(), events, at, rules.settle)
    after = EventMemory(at, horizon, look.going, gone, scopes, leaders)
    return (*events, *(event for *_, event in records), *done), after


def _rest(known: EventMemory, look: Tracker) -> dict[str, EndedRun]:
    """Return those that had ended and were not looked at, or still are so."""
    return {
        run_id: one for run_id, one in known.gone.items() if run_id not in look.going
    }


def _bounded(
    gone: dict[str, EndedRun], known: EventMemory, most: int
) -> tuple[dict[str, EndedRun], float]:
    """Forget those that were heard of the longest ago; say how long ago that is."""
    if len(gone) <= most:
        return gone, known.horizon
    latest = sorted(gone, key=lambda run_id: gone[run_id].heard, reverse=True)
    horizon = max(known.horizon, gone[latest[most]].heard)
    # Those heard of at the very horizon would be told anew, were they kept and lost.
    return {k: gone[k] for k in latest[:most]}, horizon
