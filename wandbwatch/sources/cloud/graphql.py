"""Query W&B with one GraphQL document, for any number of runs and keys."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from wandbwatch.model.errors import NetworkError
from wandbwatch.sources.cloud import failures, query, reading
from wandbwatch.sources.cloud.query import Node, Project, RunsQuery
from wandbwatch.sources.cloud.transport import (
    Connection,
    GraphqlAnswer,
    NoGraphqlError,
    UnknownFieldError,
)
from wandbwatch.sources.cloud.wandb_core import prepared

T = TypeVar("T")


def execute(
    at: Connection,
    document: str,
    variables: Mapping[str, Any],
    share: float = 1.0,
    retries: int | None = None,
) -> GraphqlAnswer:
    """Send one GraphQL document; see `Connection.execute`."""
    return at.execute(document, variables, share, retries)


def asked(
    at: Connection, kind: str, ours: Callable[[], T], exported: Callable[[], T]
) -> T:
    """Query with *ours*, a document, or with the package's own API if the server does
    not understand it; the choice is remembered for each *kind* of query."""
    if kind not in at.unknown:
        try:
            return ours()
        except (NoGraphqlError, UnknownFieldError):
            at.unknown.add(kind)
    with prepared(private_runs=True):
        return exported()


def run(at: Connection, project: Project, run_id: str) -> Node | None:
    """Return the run with all details; None if it does not exist."""
    variables = {
        "entity": project.entity,
        "project": project.name,
        "run": run_id,
        "summary": None,
        "config": None,
        "configured": True,
        "whole": True,
        "ends": True,
        "described": True,
    }
    answer = execute(at, query.RUN, variables)
    found = of_run(at, answer, project)
    return None if found is None else known(at, found, project, answer.app)


def of_run(
    at: Connection, answer: GraphqlAnswer, project: Project
) -> Mapping[str, Any] | None:
    """Return the run's part of an *answer*; None if there is no such run. NetworkError
    if the server could not read it."""
    found = part(of_project(answer.data, project), "run")
    if found is None and answer.errors:
        raise unread(at, answer)
    note_errors(at, answer)
    return found


def unread(at: Connection, answer: GraphqlAnswer) -> NetworkError:
    said = failures.plain(answer.errors[0])
    return NetworkError(f"{at.server} could not read the run: {said}; try again later")


def of_project(data: Any, project: Project) -> Mapping[str, Any]:
    """Return the project's part of an answer; NotFoundError if there is none."""
    found = part(data, "project")
    if found is None:
        raise failures.no_project(project)
    return found


def keys(at: Connection, project: Project, asking: RunsQuery) -> list[Node] | None:
    """Return the first few runs with a placeholder number for each numeric key that
    they logged; None if the server does not list keys."""
    if str(project) in at.learned:
        return at.learned.pop(str(project))
    return names(at, project, asking, numbers=True)


def names(
    at: Connection, project: Project, asking: RunsQuery, *, numbers: bool = False
) -> list[Node] | None:
    """Return the first runs with a placeholder number for each key that they logged."""
    variables = {
        "entity": project.entity,
        "project": project.name,
        "filters": asking.filters,
        "order": asking.order,
        "first": asking.page,
    }
    data = execute(at, query.KEYS, variables).data
    return logged(part(of_project(data, project), "runs") or {}, numbers=numbers)


def logged(found: Mapping[str, Any], *, numbers: bool = True) -> list[Node] | None:
    nodes = [part(edge, "node") or {} for edge in found.get("edges") or ()]
    logged = [
        _keys(part(node, "historyKeys"), n, numbers=numbers)
        for n, node in enumerate(nodes)
    ]
    if not any(logged):
        return None
    return [
        {**node, "summaryMetrics": keys}
        for node, keys in zip(nodes, logged, strict=True)
    ]


def _keys(
    keys: Mapping[str, Any] | None, value: float, *, numbers: bool
) -> dict[str, float]:
    found = (keys or {}).get("keys")
    return {
        key: value
        for key, about in (found.items() if isinstance(found, Mapping) else ())
        if not numbers or _is_number(about)
    }


def _is_number(about: Any) -> bool:
    kinds = about.get("typeCounts") if isinstance(about, Mapping) else None
    return any(
        isinstance(kind, Mapping) and kind.get("type") == "number"
        for kind in (kinds if isinstance(kinds, list) else ())
    )


def note_errors(at: Connection, answer: GraphqlAnswer) -> None:
    for message in answer.errors:
        at.note(f"W&B could not read all of it: {failures.plain(message)}")


Wanted: TypeAlias = Sequence[tuple[str, Sequence[str]]]
"""The specs of the rows that are asked for of each run."""


def rows(at: Connection, project: Project, wanted: Wanted) -> list[list[Any]]:
    """Return the rows of each spec of each run in *wanted*, in one request."""
    start = "query WandbwatchRows($entity: String!, $project: String!"
    document, more = with_rows(
        f"{start}) {{ project(name: $project, entityName: $entity) {{ }} }}", wanted
    )
    variables = {"entity": project.entity, "project": project.name, **more}
    found = part(execute(at, document, variables).data, "project")
    return rows_in(found, wanted)


def with_rows(document: str, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """Extend *document* to request *wanted* too; return it with its extra variables."""
    names = range(len(wanted))
    declared = ", ".join(f"$n{i}: String!, $s{i}: [JSONString!]!" for i in names)
    fields = " ".join(
        f"r{i}: run(name: $n{i}) {{ sampledHistory(specs: $s{i}) }}" for i in names
    )
    if wanted:
        document = document.replace("(", f"({declared}, ", 1)
        project = "project(name: $project, entityName: $entity) {"
        document = document.replace(project, f"{project} {fields}", 1)
    given = {f"n{i}": name for i, (name, _) in enumerate(wanted)}
    return document, given | {f"s{i}": list(s) for i, (_, s) in enumerate(wanted)}


def rows_in(found: Mapping[str, Any] | None, wanted: Wanted) -> list[list[Any]]:
    """Read the rows for *wanted* from the project's part of an answer."""
    names = range(len(wanted))
    listed = [(part(found, f"r{i}") or {}).get("sampledHistory") for i in names]
    return [one if isinstance(one, list) else [] for one in listed]


def part(of: Any, name: str) -> Mapping[str, Any] | None:
    """Return a JSON object in an answer; None for null. An answer may have any type."""
    if of is None:
        return None
    if not isinstance(of, Mapping):
        raise malformed()
    part = of.get(name)
    if part is not None and not isinstance(part, Mapping):
        raise malformed()
    return part


def known(at: Connection, node: Node, project: Project, app: str) -> Node:
    """Return *node* with its page's URL, and remember the length of its history."""
    run_id = reading.text(node.get("name"))
    step = reading.number(reading.table(node.get("summaryMetrics")).get("_step"))
    if step is not None and math.isfinite(step):
        at.steps[str(project), run_id] = int(step)
    return {**node, "url": reading.url(app, project.entity, project.name, run_id)}


def malformed() -> NetworkError:
    return NetworkError("the response is not W&B's; is it a W&B server?")
