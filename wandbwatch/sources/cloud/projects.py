"""The projects of entities; a project's sweeps and artifacts, in one document each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final
from urllib.parse import quote

from wandbwatch.formatting.text import closest
from wandbwatch.model.media import Artifact, Artifacts
from wandbwatch.model.ports import ListedProject
from wandbwatch.model.run_details import Sweep
from wandbwatch.sources.cloud import failures, graphql, public_api, query, reading
from wandbwatch.sources.cloud.public_api import described
from wandbwatch.sources.cloud.query import PROJECT_ARTIFACTS, RUN_ARTIFACTS, Project
from wandbwatch.sources.cloud.transport import Connection

_MOST: Final = 500
"""Projects of an entity, and sweeps of a project, that are listed."""
_PROJECT: Final = """
  name entityName createdAt runCount
  newest: runs(first: 1, order: "-heartbeat_at") { edges { node { heartbeatAt } } }
"""
_KEYS: Final = f"""
  few: runs(first: {query.FEW}, order: "-created_at") {{
    edges {{ node {{ name historyKeys config(keys: ["_wandb"]) }} }}
  }}
"""

SWEEPS: Final = f"""
query WandbwatchSweeps($entity: String!, $project: String!) {{
  project(name: $project, entityName: $entity) {{
    sweeps(first: {_MOST}) {{ edges {{ node {{
      name displayName state config createdAt runCount runCountExpected
    }} }} }}
  }}
}}
"""


def entities(at: Connection) -> tuple[str, ...]:
    """Return the user's own entity and their teams; their own first."""
    viewer = at.own.viewer
    return tuple(dict.fromkeys(filter(None, (viewer.entity, *viewer.teams))))


def projects(
    at: Connection, names: Sequence[str], *, learn: bool = False
) -> tuple[ListedProject, ...]:
    """Return the projects of the entities *names*, most recently active first.

    *learn*: keep the keys that their newest runs logged, for the next query.
    """
    found = graphql.asked(
        at,
        "projects",
        lambda: _projects(at, names, learn=learn),
        lambda: _exported(at, names),
    )
    return tuple(sorted(found, key=_activity, reverse=True))


def near(at: Connection, wanted: Project) -> str:
    """Return ``; did you mean …?`` for a project that does not exist, or nothing.

    That is one of its entity with a similar name, one of that name, or, where the
    entity has none, one with a similar path.
    """
    found = projects(at, tuple(dict.fromkeys((wanted.entity, *entities(at)))))
    beside = {one.name: str(one) for one in found if one.entity == wanted.entity}
    same = (str(one) for one in found if one.name == wanted.name)
    close = beside.get(closest(wanted.name, beside)) or next(same, "")
    if not (close or beside):
        close = closest(f"{wanted}", map(str, found))
    return f"; did you mean {failures.plain(close)!r}?" if close else ""


def _activity(one: ListedProject) -> tuple[float, str]:
    last = one.active or one.created
    return (last.timestamp() if last else 0.0), f"{one}"


def _projects(
    at: Connection, names: Sequence[str], *, learn: bool
) -> list[ListedProject]:
    wanted = _PROJECT + (_KEYS if learn else "")
    alias = {name: f"e{i}" for i, name in enumerate(names)}
    if len(names) == 1:
        alias = {names[0]: "models"}  # a document with one field, as `together` merges
    declared = ", ".join(f"${one}: String!" for one in alias.values())
    fields = " ".join(
        f"{one}: models(entityName: ${one}, first: {_MOST}) {{"
        f" edges {{ node {{ {wanted} }} }} }}".removeprefix("models: ")
        for one in alias.values()
    )
    document = f"query WandbwatchProjects({declared}) {{ {fields} }}"
    variables = {one: name for name, one in alias.items()}
    answer = graphql.execute(at, document, variables)
    lists = [_nodes(graphql.part(answer.data, one)) for one in alias.values()]
    nodes = list(chain.from_iterable(lists))
    found = [_listed(node, answer.app) for node in nodes]
    for one, node in zip(found, nodes, strict=True):
        if learn:
            at.totals[str(one)] = one.runs or 0
            at.learned[str(one)] = graphql.logged(graphql.part(node, "few") or {})
    return found


def _listed(node: Mapping[str, Any], app: str) -> ListedProject:
    entity, name = (reading.text(node.get(key)) for key in ("entityName", "name"))
    newest = next(_nodes(graphql.part(node, "newest")), {})
    count = node.get("runCount")
    page = reading.url(app, entity, name, "")
    return ListedProject(
        entity,
        name,
        count if isinstance(count, int) else None,
        reading.moment(node.get("createdAt")),
        reading.moment(newest.get("heartbeatAt")),
        page.removesuffix("/runs/") if page else None,
    )


def _exported(at: Connection, names: Sequence[str]) -> list[ListedProject]:
    return [
        ListedProject(one.entity, one.name, url=one.url)
        for name in names
        for one in at.own.projects(name)
    ]


def sweeps(at: Connection, project: Project) -> tuple[Sweep, ...]:
    """Return the sweeps of *project*; NotFoundError if there is no such project."""
    return graphql.asked(
        at,
        "sweeps",
        lambda: _sweeps(at, project),
        lambda: tuple(
            described(one.id, one.config, dict(getattr(one, "_attrs", {})))
            for one in at.own.project(project.name, project.entity).sweeps()
        ),
    )


def _sweeps(at: Connection, project: Project) -> tuple[Sweep, ...]:
    variables = {"entity": project.entity, "project": project.name}
    answer = graphql.execute(at, SWEEPS, variables)
    found = graphql.part(answer.data, "project")
    if found is None:
        raise failures.no_project(project)
    graphql.note_errors(at, answer)
    return tuple(
        described(reading.text(node.get("name")), node.get("config"), node)
        for node in _nodes(graphql.part(found, "sweeps"))
    )


def _nodes(connection: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    for edge in (connection or {}).get("edges") or ():
        node = graphql.part(edge, "node")
        if node is not None:
            yield node


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
    for kind in _nodes(graphql.part(project, "artifactTypes")):
        for collection in _nodes(graphql.part(kind, "artifactCollections") or {}):
            yield graphql.part(collection, "artifacts") or {}


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
