"""Why a run ended as it did."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wandbwatch.analysis.causes import Cause, causes, examined, explained
from wandbwatch.analysis.compare import Peers
from wandbwatch.analysis.failing import brief, ending
from wandbwatch.formatting.run_blocks import (
    caveats,
    run_fields,
    run_subject,
    run_title,
    where,
)
from wandbwatch.formatting.text import headline_names
from wandbwatch.model.address import Address
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import SourceError
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.query import Query
from wandbwatch.model.report import Report
from wandbwatch.model.run import Run

_PEERS = 100
"""Runs to compare with, the newest."""
_FIELDS = {"state", "exit code", "runtime", "last step", "group", "sweep", "host"}


def report(env: Env, address: Address) -> Report:
    """Compare the run with its peers, and name the causes that its data show."""
    peers = _peers(env.source(address), env.source(address.without_run()), address.run)
    run = peers.run
    known = examined(env.source(address), run)
    found = causes(known)
    blocks = (
        run_fields(run, _FIELDS),
        *explained(known, found, peers),
        *caveats([run]),
    )
    path = run_title(run).removeprefix(run.name)
    title = f"{run.name}: {_head(run, found)}{path}"
    level = Level.BAD if run.state.bad or found else Level.INFO
    subject = run_subject(run)
    name = headline_names([run.name])[run.name]
    return Report(
        "why",
        title,
        blocks,
        level,
        run.url,
        subject=subject,
        headline=f"{name} {run.state.value}{_first(run, found)}{where(run)}",
    )


_MOMENT = re.compile(r" \(\d{4}-\d\d-\d\d [^)]*\)")


def _first(run: Run, found: Sequence[Cause]) -> str:
    """Return what went wrong first, as a notification shows it."""
    if not found:
        return ""
    first = found[0]
    if first.kind == run.state.value:  # its process ended
        return f": {ending(run)}"
    printed = first.text.startswith("printed")
    said = first.text.partition(": ")[2] if printed else first.text
    return f": {brief(_MOMENT.sub('', said).partition('; ')[0])}"


def _head(run: Run, found: Sequence[Cause]) -> str:
    return f"{run.state.value}; first, {found[0].text}" if found else run.state.value


def _peers(source: Source, project: Source, run_id: str | None) -> Peers:
    """Return the run, and the newest others of its group or project."""
    try:
        listed = project.runs(Query(limit=_PEERS)).runs
    except SourceError:
        listed = ()
    run = next((one for one in listed if one.id == run_id), None) or source.run()
    return Peers.of(run, (one for one in listed if one.group == run.group))
