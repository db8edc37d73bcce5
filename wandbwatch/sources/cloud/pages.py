"""The pages of a listing: each run once, in pages that the server can answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from wandbwatch.model.errors import NetworkError, SourceError
from wandbwatch.model.query import Details
from wandbwatch.sources.cloud import failures, graphql, query, reading
from wandbwatch.sources.cloud.query import FoundRuns, Node, Project, RunsQuery
from wandbwatch.sources.cloud.transport import Connection, OverloadedError, SlowError


def runs(at: Connection, project: Project, asking: RunsQuery) -> FoundRuns | None:
    """Return the requested runs; None if there is no such project or sweep."""
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
        self._ends: dict[str, list[Any]] = {}
        self.total = 0

    def read(self) -> Iterator[list[Node]]:
        """Yield the runs of each remaining page; nothing if there is no list."""
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
        wanted = () if self._after else self._asking.ahead
        document, more = graphql.with_rows(query.RUNS, wanted)
        answer = graphql.execute(self._at, document, variables | more, share, retries)
        found = graphql.part(answer.data, "project")
        listed = graphql.part(found, "runs")
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
        graphql.note_errors(self._at, answer)
        if self._asking.learn:
            few = graphql.part(found, "few") or {}
            self._at.learned[str(self._project)] = graphql.logged(few)
        ends = graphql.rows_in(found, wanted)
        for (run, specs), rows in zip(wanted, ends, strict=True):
            self._ends[run] = list(zip(specs, rows, strict=False))
        self.total = int(found.get("runCount") or 0)
        self._at.totals[str(self._project)] = self.total
        nodes = self._fresh(listed, answer.app)
        if answer.errors and self._asking.whole_or_nothing and not nodes:
            raise graphql.unread(self._at, answer)
        return nodes

    def _fresh(self, listed: Mapping[str, Any], app: str) -> list[Node]:
        edges = listed.get("edges")
        if not isinstance(edges, list):
            raise graphql.malformed()
        nodes = []
        for edge in edges:
            node = graphql.part(edge, "node")
            name = reading.text((node or {}).get("name"))
            if node is not None and name not in self._seen:
                self._seen.add(name)
                nodes.append(self._with_ends(node, app))
        page = graphql.part(listed, "pageInfo") or {}
        self._after = page.get("endCursor")
        self._done = not page.get("hasNextPage") or not self._after
        if self._grows:
            self._size = min(self._size * 2, self._most, self._at.page)
        return nodes

    def _with_ends(self, node: Node, app: str) -> Node:
        node = graphql.known(self._at, node, self._project, app)
        ends = self._ends.get(reading.text(node.get("name")))
        return node if ends is None else {**node, "ends": ends}

    def _smaller(self, why: SourceError) -> bool:
        """Reduce the page size; False if it can't go smaller."""
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
        """Skip the one run that the server can't read, and name it."""
        variables = {
            "entity": self._project.entity,
            "project": self._project.name,
            "filters": self._asking.filters,
            "order": self._asking.order,
            "after": self._after,
        }
        try:
            data = graphql.execute(self._at, query.NAMES, variables, retries=0).data
        except SourceError:
            return self._turned(why)
        listed = graphql.part(graphql.part(data, "project"), "runs") or {}
        listed_edges = listed.get("edges") or ()
        edges = [edge for edge in listed_edges if graphql.part(edge, "node")]
        if not edges or not edges[0].get("cursor"):
            return self._cut(why)
        name = reading.text(edges[0]["node"].get("name"))
        told = f"W&B can't read the run {failures.plain(name)!r}: {why}"
        if self._asking.whole_or_nothing:
            raise NetworkError(told) from why
        self._at.note(told)
        self._after = edges[0]["cursor"]
        self._done = not (graphql.part(listed, "pageInfo") or {}).get("hasNextPage")
        self._done = self._done and len(edges) < 2  # noqa: PLR2004
        self._size, self._grows = min(self._most, 10), True
        return True

    def _turned(self, why: SourceError) -> bool:
        """Read the runs beyond one whose name can't be read either, from the other end
        of the list."""
        if self._asking.whole_or_nothing:
            raise why
        variables = _variables(self._project, self._asking)
        runs = query.RUNS
        variables |= {"order": _opposite(self._asking.order), "after": None}
        found: list[Node] = []
        total = 0
        try:
            counted = graphql.execute(self._at, query.COUNT, variables).data
            total = int((graphql.part(counted, "project") or {}).get("runCount") or 0)
            while (left := total - len(self._seen) - 1) > 0:
                first = {"first": min(left, self._most, _SMALLER[0])}
                answer = graphql.execute(self._at, runs, variables | first, retries=0)
                found_project = graphql.part(answer.data, "project")
                listed = graphql.part(found_project, "runs") or {}
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
        """End the list where the server fails; raise if no run was read."""
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
        "last": asking.last_system and not asking.machine,
        "ends": asking.details is not Details.PROGRESS,
        "described": asking.details is Details.ALL,
    }


def _opposite(order: str) -> str:
    return f"{'+' if order.startswith('-') else '-'}{order.lstrip('+-')}"
