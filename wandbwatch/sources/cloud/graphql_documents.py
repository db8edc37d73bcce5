"""What we ask W&B's GraphQL for: one document, whatever the number of runs."""

from __future__ import annotations

from typing import Final

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
