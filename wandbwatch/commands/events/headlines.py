"""Headlines of events: one line that says what happened to which run. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from wandbwatch import formatting
from wandbwatch.analysis.failing import brief, ending
from wandbwatch.commands.events.lifecycle import (
    Best,
    CodeAlert,
    CrashRetracted,
    EventKind,
    GroupDone,
    Recovered,
    RunEvent,
    Stalled,
)
from wandbwatch.commands.events.lifecycle.event import KINDS
from wandbwatch.formatting.text import short_names
from wandbwatch.model.run import Run, State

_MOST_CAUSES = 3


def labels(runs: Sequence[Run]) -> dict[str, str]:
    """Return what to call each of *runs*, by id: what differs within its group."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.group, []).append(run)
    found: dict[str, str] = {}
    for several in groups.values():
        short = short_names(run.name for run in several)
        found |= {run.id: short[run.name] for run in several}
    return found


def headline(event: RunEvent, name: str, why: str = "") -> str:
    """Return the headline of one event; *why* is the reason of an end, if known."""
    run = event.run
    match event:
        case CrashRetracted():
            alive = run.state is State.RUNNING
            now = "is still running" if alive else f"{run.state.value} after all"
            return f"{name} {now}; it did not crash{where(run)}"
        case Stalled():
            idle = formatting.duration(timedelta(seconds=round(event.idle)))
            what = "no step yet" if run.last_step is None else "no new step"
            return f"{name} is stalled: {what} for {idle}{where(run)}"
        case Recovered() if event.after:
            after = formatting.duration(timedelta(seconds=round(event.after)))
            return f"{name} recovered: logging steps again after {after}{where(run)}"
        case CodeAlert():
            return f"{name}: {event.title}{where(run)}"
        case Best():
            before = "" if event.before is None else formatting.number(event.before)
            was = f", was {before}" if before else ""
            value = formatting.number(event.value)
            return f"{name}: new best {event.key} {value}{was}{where(run)}"
        case _:
            reason = why or (ending(run) if run.state.bad and event.kind.end else "")
            said = f": {brief(reason)}" if reason not in ("", event.kind.value) else ""
            return f"{name} {event.kind.value}{said}{where(run)}"


def where(run: Run) -> str:
    """Return how far *run* came: `` (step 29,900, 2h 29m)``."""
    parts = []
    if run.last_step is not None:
        parts.append(f"step {run.last_step:,}")
    if run.runtime:
        parts.append(formatting.duration(timedelta(seconds=round(run.runtime))))
    return f" ({', '.join(parts)})" if parts else ""


def folded_headline(
    kind: EventKind, runs: Sequence[Run], project: str, reasons: Mapping[str, str]
) -> str:
    """Return the headline of many events, which groups runs by host and reason."""
    causes = Counter((run.host, brief(reasons.get(run.id, ""))) for run in runs)
    many = KINDS[kind].many
    parts = [_cause(*cause) for cause, _ in causes.most_common(_MOST_CAUSES)]
    if len(causes) == 1:
        return f"{len(runs)} runs {many} in {project}{parts[0]}"
    if len(causes) == len(runs):
        return f"{len(runs)} runs {many} in {project}"
    counted = zip(causes.most_common(_MOST_CAUSES), parts, strict=True)
    listed = [f"{count}{part}" for (_, count), part in counted if part]
    said = f": {'; '.join(listed)}" if listed else ""
    return f"{len(runs)} runs {many} in {project}{said}"


def _cause(host: str, reason: str) -> str:
    on = f" on {host}" if host else ""
    return f"{on}: {reason}" if reason else on


def done_headline(event: GroupDone, project: str, best: str) -> str:
    """Return the headline of runs that have all ended; *best* names the best one."""
    ended = ", ".join(_counts(event))
    what = f"all runs in {project} have ended"
    if event.kind is not EventKind.IDLE:
        what = f"{event.kind.value} {event.name} is done"
    said = f"{what}: {ended}" if ended else what
    return f"{said}; {best}" if best else said


def _counts(event: GroupDone) -> Iterator[str]:
    order = list(State)
    for state in sorted(event.ended, key=order.index):
        yield f"{event.ended[state]} {state.value}"
