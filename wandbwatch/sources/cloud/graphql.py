"""Ask with one GraphQL document, whatever the number of runs and keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from wandbwatch.model.errors import NetworkError, SourceError
from wandbwatch.sources.cloud import failures, reading
from wandbwatch.sources.cloud.query import FoundRuns, Node, Project, RunsQuery
from wandbwatch.sources.cloud.transport import (
    Connection,
    GraphqlAnswer,
    NoGraphqlError,
    OverloadedError,
    SlowError,
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
    """Ask by *ours*, a document, or by what the package exports where the server does
    not understand it; which is remembered of each *kind* of question."""
    if kind not in at.unknown:
        try:
            return ours()
        except (NoGraphqlError, UnknownFieldError):
            at.unknown.add(kind)
    with prepared(private_runs=True):
        return exported()


FEW: Final = 3
"""Runs whose keys say which metrics matter, the newest."""
_FIELDS: Final = """
  name displayName state group jobType tags sweepName notes host exitcode
  createdAt heartbeatAt user { username }
  summaryMetrics(keys: $summary) config(keys: $config) @include(if: $configured)
  systemMetrics @include(if: $whole)
"""

RUN: Final = f"""
query WandbwatchRun(
  $entity: String!, $project: String!, $run: String!,
  $summary: [String!], $config: [String!], $configured: Boolean!, $whole: Boolean!
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
  $system: Boolean!, $last: Boolean!, $learn: Boolean!
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


def run(at: Connection, project: Project, run_id: str) -> Node | None:
    """Return the run with all that there is to know, None when it is not there."""
    variables = {
        "entity": project.entity,
        "project": project.name,
        "run": run_id,
        "summary": None,
        "config": None,
        "configured": True,
        "whole": True,
    }
    answer = execute(at, RUN, variables)
    _note_errors(at, answer)
    found = part(of_project(answer.data, project), "run")
    return None if found is None else _with_url(found, project, answer.app)


def of_project(data: Any, project: Project) -> Mapping[str, Any]:
    """Return the project's part of an answer; NotFoundError where there is none."""
    found = part(data, "project")
    if found is None:
        raise failures.no_project(project)
    return found


def runs(at: Connection, project: Project, asking: RunsQuery) -> FoundRuns | None:
    """Return the runs asked for, None when there is no such project or sweep."""
    pages = Pages(at, project, asking)
    first = next(pages.read(), None)
    if first is None:
        return None

    def nodes() -> Iterator[Node]:
        yield from first
        for page in pages.read():
            yield from page

    return FoundRuns(pages.total, nodes())


_SMALLER = (250, 50, 10, 1)
"""The pages to ask for after one that was too much for the server."""
_NEARLY_ALL = 0.85
"""The part of the time left that a large page may take."""


class Pages:
    """The pages of one listing: each run once, in pages that the server can answer."""

    def __init__(self, at: Connection, project: Project, asking: RunsQuery) -> None:
        self._at, self._project, self._asking = at, project, asking
        self._size = min(asking.page, at.page)
        self._most = asking.page
        self._after: str | None = None
        self._done = self._grows = False
        self._turned_nodes: list[Node] = []
        self._seen: set[str] = set()
        self.total = 0

    def read(self) -> Iterator[list[Node]]:
        """Yield the runs of each page that is left, nothing where there is no list."""
        while not self._done:
            try:
                page = self._page()
            except (OverloadedError, SlowError) as e:
                if not self._smaller(e):
                    yield self._turned_nodes
                    return
                continue
            if page is None:
                self._done = True
                return
            yield page

    def _page(self) -> list[Node] | None:
        variables = _variables(self._project, self._asking)
        variables |= {"first": self._size, "after": self._after}
        share = _NEARLY_ALL if self._size > 1 else 1.0
        retries = 0 if self._size > 1 else None
        answer = execute(self._at, RUNS, variables, share, retries)
        found = part(answer.data, "project")
        listed = part(found, "runs")
        if listed is None and answer.errors:
            raise OverloadedError(
                f"{self._at.server} failed: {failures.plain(answer.errors[0])}"
            )
        if found is None:
            raise failures.no_project(replace(self._project, sweep=""))
        if listed is None:
            return None
        if self._project.sweep and found.get("sweep") is None:
            return None
        _note_errors(self._at, answer)
        if self._asking.learn:
            few = part(found, "few") or {}
            self._at.learned[str(self._project)] = logged(few)
        self.total = int(found.get("runCount") or 0)
        return self._fresh(listed, answer.app)

    def _fresh(self, listed: Mapping[str, Any], app: str) -> list[Node]:
        edges = listed.get("edges")
        if not isinstance(edges, list):
            raise _malformed()
        nodes = []
        for edge in edges:
            node = part(edge, "node")
            name = reading.text((node or {}).get("name"))
            if node is not None and name not in self._seen:
                self._seen.add(name)
                nodes.append(_with_url(node, self._project, app))
        page = part(listed, "pageInfo") or {}
        self._after = page.get("endCursor")
        self._done = not page.get("hasNextPage") or not self._after
        if self._grows:
            self._size = min(self._size * 2, self._most, self._at.page)
        return nodes

    def _smaller(self, why: SourceError) -> bool:
        """Prepare for a smaller page; False where there is nothing more to be had."""
        if isinstance(why, OverloadedError):
            time.sleep(_PAUSE)
        smaller = [size for size in _SMALLER if size < self._size]
        if smaller and self._at.budget.left > _LEAST:
            slow = isinstance(why, SlowError)
            self._size = next((n for n in smaller if n <= 50 or not slow), smaller[0])  # noqa: PLR2004
            self._at.page = max(self._size, _SMALLER[1])
            return True
        if isinstance(why, OverloadedError) and self._at.budget.left > _LEAST:
            return self._passed(why)
        return self._cut(why)

    def _passed(self, why: SourceError) -> bool:
        """Pass over the one run that the server can't read, and name it."""
        variables = {
            "entity": self._project.entity,
            "project": self._project.name,
            "filters": self._asking.filters,
            "order": self._asking.order,
            "after": self._after,
        }
        try:
            data = execute(self._at, NAMES, variables, retries=0).data
        except SourceError:
            return self._turned(why)
        listed = part(part(data, "project"), "runs") or {}
        edges = [edge for edge in listed.get("edges") or () if part(edge, "node")]
        if not edges or not edges[0].get("cursor"):
            return self._cut(why)
        name = reading.text(edges[0]["node"].get("name"))
        told = f"W&B can't read the run {failures.plain(name)!r}: {why}"
        if self._asking.whole_or_nothing:
            raise NetworkError(told) from why
        self._at.note(told)
        self._after = edges[0]["cursor"]
        self._done = not (part(listed, "pageInfo") or {}).get("hasNextPage")
        self._done = self._done and len(edges) < 2  # noqa: PLR2004
        self._size, self._grows = min(self._most, 10), True
        return True

    def _turned(self, why: SourceError) -> bool:
        """Read the runs beyond one that not even its name can be read of, from the
        other end."""
        if self._asking.whole_or_nothing:
            raise why
        variables = _variables(self._project, self._asking)
        variables |= {"order": _opposite(self._asking.order), "after": None}
        found: list[Node] = []
        total = 0
        try:
            counted = execute(self._at, COUNT, variables).data
            total = int((part(counted, "project") or {}).get("runCount") or 0)
            while (left := total - len(self._seen) - 1) > 0:
                first = {"first": min(left, self._most, _SMALLER[0])}
                answer = execute(self._at, RUNS, variables | first, retries=0)
                listed = part(part(answer.data, "project"), "runs") or {}
                page = self._fresh(listed, answer.app)
                variables["after"] = self._after
                found += page
                if not page or self._done:
                    break
        except SourceError:
            pass
        if not found:
            return self._cut(why)
        self.total = total
        self._turned_nodes = found[::-1]
        where = reading.text(found[-1].get("name"))
        self._at.note(
            f"W&B can't read the run before {failures.plain(where)!r} in this order:"
            f" {failures.plain(str(why))}"
        )
        self._done = True
        return False

    def _cut(self, why: SourceError) -> bool:
        """End the list where the server can't go on; raise without any of it."""
        if not self._seen or self._asking.whole_or_nothing:
            raise why
        self._done = True
        self._at.note(
            f"only {len(self._seen)} of {self.total} runs: {failures.plain(str(why))}"
        )
        return False


_LEAST = 0.5
"""Seconds that another request needs at least."""
_PAUSE = 0.3

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


def keys(at: Connection, project: Project, asking: RunsQuery) -> list[Node] | None:
    """Return the first few runs with a number for each key that they logged, for
    want of its value; None where the server does not say the keys."""
    if str(project) in at.learned:
        return at.learned.pop(str(project))
    variables = {
        "entity": project.entity,
        "project": project.name,
        "filters": asking.filters,
        "order": asking.order,
        "first": FEW,
    }
    found = part(of_project(execute(at, KEYS, variables).data, project), "runs") or {}
    return logged(found)


def logged(found: Mapping[str, Any]) -> list[Node] | None:
    nodes = [part(edge, "node") or {} for edge in found.get("edges") or ()]
    logged = [_numbers(part(node, "historyKeys"), n) for n, node in enumerate(nodes)]
    if not any(logged):
        return None
    return [
        {**node, "summaryMetrics": numbers}
        for node, numbers in zip(nodes, logged, strict=True)
    ]


def _numbers(keys: Mapping[str, Any] | None, value: float) -> dict[str, float]:
    found = (keys or {}).get("keys")
    return {
        key: value
        for key, about in (found.items() if isinstance(found, Mapping) else ())
        if _is_number(about)
    }


def _is_number(about: Any) -> bool:
    kinds = about.get("typeCounts") if isinstance(about, Mapping) else None
    return any(
        isinstance(kind, Mapping) and kind.get("type") == "number"
        for kind in (kinds if isinstance(kinds, list) else ())
    )


def _opposite(order: str) -> str:
    return f"{'+' if order.startswith('-') else '-'}{order.lstrip('+-')}"


def _note_errors(at: Connection, answer: GraphqlAnswer) -> None:
    for message in answer.errors:
        at.note(f"W&B could not read all of it: {failures.plain(message)}")


def rows(
    at: Connection, project: Project, wanted: Sequence[tuple[str, Sequence[str]]]
) -> list[list[Any]]:
    """Return the rows of each spec of each run in *wanted*, in one request."""
    names = range(len(wanted))
    declared = ", ".join(f"$n{i}: String!, $s{i}: [JSONString!]!" for i in names)
    fields = " ".join(
        f"r{i}: run(name: $n{i}) {{ sampledHistory(specs: $s{i}) }}" for i in names
    )
    document = (
        f"query WandbwatchRows($entity: String!, $project: String!, {declared}) {{"
        f" project(name: $project, entityName: $entity) {{ {fields} }} }}"
    )
    variables: dict[str, Any] = {"entity": project.entity, "project": project.name}
    for i, (name, specs) in enumerate(wanted):
        variables |= {f"n{i}": name, f"s{i}": list(specs)}
    found = part(execute(at, document, variables).data, "project")
    listed = [(part(found, f"r{i}") or {}).get("sampledHistory") for i in names]
    return [one if isinstance(one, list) else [] for one in listed]


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
        "configured": asking.config != (),
        "whole": asking.machine,
        "specs": list(asking.specs),
        "sampled": bool(asking.specs),
        "samples": asking.samples,
        "system": asking.system,
        "learn": asking.learn,
        "last": asking.system and not asking.machine,
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
