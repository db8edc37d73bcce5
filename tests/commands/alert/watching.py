"""Runs that log a key each minute, and a line of a subscription that watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from wandbwatch.cli import grammar
from wandbwatch.model.memory import Memory
from wandbwatch.model.query import Axis, AxisKind, Curves, Query
from wandbwatch.model.report import Report
from wandbwatch.model.run import Run, Series, State
from wandbwatch.model.run_details import Printed

from tests.fakes import NOW, FakeSource, fake_env

MINUTE = timedelta(minutes=1)
PAGE = "https://w.example/me/p"


def run(run_id: str, state: State = State.RUNNING, **changes: object) -> Run:
    whole = Run(
        run_id,
        f"name of {run_id}",
        state,
        created=NOW,
        heartbeat=NOW,
        runtime=60.0,
        last_step=3,
        entity="me",
        project="p",
        url=f"{PAGE}/runs/{run_id}",
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


class Logged(FakeSource):
    """Runs that log one key each minute from NOW on, a list of values a run."""

    def __init__(
        self,
        runs: Sequence[Run],
        values: Mapping[str, Sequence[float]],
        console: Sequence[Printed] = (),
    ) -> None:
        super().__init__(runs, (), console)
        self.values = values

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis
    ) -> tuple[Curves, ...]:
        assert axis == Axis(AxisKind.WALL)
        found = []
        for one in self.runs(query).runs:
            ys = self.values.get(one.id, ())
            xs = [(NOW + MINUTE * i).timestamp() for i in range(len(ys))]
            known = {"x": Series("x", xs, ys), "_step": Series("_step", xs, xs)}
            found.append(Curves(one, {k: known[k] for k in keys if k in known and xs}))
        return tuple(found)


class Line:
    """A line of a subscription; each tick is a minute after the last one."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.told: dict[str, str] = {}
        self.minutes = 0
        self.console: tuple[Printed, ...] = ()

    def tick(
        self,
        *runs: Run,
        minute: int | None = None,
        values: Mapping[str, Sequence[float]] | None = None,
        **more: Sequence[float],
    ) -> list[Report]:
        self.minutes = self.minutes if minute is None else minute
        self.source = Logged(runs, {**(values or {}), **more}, self.console)
        memory = Memory(self.told)
        now = NOW + MINUTE * self.minutes
        env = replace(fake_env(self.source), memory=memory, now=lambda: now)
        reports = list(grammar.parse(self.line, env).reports)
        self.told |= {k: v for k, v in memory.changes.items() if v is not None}
        self.minutes += 1
        return reports


def block(report: Report, kind: type) -> object:
    return next(b for b in report.blocks if isinstance(b, kind))
