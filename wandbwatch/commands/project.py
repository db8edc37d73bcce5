from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from wandbwatch.arguments import HERE, ProjectAddress
from wandbwatch.model.ports import Env
from wandbwatch.model.query import Listing, Query
from wandbwatch.model.report import Report, Table


def project(
    ctx: typer.Context,
    address: ProjectAddress = HERE,
    topk: Annotated[int, typer.Option(min=0, help="How many runs; 0 is all.")] = 10,
) -> Iterator[Report]:
    """List the runs of a project, the newest first."""
    env: Env = ctx.obj
    yield report(str(address), env.source(address).runs(Query(limit=topk)))


def report(title: str, listing: Listing) -> Report:
    rows = tuple((r.state, r.id, r.name) for r in listing.runs)
    return Report("project", title, (Table("runs", ("state", "id", "name"), rows),))


plugin = project
