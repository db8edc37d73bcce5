from __future__ import annotations

import math

import pytest
from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.query import Axis, AxisKind, Query
from wandbwatch.model.run import Series
from wandbwatch.sources.cloud import plugin, tails, transport

from tests.servers.wandb import Run

ROWS = [
    {"_step": 2 * i, "_runtime": i / 2, "_timestamp": 1e9 + i / 2, "loss": 1 / (i + 1)}
    | ({"val/acc": i / 10, "nested": {"a": i}} if i % 5 == 0 else {})
    for i in range(20)
]
STEPS = Axis()
GPT = Cloud("acme", "gpt")


def no_wire(*_: object) -> None:
    raise transport.NoGraphqlError


@pytest.fixture(params=["one document", "exported"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "exported":
        monkeypatch.setattr("wandbwatch.sources.cloud.graphql.execute", no_wire)
    return str(request.param)


def drawn(keys: list[str], axis: Axis = STEPS, query: Query | None = None):
    """Return the points of each key of the one run there is."""
    (curves,) = plugin(GPT).curves(query or Query(), keys, axis)
    return {key: points(one) for key, one in curves.series.items()}


def points(one: Series) -> list[tuple[float, float]]:
    return list(zip(one.x, one.y, strict=True))


def test_every_key_keeps_its_own_steps(server):
    server.store.add(Run("abc", rows=ROWS))
    found = drawn(["val/acc", "loss", "nested.a", "never"])
    assert found["loss"] == [(row["_step"], row["loss"]) for row in ROWS]
    assert found["val/acc"] == [(0, 0), (10, 0.5), (20, 1.0), (30, 1.5)]
    assert found["nested.a"] == [(0, 0), (10, 5), (20, 10), (30, 15)]
    assert list(found) == ["val/acc", "loss", "nested.a"]


@pytest.mark.parametrize(
    ("axis", "first"),
    [
        (Axis(AxisKind.RUNTIME), [(0, 0), (2.5, 0.5)]),
        (Axis(AxisKind.WALL), [(1e9, 0), (1e9 + 2.5, 0.5)]),
        (Axis(AxisKind.KEY, "loss"), [(1, 0), (1 / 6, 0.5)]),
    ],
)
def test_an_axis_is_read_from_the_same_rows(server, axis, first):
    server.store.add(Run("abc", rows=ROWS))
    assert drawn(["val/acc"], axis)["val/acc"][:2] == first


def test_fifty_runs_and_eight_keys_are_one_request(server, way):
    keys = [f"key{k}" for k in range(8)]
    rows = [{"_step": i} | dict.fromkeys(keys, 1.0) for i in range(3)]
    server.store.add(*(Run(f"r{i}", rows=rows) for i in range(50)))
    found = plugin(GPT).curves(Query(), [*keys, "system/cpu"], STEPS)
    assert len(found) == 50
    assert all(len(curves.series) == 8 for curves in found)
    requests = 1 if way == "one document" else 1 + 50 * (8 + 2)
    assert server.data_requests == requests


def test_what_is_not_finite_stays_where_it_happened(server):
    values = [1.0, math.nan, math.inf, -math.inf, "NaN", "Infinity", 10**400]
    rows = [{"_step": i, "y": value} for i, value in enumerate(values)]
    server.store.add(Run("abc", rows=rows))
    assert str([y for _, y in drawn(["y"])["y"]]) == str(
        [1.0, math.nan, math.inf, -math.inf, math.nan, math.inf, math.inf]
    )


def test_what_is_no_number_is_no_point(server):
    values = ["text", True, {"_type": "histogram"}, [1], 5]
    rows = [{"_step": i, "y": value} for i, value in enumerate(values)]
    server.store.add(Run("abc", rows=rows))
    assert drawn(["y"]) == {"y": [(1, 1), (4, 5)]}


def test_a_long_run_is_sampled_and_ends_where_it_ended(server):
    last = 25_000
    rows = [{"_step": i, "loss": i / last} for i in range(last + 1)]
    server.store.add(Run("abc", rows=rows, summary={"loss": 1.0, "_step": last}))
    (curves,) = plugin(GPT).curves(Query(summary=()), ["loss"], STEPS)
    loss = curves.series["loss"]
    assert loss.sampled
    assert tails.SAMPLES < len(loss.x) < 4 * tails.SAMPLES
    assert loss.exact <= last - 200
    assert (loss.x[-1], loss.y[-1]) == (last, 1.0)
    assert curves.run.summary == {}


def test_a_key_that_ended_early_is_not_drawn_on(server):
    rows = [{"_step": i, "warmup": i} for i in range(2000)]
    server.store.add(Run("abc", rows=rows, summary={"warmup": 1999, "_step": 99_999}))
    assert drawn(["warmup"])["warmup"][-1][0] < 2000


def test_a_short_series_is_what_was_logged(server):
    rows = [{"_step": 5, "best": 1.0}]
    server.store.add(Run("abc", rows=rows, summary={"best": 2.0, "_step": 9}))
    assert drawn(["best"]) == {"best": [(5, 1.0)]}


def system_run() -> Run:
    measured = [
        {"_runtime": i * 3.0, "_timestamp": 1e9 + i * 3.0, "system.cpu": i}
        for i in range(3)
    ]
    return Run("abc", rows=ROWS, event_rows=measured)


@pytest.mark.parametrize(
    ("axis", "places"),
    [
        (Axis(AxisKind.RUNTIME), [0, 3, 6]),
        (Axis(AxisKind.WALL), [1e9, 1e9 + 3, 1e9 + 6]),
        (STEPS, [0, 12, 24]),
        (Axis(AxisKind.KEY, "_runtime"), [0, 3, 6]),
    ],
)
def test_system_metrics_are_drawn_over_any_axis(server, axis, places):
    server.store.add(system_run())
    keys = ["loss", "system/cpu", "system/never"]
    found = drawn(keys, axis, Query(summary=("loss",), config=()))
    assert found["system/cpu"] == list(zip(places, range(3), strict=True))
    assert list(found) == ["loss", "system/cpu"]


def test_system_metrics_of_a_run_without_rows_stand_at_their_time(server):
    measured = [{"_runtime": 3.0, "_timestamp": 1e9, "system.cpu": 1}]
    server.store.add(Run("abc", event_rows=measured))
    assert drawn(["system/cpu"]) == {"system/cpu": [(3, 1)]}
    assert drawn(["system/c*", "system/x*"]) == {"system/cpu": [(3, 1)]}


def test_only_the_runs_named_are_drawn(server):
    server.store.add(*(Run(f"r{i}", rows=ROWS) for i in range(4)))
    found = plugin(GPT).curves(Query(ids=("r1", "r3")), ["loss"], STEPS)
    assert {curves.run.id for curves in found} == {"r1", "r3"}
    with pytest.raises(NotFoundError, match="run 'acme/gpt/r9' not found"):
        plugin(GPT).curves(Query(ids=("r1", "r9")), ["loss"], STEPS)
