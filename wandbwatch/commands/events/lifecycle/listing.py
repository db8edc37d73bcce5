"""The fewest questions that bring all runs to which something may have happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from wandbwatch.commands.events.lifecycle.memory import EventMemory
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
