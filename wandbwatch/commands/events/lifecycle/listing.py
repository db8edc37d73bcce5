"""Fetch all runs that may have changed, in as few requests as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from wandbwatch.analysis.eta import CLOCKS
from wandbwatch.commands.events.kinds import EventKind
from wandbwatch.commands.events.lifecycle.detection import STEPS
from wandbwatch.commands.events.lifecycle.event import (
    ACTIVE,
    CodeAlert,
    Event,
    Resumed,
    RunEvent,
)
from wandbwatch.commands.events.lifecycle.memory import EventMemory
from wandbwatch.model.errors import SourceError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Curves, Details, Listing, Query
from wandbwatch.model.run import Json, Run

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
    latest = Query(filters, "-heartbeat_at", TAUGHT, summary=(), config=())
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
