from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.options import Server

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env, ListedProject
    from wandbwatch.model.report import Report


def projects(
    ctx: typer.Context,
    entity: Annotated[
        str,
        typer.Argument(
            metavar="ENTITY", help="A user or team; default: you and your teams."
        ),
    ] = "",
    *,
    server: Server = None,
) -> Iterator[Report]:
    """List the projects you can see, most recently active first."""
    env: Env = ctx.obj
    entity = entity.strip().removesuffix("/*").strip("/")
    if "/" in entity:
        why = f"{entity!r} is a project; `wandbwatch project {entity}` lists its runs"
        raise UsageError(why)
    found = env.account().projects(entity, server)
    if entity and not found:
        raise NotFoundError(
            f"no projects of {entity!r} that you can see; `wandbwatch projects` lists"
            " yours"
        )
    yield report(entity, found)


def report(entity: str, found: Sequence[ListedProject]) -> Report:
    from wandbwatch.model.report import MISSING, Note, Report, Table

    title = f"{entity or 'your projects'}: {len(found)}"
    if not found:
        return Report("projects", title, (Note("none yet"),))
    rows = tuple(
        (
            str(one),
            MISSING if one.runs is None else one.runs,
            one.active or MISSING,
            one.created or MISSING,
        )
        for one in found
    )
    columns = ("project", "runs", "last active", "created")
    links = tuple(one.url for one in found)
    return Report("projects", title, (Table("projects", columns, rows, links),))


plugin = projects
