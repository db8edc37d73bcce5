"""The title of a report about runs, and its page."""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.model.address import Address
from wandbwatch.model.run import Run


def of_run(run: Run) -> str:
    path = "/".join(part for part in (run.entity, run.project, run.id) if part)
    return f"{run.name} ({path})"


def of_runs(address: Address, runs: Sequence[Run]) -> str:
    """Name the project at *address*; *runs* fill in what the user left out."""
    projects = {"/".join(p for p in (r.entity, r.project) if p) for r in runs}
    name = projects.pop() if len(projects) == 1 else ""
    if not name or address.sweep:
        return str(address)
    return f"{name} in {address}" if address.local else name


def page_of_runs(runs: Sequence[Run]) -> str | None:
    """Return the URL of the project of *runs*, with which that of a run begins."""
    head, found, _ = ((runs[0].url if runs else None) or "").rpartition("/runs/")
    return head if found else None
