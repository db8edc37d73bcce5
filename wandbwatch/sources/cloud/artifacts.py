"""Artifacts of a run or of a project, as the server keeps them: one request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from wandbwatch.model.media import Artifact, Artifacts
from wandbwatch.sources.cloud import failures, graphql, public_api, reading
from wandbwatch.sources.cloud.graphql import (
    PROJECT_ARTIFACTS,
    RUN_ARTIFACTS,
    NoGraphqlError,
    execute,
)
from wandbwatch.sources.cloud.query import Project
from wandbwatch.sources.cloud.wandb_core import prepared

Node = Mapping[str, Any]


def artifacts(api: Any, project: Project, run_id: str) -> Artifacts | None:
    """Return a run's artifacts, or the project's newest of each name without a
    *run_id*; None when it is not there."""
    try:
        return _asked(api, project, run_id)
    except NoGraphqlError:
        pass
    except Exception as e:
        if not failures.unknown_field(e):
            raise
    with prepared(private_runs=True):
        found = public_api.artifacts(api, project, run_id)
    return None if found is None else Artifacts(tuple(found))


def _asked(api: Any, project: Project, run_id: str) -> Artifacts | None:
    variables = {"entity": project.entity, "project": project.name, "run": run_id}
    if not run_id:
        del variables["run"]
    answer = execute(api, RUN_ARTIFACTS if run_id else PROJECT_ARTIFACTS, variables)
    found = graphql.part(answer.data, "project")
    run = graphql.part(found, "run") if run_id else None
    if found is None or (run_id and run is None):
        return None
    parts = map(_quoted, (project.entity, project.name))
    page = "/".join([answer.app.rstrip("/"), *parts])
    if run is None:
        lists = list(_collections(found))
    else:
        lists = [graphql.part(run, "outputArtifacts") or {}]
    read = [_read(node, page, run_id) for one in lists for node in _nodes(one)]
    used = (graphql.part(run, "inputArtifacts") if run else None) or {}
    read += [_read(node, page, run_id, used=True) for node in _nodes(used)]
    there = sum(_count(one) for one in (*lists, used))
    return Artifacts(tuple(read), max(0, there - len(read)))


def _collections(project: Node) -> Iterator[Node]:
    for kind in _nodes(graphql.part(project, "artifactTypes") or {}):
        for collection in _nodes(graphql.part(kind, "artifactCollections") or {}):
            yield graphql.part(collection, "artifacts") or {}


def _nodes(listed: Node) -> Iterator[Node]:
    for edge in listed.get("edges") or ():
        if (node := graphql.part(edge, "node")) is not None:
            yield node


def _count(listed: Node) -> int:
    count = reading.number(listed.get("totalCount"))
    return int(count) if count else len(listed.get("edges") or ())


def _read(node: Node, page: str, run: str, *, used: bool = False) -> Artifact:
    kind = reading.text((graphql.part(node, "artifactType") or {}).get("name"))
    name = reading.text((graphql.part(node, "artifactSequence") or {}).get("name"))
    index, size, files = (
        reading.number(node.get(n)) for n in ("versionIndex", "size", "fileCount")
    )
    version = "" if index is None else f"v{int(index)}"
    aliases = (graphql.part({"": a}, "") or {} for a in node.get("aliases") or ())
    path = "/".join(map(_quoted, (kind, name, version)))
    return Artifact(
        name,
        kind,
        version,
        tuple(reading.text(alias.get("alias")) for alias in aliases),
        None if size is None else int(size),
        None if files is None else int(files),
        reading.moment(node.get("createdAt")),
        reading.text(node.get("description")),
        used,
        run,
        f"{page}/artifacts/{path}",
    )


def _quoted(part: str) -> str:
    return quote(part, safe="")
