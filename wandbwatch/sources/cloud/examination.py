"""Check what a W&B server supports: send each of our documents once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from wandbwatch.model.errors import ExitCode, SourceError
from wandbwatch.model.media import Steps
from wandbwatch.model.ports import Finding
from wandbwatch.model.query import Query
from wandbwatch.sources.cloud import (
    files,
    graphql,
    pages,
    projects,
    reading,
    session,
    tails,
)
from wandbwatch.sources.cloud.query import Node, Project, runs_query
from wandbwatch.sources.cloud.transport import (
    Connection,
    NoGraphqlError,
    UnknownFieldError,
)

if TYPE_CHECKING:
    from wandbwatch.sources.cloud.source import CloudSource

Record: TypeAlias = Callable[[Mapping[str, Any]], None]
_SKEW = 60.0
"""Seconds that clocks may differ before times are wrong in reports."""
_FINE = "ok"
_NO_KEY = "wandbwatch/no such key"


def examine(source: CloudSource, record: Record | None) -> Iterator[Finding]:
    """Yield the findings; checks that depend on something missing are skipped."""
    try:
        yield from source.connected(lambda at, _: list(_account(at)))
    except SourceError as e:
        yield Finding("server", str(e), e.exit_code)
        return
    try:
        yield from source.connected(lambda at, of: list(_project(at, of, record)))
    except SourceError as e:
        yield Finding("project", str(e), e.exit_code)


def _account(at: Connection) -> Iterator[Finding]:
    import wandb  # noqa: PLC0415 (it is imported already)

    yield Finding("wandb", str(wandb.__version__))
    yield Finding("server", at.server)
    viewer = session.viewer(at)
    key = "none" if viewer is None else viewer.key_from
    yield Finding("API key", key)
    if viewer:
        yield Finding("user", f"{viewer.user}, default entity {viewer.entity or '-'}")


def _project(
    at: Connection, project: Project | None, record: Record | None
) -> Iterator[Finding]:
    if project is None:
        yield Finding("project", "not checked: name one, ENTITY/PROJECT")
        return
    at.recorded = record
    try:
        examination = _Examination(at, project)
        yield from examination.findings()
        if at.skew is not None:
            far = abs(at.skew) > _SKEW
            said = f"{at.skew:+.0f} s from the server's"
            yield Finding("clock", said, ExitCode.OURS if far else None)
    finally:
        at.recorded = None


@dataclass
class _Examination:
    at: Connection
    project: Project
    keys: list[str] = field(default_factory=list)

    def findings(self) -> Iterator[Finding]:
        query = replace(runs_query(Query(limit=3, order="-heartbeat_at")), machine=True)
        found = pages.runs(self.at, self.project, query)
        nodes = [] if found is None else list(found.nodes)
        total = 0 if found is None else found.total
        yield Finding("listing", f"{total} runs in {self.project}")
        if not nodes:
            yield Finding("runs", "not checked: the project has none yet")
            return
        long = max(nodes, key=_last_step)
        for what, ask in self._questions(nodes[0], long).items():
            yield self._judged(what, ask)

    def _questions(self, newest: Node, long: Node) -> dict[str, Callable[[], str]]:
        at, project = self.at, self.project
        run_id = reading.text(long.get("name"))
        return {
            "one run": lambda: _there(graphql.run(at, project, run_id)),
            "part of a config": self._config,
            "filter on the heartbeat": lambda: self._heartbeat(newest),
            "names of keys": lambda: self._keys(run_id),
            "samples of history": lambda: self._samples(run_id),
            "end of a history": lambda: self._tail(long, run_id),
            "console lines": lambda: _count(
                files.newest(at, project, run_id, 5), "line"
            ),
            "files": lambda: _count(
                files.files(at, project, run_id, None, at.server), "file"
            ),
            "media": lambda: _there(files.album(at, project, run_id, (), Steps.LAST)),
            "artifacts of a run": lambda: _there(
                projects.artifacts(at, project, run_id)
            ),
            "artifacts of a project": lambda: _there(
                projects.artifacts(at, project, "")
            ),
        }

    def _judged(self, what: str, ask: Callable[[], str]) -> Finding:
        before = set(self.at.unknown)
        try:
            said = ask()
        except (NoGraphqlError, UnknownFieldError) as e:
            return Finding(what, f"this server is older: {e}")
        except SourceError as e:
            return Finding(what, str(e), e.exit_code)
        if self.at.unknown - before:
            return Finding(what, "this server is older: asked in another way, slower")
        wrong = not said.startswith(_FINE)
        said = said.removeprefix(_FINE).removeprefix(": ").removeprefix(", ")
        return Finding(what, said, ExitCode.NETWORK if wrong else None)

    def _config(self) -> str:
        """Request a missing config key: other keys in the answer mean no filter."""
        query = runs_query(Query(limit=1, summary=(), config=(_NO_KEY,)))
        found = pages.runs(self.at, self.project, query)
        nodes = list(found.nodes) if found else []
        given = [key for node in nodes for key in reading.table(node.get("config"))]
        if given:
            return f"{_FINE}, but all {len(given)} keys come whatever is asked for"
        return _FINE

    def _heartbeat(self, node: Node) -> str:
        """Look for a run by its heartbeat."""
        beat = reading.moment(node.get("heartbeatAt"))
        if beat is None:
            return f"{_FINE}: not checked, no run has a heartbeat"
        since = (beat - timedelta(seconds=60)).isoformat().replace("+00:00", "Z")
        filters = {"heartbeatAt": {"$gt": since}}
        query = runs_query(Query(filters, limit=1, summary=(), config=()))
        found = pages.runs(self.at, self.project, query)
        if found and found.total:
            return f"{_FINE}: finds {found.total} runs"
        return (
            f"misses a run whose last heartbeat was at {beat:%Y-%m-%d %H:%M:%S} UTC;"
            " runs that start and end between two checks are missed"
        )

    def _keys(self, run_id: str) -> str:
        self.keys = self._logged(run_id)
        return f"{_FINE}: {len(self.keys)} keys with numbers"

    def _logged(self, run_id: str) -> list[str]:
        query = runs_query(Query(ids=(run_id,), summary=(), config=()))
        nodes = graphql.keys(self.at, self.project, query) or []
        return [k for n in nodes for k in reading.table(n.get("summaryMetrics"))]

    def _key(self) -> str | None:
        return next((key for key in self.keys if key[:1] != "_"), None)

    def _samples(self, run_id: str) -> str:
        """Request a few rows twice, to see whether the server samples the same ones."""
        key = self._key()
        if key is None:
            return f"{_FINE}: not checked, the newest run logged no numbers"
        spec = json.dumps({"keys": ["_step", key], "samples": 20})
        first, second = (
            graphql.rows(self.at, self.project, [(run_id, [spec, spec])])[0]
            for _ in range(2)
        )
        if not first or not first[0]:
            return f"no rows of {key}, which the run logged"
        same = "the same each time" if first == second else "another sample each time"
        return f"{_FINE}: {len(first[0])} rows of {key}, {same}"

    def _tail(self, node: Node, run_id: str) -> str:
        key, last = self._key(), _last_step(node)
        if key is None or last < 0:
            return f"{_FINE}: not checked, the newest run logged no numbers"
        start = max(int(last) - 50, 0)
        spec = {"keys": ["_step", key], "samples": 100, "minStep": start}
        (rows,) = graphql.rows(self.at, self.project, [(run_id, [json.dumps(spec)])])
        steps = [tails.step_of(row) for row in rows[0]] if rows else []
        if any(step is not None and step < start for step in steps):
            return "the server ignores minStep: curves may end too early"
        return f"{_FINE}: {len(steps)} rows of {key} from step {start}"


def _last_step(node: Node) -> float:
    last = reading.number(reading.table(node.get("summaryMetrics")).get("_step"))
    return -1.0 if last is None else last


def _there(found: object) -> str:
    return "nothing there" if found is None else _FINE


def _count(found: tuple[object, ...] | None, what: str) -> str:
    if found is None:
        return "nothing there"
    return f"{_FINE}: {len(found)} {what}{'' if len(found) == 1 else 's'}"
