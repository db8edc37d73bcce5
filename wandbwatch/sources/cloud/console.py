"""What a run printed, as the server keeps it."""

from __future__ import annotations

from typing import Any

from wandbwatch.formatting import shown
from wandbwatch.model.run_details import Printed
from wandbwatch.sources.cloud import graphql, public_api, reading
from wandbwatch.sources.cloud.graphql import CONSOLE, NoGraphqlError, execute
from wandbwatch.sources.cloud.query import Project


def console(
    api: Any, project: Project, run_id: str, last: int
) -> tuple[Printed, ...] | None:
    """Return the newest *last* lines, 0: all; None when there is no such run.

    How a long log is paged depends on the server's age; the package knows.
    """
    if last:
        try:
            return _newest(api, project, run_id, last)
        except NoGraphqlError:
            pass
    found = public_api.console(api, project, run_id, last)
    return None if found is None else tuple(map(_printed, found))


def _newest(
    api: Any, project: Project, run_id: str, last: int
) -> tuple[Printed, ...] | None:
    variables = {
        "entity": project.entity,
        "project": project.name,
        "run": run_id,
        "last": last,
    }
    data = execute(api, CONSOLE, variables).data
    run = graphql.part(graphql.part(data, "project"), "run")
    if run is None:
        return None
    edges = (graphql.part(run, "logLines") or {}).get("edges")
    nodes = (graphql.part(edge, "node") or {} for edge in edges or ())
    return tuple(
        Printed(
            shown(reading.text(node.get("line")).rstrip("\n")),
            node.get("level") == "error",
            reading.moment(node.get("timestamp")),
        )
        for node in nodes
    )


def _printed(line: Any) -> Printed:
    """Read a ``wandb.apis.public.ConsoleLogLine``."""
    text = shown(line.content.rstrip("\n"))
    return Printed(text, line.level == "error", line.timestamp)
