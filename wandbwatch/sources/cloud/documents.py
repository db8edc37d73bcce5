"""The GraphQL documents that we send."""

from __future__ import annotations

from typing import Final

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
