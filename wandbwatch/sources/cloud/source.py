"""The runs of a project on a W&B server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

from wandbwatch.analysis.objective import choose, curve_keys
from wandbwatch.model.address import Cloud
from wandbwatch.model.drawing import Distributions
from wandbwatch.model.errors import (
    NoProjectError,
    SourceError,
    UsageError,
    WandbwatchError,
)
from wandbwatch.model.media import Album, Artifacts, RunFile, When
from wandbwatch.model.ports import Finding
from wandbwatch.model.query import Axis, Curves, Listing, Query
from wandbwatch.model.report import remark
from wandbwatch.model.run import Run
from wandbwatch.model.run_details import Alert, Printed, Provenance, Sweep
from wandbwatch.sources.cloud import (
    failures,
    files,
    graphql,
    pages,
    projects,
    public_api,
    reading,
    series,
    session,
    tails,
    together,
)
from wandbwatch.sources.cloud import query as asking
from wandbwatch.sources.cloud.query import FoundRuns, Node, Project, RunsQuery
from wandbwatch.sources.cloud.session import CloudAccount
from wandbwatch.sources.cloud.tails import SAMPLES
from wandbwatch.sources.cloud.transport import Budget, Connection

T = TypeVar("T")
Keys: TypeAlias = Callable[[Connection, Project, RunsQuery], list[Node] | None]
"""Asks which keys runs logged."""
More: TypeAlias = Callable[[Connection, Project, RunsQuery], RunsQuery]
"""Adds what else is asked of runs."""
Tails: TypeAlias = Callable[[Connection, Project, list[Node]], list[Node]]
"""Puts the exact ends of long histories into runs."""

_CURVES_A_PAGE = 50
_SMALL = 3
"""Runs whose curves are small enough to be asked for in any case."""
_LIKELY = 8
"""How many of them are asked for."""


class CloudSource:
    """Reads with the wandb package; imports and requests wait for the first call."""

    def __init__(self, address: Cloud) -> None:
        self._address = address
        self._session = session.session(address.server)
        self._budget = Budget()

    @staticmethod
    def account() -> CloudAccount:
        return CloudAccount()

    @staticmethod
    def together(
        work: Sequence[Callable[[], object]],
    ) -> list[object | WandbwatchError]:
        """Run pieces of *work* that share one document for their requests to W&B."""
        return together.run(work)

    @staticmethod
    def examine(
        address: Cloud, record: Callable[[Mapping[str, Any]], None] | None
    ) -> Iterator[Finding]:
        """Check what the server of *address* supports; see `examination`."""
        from wandbwatch.sources.cloud.examination import (  # noqa: PLC0415 (seldom needed)
            examine,
        )

        return examine(CloudSource(address), record)

    def connected(self, work: Callable[[Connection, Project | None], T]) -> T:
        """Run *work* with the connection to the server, and the project if any."""
        named = self._address.project or self._address.entity
        return self._ask(lambda at: work(at, self._project(at) if named else None))

    def run(self) -> Run:
        """Return the addressed run with all details."""
        run_id = self._address.run
        if run_id is None:
            raise UsageError(
                f"{self._address} is not one run; "
                f"`wandbwatch project {self._address}` lists its runs"
            )

        def find(at: Connection) -> tuple[Project, Node | None]:
            project = self._project(at)
            return project, graphql.asked(
                at,
                "run",
                lambda: graphql.run(at, project, run_id),
                lambda: public_api.run(at.own, project, run_id),
            )

        project, node = self._ask(find)
        if node is None:
            raise failures.no_run(project, run_id)
        return reading.run(node, project)

    def runs(self, query: Query) -> Listing:
        if query.names and (named := self._named(query)) is not None:
            return named
        if query.numbers and query.summary is None:
            query = replace(query, summary=self._likely(query), numbers=False)
        project, nodes, total = self._nodes(query, lambda _at, _of, asked: asked)
        return Listing(tuple(_run(node, project, query) for node in nodes), total)

    def _likely(self, query: Query) -> tuple[str, ...] | None:
        """Return the summary keys that runs are compared by; None means all."""
        few = replace(query, limit=asking.FEW, summary=(), config=())
        runs = self._logged(few, graphql.keys) or ()
        return curve_keys(runs, _LIKELY) if choose(runs).objective else None

    def _named(self, query: Query) -> Listing | None:
        """Return runs with the names of the keys that they logged; None if the server
        does not list them."""
        ask = graphql.keys if query.numbers else graphql.names
        runs = self._logged(replace(query, summary=(), config=()), ask)
        return None if runs is None else Listing(runs, len(runs))

    def _logged(self, query: Query, ask: Keys) -> tuple[Run, ...] | None:
        asked = asking.runs_query(self._addressed(query), self._address.sweep or "")

        def find(at: Connection) -> tuple[Run, ...] | None:
            project = self._project(at)
            nodes = graphql.asked(
                at, "keys", lambda: ask(at, project, asked), lambda: None
            )
            if nodes is None:
                return None
            return tuple(reading.run(node, project) for node in nodes)

        return self._ask(find)

    def _addressed(self, query: Query) -> Query:
        if self._address.run:
            return replace(query, ids=(self._address.run, *query.ids))
        return query

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis
    ) -> tuple[Curves, ...]:
        """Return the runs' series; long ones are sampled, except at their ends."""

        query = self._addressed(query)
        measured = any(key.startswith(series.SYSTEM) for key in keys)
        page = asking.MOST_A_PAGE if query.rows else _CURVES_A_PAGE

        def specs() -> tuple[str, ...]:
            rows = 0 if tails.windowed(query) else query.rows
            return series.specs(keys, axis, query.points or rows or SAMPLES)

        def curved(at: Connection, of: Project, asked: RunsQuery) -> RunsQuery:
            nonlocal query
            if at.totals.get(str(of), _SMALL + 1) <= _SMALL:
                query = replace(query, rows=0)
            last = bool(query.rows)
            return replace(
                asked,
                config=asked.config if last else series.beside(asked.config),
                specs=() if last else specs(),
                ahead=tails.ahead(at, of, query, specs()),
                samples=SAMPLES,
                system=measured and not last,
                last_system=measured,
            )

        def exact(at: Connection, of: Project, nodes: list[Node]) -> list[Node]:
            return tails.complete(at, of, nodes, specs(), query)

        project, nodes, _ = self._nodes(query, curved, page, exact)
        found = []
        for node in nodes:
            drawn = series.series(node, keys, axis)
            own = series.own_axes(node, drawn)
            found.append(Curves(_run(node, project, query), drawn, own))
        return tuple(found)

    def distributions(
        self, query: Query, keys: Sequence[str], axis: Axis
    ) -> tuple[Distributions, ...]:
        """Return the runs' histograms, at most HISTOGRAM_SAMPLES of each."""
        keys = tuple(dict.fromkeys(keys))
        specs = series.distribution_specs(keys, axis)

        def spread(_at: Connection, _of: Project, asked: RunsQuery) -> RunsQuery:
            return replace(asked, config=series.beside(asked.config), specs=specs)

        project, nodes, _ = self._nodes(query, spread, _CURVES_A_PAGE)
        return tuple(
            series.read_distributions(_run(node, project, query), node, keys, axis)
            for node in nodes
        )

    def console(self, run_id: str, last: int) -> tuple[Printed, ...]:
        return self._of_run(run_id, lambda at, of: files.console(at, of, run_id, last))

    def alerts(self, _run_id: str) -> tuple[Alert, ...]:
        """Return none: W&B forwards alerts, and has no API to read them later."""
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
            lambda at, of: public_api.sweep(at.own, of, sweep_id),
            lambda at: failures.no_project(replace(at, sweep=sweep_id)),
        )

    def sweeps(self) -> tuple[Sweep, ...]:
        found = self._ask(lambda at: projects.sweeps(at, self._project(at)))
        return tuple(sorted(found, key=_age, reverse=True))

    def media(self, run_id: str, keys: Sequence[str], when: When) -> Album:
        return self._of_run(
            run_id, lambda at, of: files.album(at, of, run_id, keys, when)
        )

    def files(self, run_id: str, paths: Sequence[str] | None) -> tuple[RunFile, ...]:
        server = self._session
        return self._of_run(
            run_id, lambda at, of: files.files(at, of, run_id, paths, server.server)
        )

    def artifacts(self, run_id: str) -> Artifacts:
        run_id = run_id or self._address.run or ""
        return self._found(
            lambda at, of: projects.artifacts(at, of, run_id),
            lambda at: (
                failures.no_run(at, run_id) if run_id else failures.no_project(at)
            ),
        )

    def stop(self, run_id: str) -> None:
        self._of_run(run_id, lambda at, of: public_api.stop(at.own, of, run_id))

    def _of_run(
        self, run_id: str, look: Callable[[Connection, Project], T | None]
    ) -> T:
        """Request something of a run; None means that there is no such run."""
        return self._found(look, lambda at: failures.no_run(at, run_id))

    def _found(
        self,
        look: Callable[[Connection, Project], T | None],
        missing: Callable[[Project], Exception],
    ) -> T:
        def find(at: Connection) -> T:
            project = self._project(at)
            found = look(at, project)
            if found is None:
                raise missing(project)
            return found

        return self._ask(find)

    def _nodes(
        self,
        query: Query,
        more: More,
        page: int = asking.MOST_A_PAGE,
        complete: Tails | None = None,
    ) -> tuple[Project, list[Node], int]:
        query = self._addressed(query)
        sweep_id = self._address.sweep or ""

        def find(at: Connection) -> tuple[Project, list[Node] | None, int]:
            project = self._project(at)
            asked = more(at, project, asking.runs_query(query, sweep_id, page))

            def read(found: FoundRuns | None) -> tuple[list[Node] | None, int]:
                if found is None:
                    return None, 0
                nodes = reading.ranked(found.nodes, query.order, query.limit)
                if not at.notes:  # else one that is missing may not have been read
                    whole = not query.limit
                    whole = whole or bool(self._address.run and not query.filters)
                    _check_ids(project, nodes, query.ids if whole else ())
                if complete is not None:
                    nodes = complete(at, project, nodes)
                return nodes, found.total

            return project, *graphql.asked(
                at,
                "runs",
                lambda: read(pages.runs(at, project, asked)),
                lambda: read(public_api.runs(at.own, project, asked)),
            )

        project, nodes, total = self._ask(find)
        if nodes is None:
            raise failures.no_project(project)
        return project, nodes, total

    def _ask(self, work: Callable[[Connection], T]) -> T:
        """Send the query, and add remarks about its answer."""

        notes: list[str] = []

        def noted(at: Connection) -> T:
            at.notes = notes
            return work(at)

        try:
            found = self._session.ask(noted, self._budget)
        except NoProjectError as e:
            e.hint = lru_cache(self._near)
            raise
        for note in notes:
            remark(note)
        return found

    def _near(self) -> str:
        try:
            found = self._session.ask(lambda at: projects.near(at, self._project(at)))
        except SourceError:
            return failures.OR_PRIVATE
        return found or failures.OR_PRIVATE

    def _project(self, at: Connection) -> Project:
        """Fill in the missing parts of the address, as wandb does; needs an account."""
        whole = self._address.entity and self._address.project
        api = at.api if whole else at.own
        name = self._address.project or api.settings["project"]
        if not name:
            run = self._address.run
            path = f"ENTITY/PROJECT/{run}" if run else "ENTITY/PROJECT"
            experiments = "`wandbwatch experiments` lists this machine's experiments"
            numbered = f"; {experiments}" if (run or "").isdecimal() else ""
            raise UsageError(
                f"no project: write {path}, or set WANDB_PROJECT to one{numbered}"
            )
        entity = self._address.entity or api.settings["entity"] or api.default_entity
        if not entity:
            raise UsageError(
                f"whose project is {name!r}? Write ENTITY/PROJECT, or set WANDB_ENTITY"
            )
        return Project(entity, name, self._address.sweep or "")


def _age(sweep: Sweep) -> float:
    return sweep.created.timestamp() if sweep.created else 0.0


def _run(node: Node, project: Project, query: Query) -> Run:
    run = reading.run(node, project)
    return replace(
        run,
        summary=reading.only(run.summary, query.summary),
        config=reading.only(run.config, query.config),
    )


def _check_ids(project: Project, nodes: Sequence[Node], wanted: Sequence[str]) -> None:
    found = {node.get("name") for node in nodes}
    for run_id in wanted:
        if run_id not in found:
            raise failures.no_run(project, run_id)
