"""Runs with curves for the tests of plots, and what a report says of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wandbwatch.cli import grammar
from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.memory import Memory
from wandbwatch.model.query import Axis, Curves, Listing, Query
from wandbwatch.model.report import Note, Plot, Report
from wandbwatch.model.run import Json, Run, Series, State

from tests.fakes import FakeSource, fake_env

Logged = Mapping[str, Sequence[tuple[float, float]]]

LOSS = [(0, 2.0), (1, 1.0), (2, math.nan)]
VAL = [(0, 2.5), (2, 1.5)]
CLOCK = [(0, 10.0), (1, 3600.0), (2, 7200.0)]


class Logs(FakeSource):
    """Runs with curves of their own; keeps every question."""

    def __init__(
        self,
        logged: Mapping[str, Logged],
        total: int = 0,
        own_axes: Mapping[str, str] | None = None,
        columns: Mapping[str, Sequence[HistogramColumn]] | None = None,
        **told: Mapping[str, Any],
    ) -> None:
        """*told* are fields of runs by their ids: ``a1={"group": "x"}``."""
        runs = [replace(run(one, logged[one]), **told.get(one, {})) for one in logged]
        histogram: Json = {"_type": "histogram", "bins": [0, 1], "values": [1]}
        spread = dict.fromkeys(columns or (), histogram)
        runs = [replace(r, summary={**r.summary, **spread}) for r in runs]
        super().__init__(runs, columns=columns, own_axes=own_axes)
        self.known = {one.id: one for one in runs}
        self.logged = logged
        self.total = total
        self.asked_curves: list[tuple[Query, tuple[str, ...], Axis]] = []

    def runs(self, query: Query) -> Listing:
        found = super().runs(query)
        return replace(found, total=self.total or found.total)

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis
    ) -> tuple[Curves, ...]:
        self.asked_curves.append((query, tuple(keys), axis))
        if missing := set(query.ids) - set(self.logged):
            raise NotFoundError(f"no run {missing}")
        ids = [one for one in self.logged if not query.ids or one in query.ids]
        return tuple(
            Curves(
                self.known[one],
                series(self.logged[one], keys),
                {k: v for k, v in self._own_axes.items() if k in keys},
            )
            for one in ids[: query.limit or None]
        )


def run(name: str, logged: Logged) -> Run:
    return Run(
        name,
        f"run {name}",
        State.RUNNING,
        entity="me",
        project="p",
        url=f"https://w.example/me/p/runs/{name}",
        summary={key: points[-1][1] for key, points in logged.items() if points},
        system={"cpu": 3.0},
    )


def series(logged: Logged, keys: Sequence[str]) -> dict[str, Series]:
    return {
        key: Series(key, [x for x, _ in logged[key]], [y for _, y in logged[key]])
        for key in keys
        if logged.get(key)
    }


def told(
    source: Logs, line: str, place: str = "me/p", memory: Memory | None = None
) -> Report:
    env = replace(fake_env(source), memory=memory)
    (report,) = grammar.parse(f"image {place} {line}", env).reports
    return report


def posted(source: Logs, line: str) -> Report:
    """Return the report of a subscription, where a key may come later."""
    return told(source, line, memory=Memory())


def plots(report: Report) -> list[Plot]:
    return [block for block in report.blocks if isinstance(block, Plot)]


def notes(report: Report) -> list[str]:
    return [block.text for block in report.blocks if isinstance(block, Note)]


def points(plot: Plot) -> dict[str, list[tuple[float, float]]]:
    return {
        line.run: list(zip(line.series.x, line.series.y, strict=True))
        for line in plot.lines
    }


TWO = {
    "a1": {"train/loss": LOSS, "val/loss": VAL, "_runtime": CLOCK},
    "b2": {"train/loss": LOSS[:2], "_runtime": CLOCK[:2]},
}
