"""Say what a W&B server does not have, and how to find what it has."""

from __future__ import annotations

from wandbwatch.model.errors import NotFoundError
from wandbwatch.sources.cloud import failures
from wandbwatch.sources.cloud.query import Project


def run(of: Project, run_id: str) -> NotFoundError:
    path = failures.plain(f"{of}/{run_id}")
    listing = failures.plain(str(of))
    return NotFoundError(
        f"run {path!r} not found; `wandbwatch project {listing}` lists its runs"
    )


def project(found: Project) -> NotFoundError:
    path = failures.plain(f"{found.entity}/{found.name}")
    if found.sweep:
        return NotFoundError(
            f"sweep {failures.plain(found.sweep)!r} not found in {path!r};"
            f" `wandbwatch project {path}` lists its runs"
        )
    return NotFoundError(
        f"project {path!r} not found, or not yours to see;"
        " `wandbwatch whoami` says who you are"
    )
