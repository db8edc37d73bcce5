"""The projects of entities, and the sweeps of a project, in one document each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from wandbwatch.formatting.text import closest
from wandbwatch.model.ports import ListedProject
from wandbwatch.model.run import Sweep
from wandbwatch.sources.cloud import documents, failures, graphql, reading
from wandbwatch.sources.cloud.query import Project
from wandbwatch.sources.cloud.sweep import described
from wandbwatch.sources.cloud.transport import Connection

_MOST: Final = 500
"""Projects of an entity, and sweeps of a project, that are listed."""
_PROJECT: Final = """
  name entityName createdAt runCount
  newest: runs(first: 1, order: "-heartbeat_at") { edges { node { heartbeatAt } } }
"""
_KEYS: Final = f"""
  few: runs(first: {documents.FEW}, order: "-created_at") {{
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
    declared = ", ".join(f"$e{i}: String!" for i in range(len(names)))
    fields = " ".join(
        f"e{i}: models(entityName: $e{i}, first: {_MOST}) {{"
        f" edges {{ node {{ {wanted} }} }} }}"
        for i in range(len(names))
    )
    document = f"query WandbwatchProjects({declared}) {{ {fields} }}"
    variables = {f"e{i}": name for i, name in enumerate(names)}
    answer = graphql.execute(at, document, variables)
    nodes = [
        node
        for i in range(len(names))
        for node in _nodes(graphql.part(answer.data, f"e{i}"))
    ]
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
