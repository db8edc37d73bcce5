"""The runs of a project on a W&B server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any, TypeVar

from wandbwatch.model.address import Cloud
from wandbwatch.model.drawing import Distributions
from wandbwatch.model.errors import UsageError
from wandbwatch.model.media import Album, Artifacts, RunFile, When
from wandbwatch.model.query import Axis, Curves, Listing, Query
from wandbwatch.model.run import Run
from wandbwatch.model.run_details import Alert, Printed, Provenance, Sweep
from wandbwatch.sources.cloud import (
    album,
    artifacts,
    console,
    failures,
    files,
    graphql,
    public_api,
    reading,
    series,
    session,
    sweep,
)
from wandbwatch.sources.cloud import query as asking
from wandbwatch.sources.cloud.graphql import NoGraphqlError
from wandbwatch.sources.cloud.query import Node, Project, RunsQuery
from wandbwatch.sources.cloud.session import CloudAccount
from wandbwatch.sources.cloud.wandb_core import prepared

T = TypeVar("T")

_CURVES_A_PAGE = 50


class CloudSource:
    """Reads by the wandb package; nothing is imported or asked before a method."""

    def __init__(self, address: Cloud) -> None:
        self._address = address
        self._session = session.session(address.server)

    @staticmethod
    def account() -> CloudAccount:
        return CloudAccount()

    def run(self) -> Run:
        """Return the addressed run with everything that W&B knows of it."""
        run_id = self._address.run
        if run_id is None:
            raise UsageError(
                f"{self._address} is not one run; "
                f"`wandbwatch project {self._address}` lists its runs"
            )

        def find(api: Any) -> tuple[Project, Node | None]:
            project = self._project(api)
            return project, _ask(lambda way: way.run(api, project, run_id))

        project, node = self._session.ask(find)
        if node is None:
            raise failures.no_run(project, run_id)
        return reading.run(node, project)

    def runs(self, query: Query) -> Listing:
        project, nodes, total = self._nodes(query, lambda asked: asked)
        return Listing(tuple(_run(node, project, query) for node in nodes), total)

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis
    ) -> tuple[Curves, ...]:
        """Return the runs' series, at most `series.SAMPLES` points of each key."""

        def curved(asked: RunsQuery) -> RunsQuery:
            summary = asked.summary
            if summary is not None:
                summary = (*summary, *series.logged(keys), series.axis_key(axis))
            return replace(
                asked,
                summary=summary,
                config=series.beside(asked.config),
                specs=series.specs(keys, axis),
                samples=series.SAMPLES,
                system=any(key.startswith(series.SYSTEM) for key in keys),
            )

        project, nodes, _ = self._nodes(query, curved, _CURVES_A_PAGE)
        found = []
        for node in nodes:
            summary = reading.run(node, project).summary
            drawn = series.series(node, keys, axis, summary)
            own = series.own_axes(node, drawn)
            found.append(Curves(_run(node, project, query), drawn, own))
        return tuple(found)

    def distributions(
        self, query: Query, keys: Sequence[str], axis: Axis
    ) -> tuple[Distributions, ...]:
        """Return the runs' histograms, at most HISTOGRAM_SAMPLES of each."""
        keys = tuple(dict.fromkeys(keys))
        specs = series.distribution_specs(keys, axis)

        def spread(asked: RunsQuery) -> RunsQuery:
            return replace(asked, config=series.beside(asked.config), specs=specs)

        project, nodes, _ = self._nodes(query, spread, _CURVES_A_PAGE)
        return tuple(
            series.read_distributions(_run(node, project, query), node, keys, axis)
            for node in nodes
        )

    def console(self, run_id: str, last: int) -> tuple[Printed, ...]:
        return self._of_run(
            run_id, lambda api, at: console.console(api, at, run_id, last)
        )

    def alerts(self, _run_id: str) -> tuple[Alert, ...]:
        """Return none: W&B sends them on, and has no way to ask for them later."""
        return ()

    def provenance(self, run_id: str) -> Provenance:
        return files.provenance(self.files(run_id, files.PATHS))

    def sweep(self, sweep_id: str) -> Sweep:
        sweep_id = sweep_id or self._address.sweep or ""
        if not sweep_id:
            raise UsageError(
                f"{self._address} is not one sweep; write its id behind it"
            )

        return self._found(
            lambda api, at: sweep.sweep(api, at, sweep_id),
            lambda at: failures.no_project(replace(at, sweep=sweep_id)),
        )

    def media(self, run_id: str, keys: Sequence[str], when: When) -> Album:
        return self._of_run(
            run_id, lambda api, at: album.album(api, at, run_id, keys, when)
        )

    def files(self, run_id: str, paths: Sequence[str] | None) -> tuple[RunFile, ...]:
        server = self._session
        return self._of_run(
            run_id, lambda api, at: files.files(api, at, run_id, paths, server.server)
        )

    def artifacts(self, run_id: str) -> Artifacts:
        run_id = run_id or self._address.run or ""
        return self._found(
            lambda api, at: artifacts.artifacts(api, at, run_id),
            lambda at: (
                failures.no_run(at, run_id) if run_id else failures.no_project(at)
            ),
        )

    def _of_run(self, run_id: str, look: Callable[[Any, Project], T | None]) -> T:
        """Ask for something of a run; None is that there is no such run."""
        return self._found(look, lambda at: failures.no_run(at, run_id))

    def _found(
        self,
        look: Callable[[Any, Project], T | None],
        missing: Callable[[Project], Exception],
    ) -> T:
        def find(api: Any) -> tuple[Project, T | None]:
            project = self._project(api)
            return project, look(api, project)

        project, found = self._session.ask(find)
        if found is None:
            raise missing(project)
        return found

    def _nodes(
        self,
        query: Query,
        more: Callable[[RunsQuery], RunsQuery],
        page: int = asking.MOST_A_PAGE,
    ) -> tuple[Project, list[Node], int]:
        if self._address.run:
            query = replace(query, ids=(self._address.run, *query.ids))
        asked = more(asking.runs_query(query, self._address.sweep or "", page))

        def find(api: Any) -> tuple[Project, list[Node] | None, int]:
            project = self._project(api)

            def look(way: ModuleType) -> tuple[list[Node] | None, int]:
                found = way.runs(api, project, asked)
                if found is None:
                    return None, 0
                nodes = reading.ranked(found.nodes, query.order, query.limit)
                return nodes, found.total

            return project, *_ask(look)

        project, nodes, total = self._session.ask(find)
        if nodes is None:
            raise failures.no_project(project)
        _check_ids(project, nodes, query)
        return project, nodes, total

    def _project(self, api: Any) -> Project:
        """Fill in what the address leaves out, as wandb does."""
        name = self._address.project or api.settings["project"]
        if not name:
            run = self._address.run
            path = f"ENTITY/PROJECT/{run}" if run else "ENTITY/PROJECT"
            raise UsageError(f"no project: write {path}, or set WANDB_PROJECT to one")
        entity = self._address.entity or api.settings["entity"] or api.default_entity
        if not entity:
            raise UsageError(
                f"whose project is {name!r}? Write ENTITY/PROJECT, or set WANDB_ENTITY"
            )
        return Project(entity, name, self._address.sweep or "")


def _ask(question: Callable[[ModuleType], T]) -> T:
    """Ask by one document, or in the exported way where that is not understood."""
    try:
        return question(graphql)
    except NoGraphqlError:
        pass
    except Exception as e:
        if not failures.unknown_field(e):
            raise
    with prepared(private_runs=True):
        return question(public_api)


def _run(node: Node, project: Project, query: Query) -> Run:
    run = reading.run(node, project)
    return replace(
        run,
        summary=reading.only(run.summary, query.summary),
        config=reading.only(run.config, query.config),
    )


def _check_ids(project: Project, nodes: Sequence[Node], query: Query) -> None:
    found = {node.get("name") for node in nodes}
    for run_id in query.ids if not query.limit else ():
        if run_id not in found:
            raise failures.no_run(project, run_id)
