"""Histograms from a server, by one document and in the exported way."""

from __future__ import annotations

from typing import TypeVar

import pytest
from wandbwatch.model.address import Cloud
from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.model.query import Axis, AxisKind, Query
from wandbwatch.sources.cloud import plugin, series, transport

from tests.servers.wandb import Run

T = TypeVar("T")
GPT = Cloud("acme", "gpt")
BARE = Query(summary=(), config=())


def histogram(*counts: int) -> dict[str, object]:
    return {
        "_type": "histogram",
        "values": list(counts),
        "packedBins": {"min": 0, "size": 0.5, "count": len(counts)},
    }


ROWS = [
    {"_step": i, "epoch": i // 2, "g/w, $": histogram(i, 1), "loss": i}
    | ({"bad": {"_type": "histogram", "values": [1]}} if i else {})
    for i in range(6)
]
METRICS = [{"1": "epoch"}, {"2": "g/*", "5": 1}, {"1": "loss", "4": "epoch"}, 7]


def no_wire(*_: object) -> None:
    raise transport.NoGraphqlError


@pytest.fixture(params=["one document", "exported"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "exported":
        monkeypatch.setattr("wandbwatch.sources.cloud.graphql.execute", no_wire)
    return str(request.param)


def own(way: str, axes: dict[str, T]) -> dict[str, T]:
    """The wandb package exports a listed run's config without W&B's own part."""
    return axes if way == "one document" else {}


def test_histograms_over_steps_or_a_key(server, way):
    settings = {"_wandb": {"m": METRICS}}
    server.store.add(Run("abc", rows=ROWS, settings=settings))
    server.counts.clear()
    (found,) = plugin(GPT).distributions(BARE, ["g/w, $", "bad", "loss"], Axis())
    if way == "one document":
        assert server.data_requests == 1
    edges = (0.0, 0.5, 1.0)
    columns = tuple(HistogramColumn(i, edges, (i, 1)) for i in range(6))
    assert found.columns == {"g/w, $": columns}
    assert found.own_axes == own(way, {"g/w, $": "epoch"})
    assert found.sampled == frozenset()
    over = Axis(AxisKind.KEY, "epoch")
    (found,) = plugin(GPT).distributions(BARE, ["g/w, $"], over)
    assert [column.x for column in found.columns["g/w, $"]] == [0, 0, 1, 1, 2, 2]


def test_what_define_metric_said_comes_with_the_curves(server, way):
    settings = {"_wandb": {"m": METRICS}}
    server.store.add(Run("abc", rows=ROWS, settings=settings))
    (curves,) = plugin(GPT).curves(BARE, ["loss"], Axis())
    assert curves.own_axes == own(way, {"loss": "epoch"})
    assert curves.run.config == {}


def test_goals_of_define_metric_come_with_a_whole_summary(server, way):
    goals = [{"1": "val\\.acc", "8": 2}, {"2": "cost/*", "8": 1}, {"1": "x", "8": []}]
    server.store.add(Run("abc", rows=ROWS, settings={"_wandb": {"m": goals}}))
    (listed,) = plugin(GPT).runs(Query(config=())).runs
    assert listed.goals == own(way, {"val.acc": True, "cost/*": False})
    assert listed.config == {}


@pytest.mark.parametrize(
    "broken",
    [None, {}, 3, {"m": 3}, {"m": [{"5": 9}]}, {"m": [{"1": "loss", "5": 1}]}],
)
def test_a_broken_config_gives_no_axes(server, broken):
    server.store.add(Run("abc", rows=ROWS, settings={"_wandb": broken}))
    (curves,) = plugin(GPT).curves(BARE, ["loss"], Axis())
    assert curves.own_axes == {}


def test_a_long_history_is_said_to_be_sampled(server, monkeypatch):
    monkeypatch.setattr(series, "HISTOGRAM_SAMPLES", 4)
    server.store.add(Run("abc", rows=ROWS))
    (found,) = plugin(GPT).distributions(BARE, ["g/w, $"], Axis())
    assert len(found.columns["g/w, $"]) == 4
    assert found.sampled == {"g/w, $"}
