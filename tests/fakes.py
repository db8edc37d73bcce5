"""Stand-ins for the ports; each obeys its Protocol, mypy checks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from wandbwatch.analysis import keys as known_keys
from wandbwatch.model.drawing import Distributions, HistogramColumn
from wandbwatch.model.errors import UsageError, WandbwatchError
from wandbwatch.model.media import Album, Artifacts, RunFile, When
from wandbwatch.model.ports import Account, Env, Source
from wandbwatch.model.query import Axis, Curves, Listing, Query
from wandbwatch.model.run import Run, Series
from wandbwatch.model.run_details import Alert, Printed, Provenance, Sweep

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

NO_ALBUM = Album(())
NO_ARTIFACTS = Artifacts(())


class FakeSource:
    """Hands out *runs* whatever the filters, and keeps what it was asked."""

    def __init__(
        self,
        runs: Sequence[Run] = (),
        series: Sequence[Series] = (),
        console: Sequence[Printed] = (),
        *,
        sweep: Sweep | None = None,
        columns: Mapping[str, Sequence[HistogramColumn]] | None = None,
        own_axes: Mapping[str, str] | None = None,
        album: Album = NO_ALBUM,
        files: Sequence[RunFile] = (),
        artifacts: Artifacts = NO_ARTIFACTS,
    ) -> None:
        self._artifacts = artifacts
        self._columns = {k: tuple(v) for k, v in (columns or {}).items()}
        self._own_axes = own_axes or {}
        self._album = album
        self._files = tuple(files)
        self._sweep = sweep
        self.made_with: dict[str, Provenance] = {}
        self.raised: tuple[Alert, ...] = ()
        self._console = tuple(console)
        self._runs = tuple(runs)
        self._series = {s.key: s for s in series}
        self.asked = 0
        self.stopped: list[str] = []
        self.queries: list[Query] = []

    def run(self) -> Run:
        self.asked += 1
        if len(self._runs) != 1:
            raise UsageError("not one run")
        return self._runs[0]

    def runs(self, query: Query) -> Listing:
        self.asked += 1
        self.queries.append(query)
        found = [r for r in self._runs if not query.ids or r.id in query.ids]
        return Listing(tuple(found[: query.limit or None]), len(found))

    def curves(
        self, query: Query, keys: Sequence[str], _axis: Axis
    ) -> tuple[Curves, ...]:
        series = {k: self._series[k] for k in keys if k in self._series}
        own = {k: v for k, v in self._own_axes.items() if k in series}
        return tuple(Curves(run, series, own) for run in self.runs(query).runs)

    def distributions(
        self, query: Query, keys: Sequence[str], _axis: Axis
    ) -> tuple[Distributions, ...]:
        found = {k: self._columns[k] for k in keys if k in self._columns}
        own = {k: v for k, v in self._own_axes.items() if k in found}
        return tuple(Distributions(run, found, own) for run in self.runs(query).runs)

    def console(self, _run_id: str, last: int) -> tuple[Printed, ...]:
        self.asked += 1
        return self._console[-last:]

    def alerts(self, _run_id: str) -> tuple[Alert, ...]:
        return self.raised

    def provenance(self, run_id: str) -> Provenance:
        return self.made_with.get(run_id, Provenance())

    def sweep(self, _sweep_id: str) -> Sweep:
        self.asked += 1
        if self._sweep is None:
            raise UsageError("not one sweep")
        return self._sweep

    def sweeps(self) -> tuple[Sweep, ...]:
        self.asked += 1
        return (self._sweep,) if self._sweep else ()

    def media(self, _run_id: str, keys: Sequence[str], _when: When) -> Album:
        self.asked += 1
        chosen = known_keys.chosen(keys, {m.key for m in self._album.media})
        media = tuple(m for m in self._album.media if m.key in chosen)
        return replace(self._album, media=media)

    def files(self, _run_id: str, paths: Sequence[str] | None) -> tuple[RunFile, ...]:
        self.asked += 1
        return tuple(f for f in self._files if paths is None or f.path in paths)

    def artifacts(self, _run_id: str) -> Artifacts:
        self.asked += 1
        return self._artifacts

    def stop(self, run_id: str) -> None:
        self.stopped.append(run_id)


def fake_env(source: Source) -> Env:
    def no_account() -> Account:
        raise WandbwatchError("a test that needs an account brings one")

    return Env(
        source=lambda _address: source,
        now=lambda: NOW,
        account=no_account,
    )
