"""Read a run's console output from the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wandbwatch.formatting import shown
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.run import Printed
from wandbwatch.sources.cloud import failures, files, graphql, public_api, reading
from wandbwatch.sources.cloud.documents import CONSOLE, WHOLE_CONSOLE
from wandbwatch.sources.cloud.query import Project
from wandbwatch.sources.cloud.transport import (
    Connection,
    NoGraphqlError,
    UnknownFieldError,
)
from wandbwatch.sources.cloud.wandb_core import prepared

_FILE = "output.log"


def console(
    at: Connection, project: Project, run_id: str, last: int
) -> tuple[Printed, ...] | None:
    """Return the last *last* lines, 0: all; None if the run does not exist.

    How a long log is paged depends on the server's version; the package handles that.
    If the server has no lines, they are read from the run's file.
    """

    def exported() -> tuple[Printed, ...] | None:
        try:
            found = public_api.console(at.own, project, run_id, last)
        except NoGraphqlError:
            return _paged(at, project, run_id, last)
        except Exception as e:
            if not failures.unknown_field(e):
                raise
            at.unknown.add("lines")
            return _of_file(at, project, run_id, last)
        return None if found is None else tuple(map(_printed, found))

    if "lines" in at.unknown:
        return _of_file(at, project, run_id, last)
    if not last:
        with prepared(private_runs=True):
            return exported()
    return graphql.asked(
        at, "console", lambda: newest(at, project, run_id, last), exported
    )


def _of_file(
    at: Connection, project: Project, run_id: str, last: int
) -> tuple[Printed, ...] | None:
    found = files.files(at, project, run_id, [_FILE], at.server)
    if found is None:
        return None
    if not found:
        raise NotFoundError(
            f"{at.server} keeps no console lines, and the run has no {_FILE} yet"
        )
    text = b"".join(found[0].content()).decode(errors="replace")
    lines = text.splitlines()[-last:]
    return tuple(Printed(shown(line)) for line in lines)


def newest(
    at: Connection, project: Project, run_id: str, last: int
) -> tuple[Printed, ...] | None:
    """Request the last *last* lines with one document; None if there is no such run."""
    variables = {
        "entity": project.entity,
        "project": project.name,
        "run": run_id,
        "last": last,
    }
    run = graphql.of_run(at, graphql.execute(at, CONSOLE, variables), project)
    if run is None:
        return None
    return tuple(_lines(graphql.part(run, "logLines") or {}))


def _paged(
    at: Connection, project: Project, run_id: str, last: int
) -> tuple[Printed, ...] | None:
    """Read a whole log page by page, as newer packages do."""
    if "console" in at.unknown:
        return _of_file(at, project, run_id, last)
    variables: dict[str, Any] = {"entity": project.entity, "project": project.name}
    variables |= {"run": run_id, "after": None}
    found: list[Printed] = []
    while True:
        try:
            answer = graphql.execute(at, WHOLE_CONSOLE, variables)
        except UnknownFieldError:
            at.unknown.add("lines")
            return _of_file(at, project, run_id, last)
        run = graphql.of_run(at, answer, project)
        if run is None:
            return None
        listed = graphql.part(run, "logLines") or {}
        found += _lines(listed)
        page = graphql.part(listed, "pageInfo") or {}
        variables["after"] = page.get("endCursor")
        if not page.get("hasNextPage") or not variables["after"]:
            return tuple(found)


def _lines(listed: Mapping[str, Any]) -> Iterator[Printed]:
    edges = listed.get("edges")
    nodes = (graphql.part(edge, "node") or {} for edge in edges or ())
    return (
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
