"""The title of a report about runs, and its page."""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.model.address import Address, Several
from wandbwatch.model.report import Subject
from wandbwatch.model.run import Run


def of_run(run: Run) -> str:
    path = "/".join(part for part in (run.entity, run.project, run.id) if part)
    return f"{run.name} ({path})"


def subject(run: Run) -> Subject:
    path = "/".join(part for part in (run.entity, run.project, run.id) if part)
    return Subject(path, run.name if run.name == run.id else f"{run.name} ({run.id})")


def project(run: Run) -> str:
    return "/".join(part for part in (run.entity, run.project) if part)


def projects(runs: Sequence[Run]) -> Sequence[str]:
    return sorted({project(run) for run in runs} - {""})


def of_runs(address: Address, runs: Sequence[Run]) -> str:
    """Name the project at *address*; *runs* fill in what the user left out."""
    if isinstance(address, Several):
        return str(address)
    names = projects(runs)
    if len(names) > 1 and not address.sweep:
        return f"{len(names)} projects in {address}"
    if address.sweep or not names or not all(map(project, runs)):
        return str(address)
    return f"{names[0]} in {address}" if address.local else names[0]


def page_of_runs(runs: Sequence[Run]) -> str | None:
    """Return the URL of the project of *runs*, with which that of a run begins; None
    for several projects."""
    if len(projects(runs)) > 1:
        return None
    head, found, _ = ((runs[0].url if runs else None) or "").rpartition("/runs/")
    return head if found else None
