"""Fetch all runs that may have changed, in as few requests as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from wandbwatch.commands.events.lifecycle.event import (
    ACTIVE,
    CodeAlert,
    Event,
    EventKind,
    Resumed,
    RunEvent,
)
from wandbwatch.commands.events.lifecycle.memory import EventMemory
from wandbwatch.model.errors import SourceError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Listing, Query
from wandbwatch.model.run import Json, Run

PAGE = 200
"""So many of the runs last heard of are asked for at least."""
_OVERLAP = 3600.0
"""A listing may lag and clocks differ: so far before the last look it must reach."""


def listed(
    source: Source,
    filters: Mapping[str, Json],
    keys: Sequence[str] | None,
    before: EventMemory | None,
) -> Listing:
    """Ask for all runs at first, then for those last heard of: one request a page.

    Of their values *keys* are asked for, all with None.
    A run that went on and is not among them, because it is no more what *filters* say,
    is asked for by its id.
    """
    query = Query(
        filters=filters,
        order="-heartbeat_at",
        summary=None if keys is None else ("_timestamp", "_runtime", *keys),
        config=(),
    )
    if before is None:
        return source.runs(query)
    since = before.at - _OVERLAP
    recent = sum(one.heard > since for one in before.gone.values())
    found = source.runs(replace(query, limit=PAGE + len(before.going) + recent))
    if found.left_out and _heard(found.runs[-1]) > since:
        found = source.runs(query)
    there = {run.id for run in found.runs}
    missing = [run_id for run_id in before.going if run_id not in there]
    if not missing or not (found.left_out or filters):
        return found
    more = source.runs(replace(query, filters={"name": {"$in": missing}}))
    return Listing((*found.runs, *more.runs), max(found.total, len(found.runs)))


def _heard(run: Run) -> float:
    return run.heartbeat.timestamp() if run.heartbeat else 0.0


def raised(
    source: Source,
    runs: Iterable[Run],
    happened: Iterable[Event],
    known: Mapping[str, int] | None,
) -> tuple[list[CodeAlert], dict[str, int]]:
    """Return what is new, and how many alerts each run has raised by now.

    Asked are the runs that go on and those that ended just now. *known* is how many
    there were, None at the first look: then, and of a run that was resumed and whose
    alerts are not known, nothing is new.
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
            continue  # they are found at the next look
        silent = known is None or (run.id in resumed and run.id not in counts)
        told = len(alerts) if silent else counts.get(run.id, 0)
        events += [
            CodeAlert(EventKind.ALERT, run, one.title, one.text, one.level)
            for one in alerts[told:]
        ]
        if alerts:
            now[run.id] = len(alerts)
    return events, now
