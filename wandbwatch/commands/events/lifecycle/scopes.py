"""Whether all runs of a group, a sweep or the project have ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wandbwatch.commands.events.lifecycle.event import (
    CrashRetracted,
    EventKind,
    GroupDone,
    Resumed,
    RunEvent,
)
from wandbwatch.commands.events.lifecycle.memory import RunningRun, ScopeMemory
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
