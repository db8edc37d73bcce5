"""Ask with one GraphQL document, whatever the number of runs and keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wandbwatch.model.errors import NetworkError
from wandbwatch.sources.cloud import reading
from wandbwatch.sources.cloud.query import FoundRuns, Node, Project, RunsQuery


@dataclass(frozen=True)
class GraphqlAnswer:
    data: Any
    app: str
    """Base URL of the server's web pages."""


class NoGraphqlError(Exception):
    """This version of the wandb package has no such way to ask."""


def execute(api: Any, document: str, variables: Mapping[str, Any]) -> GraphqlAnswer:
    """Send one GraphQL document by wandb-core, with its retries and its bounds.

    ``wandb.apis.public.service_api.ServiceApi`` can be imported but is not exported
    (wandb 0.31); `public_api` asks without it.
    """
    service = getattr(api, "_service_api", None)
    ask = getattr(service, "execute_graphql", None)
    app = getattr(service, "app_url", None)
    if ask is None or not isinstance(app, str):
        raise NoGraphqlError
    return GraphqlAnswer(ask(document, dict(variables)), app)


_FIELDS: Final = """
  name displayName state group jobType tags sweepName notes host exitcode
  createdAt heartbeatAt user { username name }
  summaryMetrics(keys: $summary) config(keys: $config)
  systemMetrics @include(if: $whole)
"""

RUN: Final = f"""
query WandbwatchRun(
  $entity: String!, $project: String!, $run: String!,
  $summary: [String!], $config: [String!], $whole: Boolean!
) {{
  project(name: $project, entityName: $entity) {{ run(name: $run) {{ {_FIELDS} }} }}
}}
"""

CONSOLE: Final = """
query WandbwatchConsole(
  $entity: String!, $project: String!, $run: String!, $last: Int!
) {
  project(name: $project, entityName: $entity) { run(name: $run) {
    logLines(last: $last) { edges { node { line level timestamp } } }
  } }
}
"""

MEDIA: Final = """
query WandbwatchMedia(
  $entity: String!, $project: String!, $run: String!, $whole: Boolean!,
  $specs: [JSONString!]!, $sampled: Boolean!
) {
  project(name: $project, entityName: $entity) { run(name: $run) {
    summaryMetrics @include(if: $whole)
    config(keys: ["_wandb"]) @include(if: $whole)
    sampledHistory(specs: $specs) @include(if: $sampled)
  } }
}
"""

FILES: Final = """
query WandbwatchFiles(
  $entity: String!, $project: String!, $run: String!,
  $names: [String], $after: String, $first: Int!
) {
  project(name: $project, entityName: $entity) { run(name: $run) {
    files(names: $names, after: $after, first: $first) {
      edges { node { name url directUrl sizeBytes updatedAt } }
      pageInfo { endCursor hasNextPage }
    }
  } }
}
"""

_ARTIFACT: Final = """
  versionIndex size fileCount createdAt description
  artifactType { name } artifactSequence { name } aliases { alias }
"""

RUN_ARTIFACTS: Final = f"""
query WandbwatchRunArtifacts($entity: String!, $project: String!, $run: String!) {{
  project(name: $project, entityName: $entity) {{ run(name: $run) {{
    outputArtifacts(first: 500) {{ totalCount edges {{ node {{ {_ARTIFACT} }} }} }}
    inputArtifacts(first: 500) {{ totalCount edges {{ node {{ {_ARTIFACT} }} }} }}
  }} }}
}}
"""

PROJECT_ARTIFACTS: Final = f"""
query WandbwatchArtifacts($entity: String!, $project: String!) {{
  project(name: $project, entityName: $entity) {{
    artifactTypes(first: 50) {{ edges {{ node {{
      artifactCollections(first: 100) {{ edges {{ node {{
        artifacts(first: 5) {{ totalCount edges {{ node {{ {_ARTIFACT} }} }} }}
      }} }} }}
    }} }} }}
  }}
}}
"""

RUNS: Final = f"""
query WandbwatchRuns(
  $entity: String!, $project: String!, $sweep: String!, $swept: Boolean!,
  $filters: JSONString, $order: String, $first: Int!, $after: String,
  $summary: [String!], $config: [String!], $whole: Boolean!,
  $specs: [JSONString!]!, $sampled: Boolean!, $samples: Int!, $system: Boolean!
) {{
  project(name: $project, entityName: $entity) {{
    sweep(sweepName: $sweep) @include(if: $swept) {{ name }}
    runCount(filters: $filters)
    runs(filters: $filters, order: $order, first: $first, after: $after) {{
      edges {{ node {{
        {_FIELDS}
        sampledHistory(specs: $specs) @include(if: $sampled)
        events(samples: $samples) @include(if: $system)
      }} }}
      pageInfo {{ endCursor hasNextPage }}
    }}
  }}
}}
"""


def run(api: Any, project: Project, run_id: str) -> Node | None:
    """Return the run with all that there is to know, None when it is not there."""
    variables = {
        "entity": project.entity,
        "project": project.name,
        "run": run_id,
        "summary": None,
        "config": None,
        "whole": True,
    }
    answer = execute(api, RUN, variables)
    found = part(part(answer.data, "project"), "run")
    return None if found is None else _with_url(found, project, answer.app)


def runs(api: Any, project: Project, asking: RunsQuery) -> FoundRuns | None:
    """Return the runs asked for, None when there is no such project or sweep."""
    pages = _pages(api, project, asking)
    first = next(pages)
    found = first[0]
    if found is None or (project.sweep and found.get("sweep") is None):
        return None

    def nodes() -> Iterator[Node]:
        yield from first[1]
        for _, more in pages:
            yield from more

    return FoundRuns(int(found.get("runCount") or 0), nodes())


def _pages(
    api: Any, project: Project, asking: RunsQuery
) -> Iterator[tuple[Mapping[str, Any] | None, list[Node]]]:
    after = None
    while True:
        answer = execute(api, RUNS, _variables(project, asking) | {"after": after})
        found = part(answer.data, "project")
        listed = part(found, "runs") if found is not None else None
        if listed is None:
            yield found, []
            return
        edges = listed.get("edges")
        if not isinstance(edges, list):
            raise _malformed()
        nodes = [part(edge, "node") or {} for edge in edges]
        yield found, [_with_url(node, project, answer.app) for node in nodes]
        page = part(listed, "pageInfo") or {}
        after = page.get("endCursor")
        if not page.get("hasNextPage") or not after:
            return


def _variables(project: Project, asking: RunsQuery) -> dict[str, Any]:
    return {
        "entity": project.entity,
        "project": project.name,
        "sweep": project.sweep,
        "swept": bool(project.sweep),
        "filters": asking.filters,
        "order": asking.order,
        "first": asking.page,
        "summary": reading.summary_wanted(asking.summary),
        "config": reading.wanted(asking.config),
        "whole": asking.summary is None,
        "specs": list(asking.specs),
        "sampled": bool(asking.specs),
        "samples": asking.samples,
        "system": asking.system,
    }


def part(of: Any, name: str) -> Mapping[str, Any] | None:
    """Return a table in an answer, None for null; an answer may be anything."""
    if of is None:
        return None
    if not isinstance(of, Mapping):
        raise _malformed()
    part = of.get(name)
    if part is not None and not isinstance(part, Mapping):
        raise _malformed()
    return part


def _with_url(node: Node, project: Project, app: str) -> Node:
    run_id = reading.text(node.get("name"))
    return {**node, "url": reading.url(app, project.entity, project.name, run_id)}


def _malformed() -> NetworkError:
    return NetworkError("the response is not W&B's; is it a W&B server?")
