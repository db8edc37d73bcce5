"""The files of a run on the server: their sizes and how to download them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wandbwatch.analysis.provenance import LARGEST, METADATA, REQUIREMENTS
from wandbwatch.analysis.provenance import provenance as read
from wandbwatch.model.media import RunFile
from wandbwatch.model.run import Provenance
from wandbwatch.sources.cloud import graphql, public_api, reading
from wandbwatch.sources.cloud.documents import FILES
from wandbwatch.sources.cloud.download import content
from wandbwatch.sources.cloud.query import Project
from wandbwatch.sources.cloud.transport import Connection

_PAGE = 500


def files(
    at: Connection,
    project: Project,
    run_id: str,
    paths: Sequence[str] | None,
    server: str,
) -> tuple[RunFile, ...] | None:
    """Return a run's files, or those of *paths* if given; None if there is no run."""
    nodes = _asked(at, project, run_id, paths)
    if nodes is None:
        return None
    wanted = None if paths is None else set(paths)
    found = (_file(node, at.api, server) for node in nodes)
    listed = (one for one in found if wanted is None or one.path in wanted)
    return tuple(sorted(listed, key=lambda one: one.path))


def _asked(
    at: Connection, project: Project, run_id: str, paths: Sequence[str] | None
) -> list[Mapping[str, Any]] | None:
    return graphql.asked(
        at,
        "files",
        lambda: _nodes(at, project, run_id, paths),
        lambda: public_api.files(at.own, project, run_id, paths),
    )


def _nodes(
    at: Connection, project: Project, run_id: str, paths: Sequence[str] | None
) -> list[Mapping[str, Any]] | None:
    nodes: list[Mapping[str, Any]] = []
    for names in _parts(paths):
        found = list(_pages(at, project, run_id, names))
        if None in found:
            return None
        nodes += [node for page in found for node in page or ()]
    return nodes


def _parts(paths: Sequence[str] | None) -> list[Sequence[str]]:
    """Split the names into requests; no names means all files."""
    if paths is None:
        return [()]
    return [paths[i : i + _PAGE] for i in range(0, len(paths), _PAGE)]


def _pages(
    at: Connection, project: Project, run_id: str, names: Sequence[str]
) -> Iterator[list[Mapping[str, Any]] | None]:
    after = None
    while True:
        variables = {
            "entity": project.entity,
            "project": project.name,
            "run": run_id,
            "names": list(names),
            "after": after,
            "first": _PAGE,
        }
        run = graphql.of_run(at, graphql.execute(at, FILES, variables), project)
        if run is None:
            yield None
            return
        listed = graphql.part(run, "files") or {}
        yield [graphql.part(edge, "node") or {} for edge in listed.get("edges") or ()]
        page = graphql.part(listed, "pageInfo") or {}
        after = page.get("endCursor")
        if not page.get("hasNextPage") or not after:
            return


def _file(node: Mapping[str, Any], api: Any, server: str) -> RunFile:
    size = reading.number(node.get("sizeBytes"))
    known = None if size is None or not 0 <= size < 1 << 62 else int(size)
    urls = reading.text(node.get("directUrl")), reading.text(node.get("url"))
    return RunFile(
        reading.text(node.get("name")),
        known,
        content(*urls, api, server, known),
        reading.moment(node.get("updatedAt")),
    )


PATHS = (METADATA, REQUIREMENTS)


def provenance(files: Sequence[RunFile]) -> Provenance:
    """Read the provenance from those of *files* that hold it; raises SourceError."""
    texts = {
        one.path: b"".join(one.content()).decode(errors="replace")
        for one in files
        if one.path in PATHS and (one.size or 0) <= LARGEST
    }
    return read(texts.get(METADATA, ""), texts.get(REQUIREMENTS, ""))
