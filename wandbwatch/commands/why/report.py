"""Why a run ended as it did."""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.analysis.causes import Cause, causes, examined, explained
from wandbwatch.formatting.run_blocks import caveats, run_fields, run_subject, run_title
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
    run, others = _runs(
        env.source(address), env.source(address.without_run()), address.run
    )
    known = examined(env.source(address), run)
    found = causes(known)
    blocks = (
        run_fields(run, _FIELDS),
        *explained(known, found, others),
        *caveats([run]),
    )
    path = run_title(run).removeprefix(run.name)
    title = f"{run.name}: {_head(run, found)}{path}"
    level = Level.BAD if run.state.bad or found else Level.INFO
    subject = run_subject(run)
    return Report("why", title, blocks, level, run.url, subject=subject)


def _head(run: Run, found: Sequence[Cause]) -> str:
    return f"{run.state.value}; first, {found[0].text}" if found else run.state.value


def _runs(
    source: Source, project: Source, run_id: str | None
) -> tuple[Run, tuple[Run, ...]]:
    """Return the run, and the newest others of its group or project."""
    try:
        listed = project.runs(Query(limit=_PEERS)).runs
    except SourceError:
        listed = ()
    run = next((one for one in listed if one.id == run_id), None) or source.run()
    peers = [one for one in listed if one.id != run.id and one.group == run.group]
    return run, tuple(peers)
