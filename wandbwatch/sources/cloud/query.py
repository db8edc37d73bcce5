"""The parts of a query to W&B, and the GraphQL documents that carry them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from wandbwatch.analysis import filters
from wandbwatch.model.query import Details, Query

Node: TypeAlias = Mapping[str, Any]
"""A run as GraphQL tells it."""

OWN = "_wandb"
"""The config key of what W&B itself keeps there, such as define_metric's goals."""
MOST_A_PAGE = 1000


@dataclass(frozen=True)
class Project:
    entity: str
    name: str
    sweep: str = ""

    def __str__(self) -> str:
        return f"{self.entity}/{self.name}"


@dataclass(frozen=True)
class FoundRuns:
    """The runs found, in order; pages are read lazily."""

    total: int
    nodes: Iterator[Node]


@dataclass(frozen=True)
class RunsQuery:
    """Which runs to fetch, and what of each; None means all keys."""

    filters: str
    order: str
    page: int
    """How many runs a request asks for."""
    summary: tuple[str, ...] | None = None
    config: tuple[str, ...] | None = None
    specs: tuple[str, ...] = ()
    """One sampledHistory spec (JSON) for each key."""
    ahead: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The specs of the ends of histories that are known to be long, by run."""
    samples: int = 0
    system: bool = False
    """Whether the rows of system metrics are wanted."""
    learn: bool = False
    """Whether the keys that the first runs logged are to be remembered."""
    machine: bool = False
    """Whether the last system metrics are wanted."""
    last_system: bool = False
    """Whether they are wanted beside the rows of system metrics, or for them."""
    details: Details = Details.ALL
    whole_or_nothing: bool = False
    """Whether a part of the runs answers nothing: they are asked for by name."""


def runs_query(query: Query, sweep: str = "", page: int = MOST_A_PAGE) -> RunsQuery:
    """Translate *query* to W&B's terms; *page* is the most runs of one request.

    If runs can lack the value to sort by, we place those ourselves (see
    `reading.ranked`), which may need all runs.
    """
    keys = ordered_by(query.order)
    few = query.limit and not keys
    return RunsQuery(
        filters=json.dumps(_filters(query, sweep)),
        order=query.order,
        page=min(query.limit, page) if few else page,
        summary=_and(query.summary, keys.get("summary")),
        config=_and(_with_goals(query), keys.get("config")),
        learn=query.numbers and query.summary is not None,
        machine=query.machine or query.summary is None,
        details=query.details,
        whole_or_nothing=bool(query.ids),
    )


def _with_goals(query: Query) -> tuple[str, ...] | None:
    """Return the config keys to fetch, with W&B's own if `Run.goals` needs them."""
    config = query.config
    return config if config is None or query.summary is not None else (*config, OWN)


def ordered_by(order: str) -> dict[str, str]:
    """Return the summary or config key that *order* sorts by, if any."""
    kind, _, key = order.lstrip("+-").partition(".")
    if kind == "config":
        return {"config": key.removesuffix(".value")}
    if kind in ("summary_metrics", "summaryMetrics"):
        return {"summary": key}
    return {}


def _and(keys: tuple[str, ...] | None, more: str | None) -> tuple[str, ...] | None:
    return keys if keys is None or more is None else (*keys, more)


def _filters(query: Query, sweep: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = (
        [filters.worded(query.filters)] if query.filters else []
    )
    if query.ids:
        parts.append({"name": {"$in": list(query.ids)}})
    if sweep:
        parts.append({"sweep": sweep})
    return parts[0] if len(parts) == 1 else {"$and": parts} if parts else {}


FEW: Final = 3
"""Runs whose keys say which metrics matter, the newest."""
_FIELDS: Final = """
  name displayName state group sweepName host createdAt heartbeatAt
  exitcode @include(if: $ends)
  user @include(if: $described) { username }
  jobType @include(if: $described) tags @include(if: $described)
  notes @include(if: $described)
  summaryMetrics(keys: $summary) config(keys: $config) @include(if: $configured)
  systemMetrics @include(if: $whole)
"""

RUN: Final = f"""
query WandbwatchRun(
  $entity: String!, $project: String!, $run: String!,
  $summary: [String!], $config: [String!], $configured: Boolean!, $whole: Boolean!,
  $ends: Boolean!, $described: Boolean!
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

WHOLE_CONSOLE: Final = """
query WandbwatchWholeConsole(
  $entity: String!, $project: String!, $run: String!, $after: String
) {
  project(name: $project, entityName: $entity) { run(name: $run) {
    logLines(first: 1000, after: $after) {
      edges { node { line level timestamp } } pageInfo { endCursor hasNextPage }
    }
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
  id state versionIndex size fileCount createdAt description
  artifactType { name } artifactSequence { name project { name entityName } }
  aliases { alias artifactCollection { name project { name entityName } } }
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
query WandbwatchArtifacts(
  $entity: String!, $project: String!, $committed: JSONString
) {{
  project(name: $project, entityName: $entity) {{
    artifactTypes(first: 50) {{ edges {{ node {{
      artifactCollections(first: 100) {{ edges {{ node {{
        artifacts(first: 5, order: "-createdAt", filters: $committed) {{
          totalCount edges {{ node {{ {_ARTIFACT} }} }}
        }}
      }} }} }}
    }} }} }}
  }}
}}
"""

RUNS: Final = f"""
query WandbwatchRuns(
  $entity: String!, $project: String!, $sweep: String!, $swept: Boolean!,
  $filters: JSONString, $order: String, $first: Int!, $after: String,
  $summary: [String!], $config: [String!], $configured: Boolean!, $whole: Boolean!,
  $specs: [JSONString!]!, $sampled: Boolean!, $samples: Int!,
  $system: Boolean!, $last: Boolean!, $learn: Boolean!,
  $ends: Boolean!, $described: Boolean!
) {{
  project(name: $project, entityName: $entity) {{
    sweep(sweepName: $sweep) @include(if: $swept) {{ name }}
    runCount(filters: $filters)
    few: runs(filters: $filters, order: $order, first: {FEW}) @include(if: $learn) {{
      edges {{ node {{ name historyKeys config(keys: ["_wandb"]) }} }}
    }}
    runs(filters: $filters, order: $order, first: $first, after: $after) {{
      edges {{ node {{
        {_FIELDS}
        sampledHistory(specs: $specs) @include(if: $sampled)
        events(samples: $samples) @include(if: $system)
        lastSystem: systemMetrics @include(if: $last)
      }} }}
      pageInfo {{ endCursor hasNextPage }}
    }}
  }}
}}
"""

COUNT: Final = """
query WandbwatchCount($entity: String!, $project: String!, $filters: JSONString) {
  project(name: $project, entityName: $entity) { runCount(filters: $filters) }
}
"""

NAMES: Final = """
query WandbwatchNames(
  $entity: String!, $project: String!, $filters: JSONString, $order: String,
  $after: String
) {
  project(name: $project, entityName: $entity) {
    runs(filters: $filters, order: $order, first: 2, after: $after) {
      edges { cursor node { name } } pageInfo { hasNextPage }
    }
  }
}
"""


KEYS: Final = """
query WandbwatchKeys(
  $entity: String!, $project: String!, $filters: JSONString, $order: String,
  $first: Int!
) {
  project(name: $project, entityName: $entity) {
    runs(filters: $filters, order: $order, first: $first) {
      edges { node { name historyKeys config(keys: ["_wandb"]) } }
    }
  }
}
"""
