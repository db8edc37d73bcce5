"""Read the artifacts of a run or of a project, in one request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from wandbwatch.model.media import Artifact, Artifacts
from wandbwatch.sources.cloud import graphql, public_api, reading
from wandbwatch.sources.cloud.documents import PROJECT_ARTIFACTS, RUN_ARTIFACTS
from wandbwatch.sources.cloud.query import Project
from wandbwatch.sources.cloud.transport import Connection

Node = Mapping[str, Any]
_COMMITTED = '{"state": "COMMITTED"}'


def artifacts(at: Connection, project: Project, run_id: str) -> Artifacts | None:
    """Return a run's artifacts, or, without a *run_id*, the project's newest version of
    each; None if the run or project does not exist."""

    def exported() -> Artifacts | None:
        found = public_api.artifacts(at.own, project, run_id)
        return None if found is None else Artifacts(tuple(found))

    return graphql.asked(at, "artifacts", lambda: _asked(at, project, run_id), exported)


def _asked(at: Connection, project: Project, run_id: str) -> Artifacts | None:
    variables = {"entity": project.entity, "project": project.name, "run": run_id}
    if not run_id:
        del variables["run"]
        variables["committed"] = _COMMITTED
    answer = graphql.execute(
        at, RUN_ARTIFACTS if run_id else PROJECT_ARTIFACTS, variables
    )
    found = graphql.of_project(answer.data, project)
    run = graphql.of_run(at, answer, project) if run_id else None
    if run_id and run is None:
        return None
    graphql.note_errors(at, answer)
    parts = map(_quoted, (project.entity, project.name))
    page = "/".join([answer.app.rstrip("/"), *parts])
    if run is None:
        lists = list(_collections(found))
    else:
        lists = [graphql.part(run, "outputArtifacts") or {}]
    logged = [node for one in lists for node in _nodes(one)]
    used = (graphql.part(run, "inputArtifacts") if run else None) or {}
    read = [_read(node, page, run_id) for node in _committed(logged)]
    read += [_read(node, page, run_id, used=True) for node in _committed(_nodes(used))]
    there = sum(_count(one) for one in (*lists, used))
    seen = len(logged) + sum(1 for _ in _nodes(used))
    return Artifacts(tuple(read), max(0, there - seen))


def _committed(nodes: Iterable[Node]) -> list[Node]:
    """Return versions neither uploading nor deleted, the newest of each name first."""
    found = {
        (_collection(node.get("artifactSequence")), node.get("versionIndex")): node
        for node in nodes
        if node.get("state", "COMMITTED") == "COMMITTED"
    }
    newest = sorted(found.values(), key=_version, reverse=True)
    return sorted(newest, key=lambda node: str(node.get("createdAt")), reverse=True)


def _version(node: Node) -> float:
    return reading.number(node.get("versionIndex")) or 0.0


def _collection(given: Any) -> tuple[str, ...]:
    """Return the entity, project and name of a collection, as far as known."""
    named = graphql.part({"": given}, "") or {}
    project = graphql.part(named, "project") or {}
    parts = (project.get("entityName"), project.get("name"), named.get("name"))
    return tuple(map(reading.text, parts))


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
    own = _collection(node.get("artifactSequence"))
    aliases = (graphql.part({"": a}, "") or {} for a in node.get("aliases") or ())
    path = "/".join(map(_quoted, (kind, name, version)))
    return Artifact(
        name,
        kind,
        version,
        tuple(
            name
            for alias in aliases
            if _collection(alias.get("artifactCollection")) == own
            and not re.fullmatch(r"v\d+", name := reading.text(alias.get("alias")))
        ),
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
