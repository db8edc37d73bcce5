"""A long history is a new sample at each request, and its end is exact each time."""

from __future__ import annotations

import math

import pytest
from wandbwatch.model.address import Cloud
from wandbwatch.model.query import Axis, AxisKind, Query, Reach
from wandbwatch.model.run import Series
from wandbwatch.sources.cloud import plugin, transport

from tests.servers.wandb import Run

GPT = Cloud("acme", "gpt")
LONG = 100_000
WALL = Axis(AxisKind.WALL)
END = Reach()


def row(step: int, **values: float) -> dict[str, float]:
    return {"_step": step, "_timestamp": 1e9 + step, "_runtime": float(step)} | values


@pytest.fixture(autouse=True)
def long_run(server):
    rows = [row(step, loss=float(step % 977)) for step in range(LONG)]
    for number, one in enumerate(rows):
        if number % 50 == 0:
            one["sparse"] = float(number)
    summary = {"loss": -1.0, "sparse": -1.0, "_step": LONG - 1}
    server.store.add(Run("abc", rows=rows, summary=summary))
    server.store.add(Run("short", rows=rows[:20]))
    return server


def curve(key: str, reach: Reach = END, axis: Axis = WALL) -> Series:
    query = Query(ids=("abc",), summary=(), config=(), reach=reach)
    (found,) = plugin(GPT).curves(query, (key,), axis)
    return found.series[key]


@pytest.mark.parametrize("axis", [WALL, Axis(), Axis(AxisKind.RUNTIME)])
def test_a_curve_ends_with_the_rows_that_were_logged(long_run, axis):
    loss = curve("loss", axis=axis)
    assert loss.sampled
    assert list(loss.y[-200:]) == [float(i % 977) for i in range(LONG - 200, LONG)]
    assert loss.x[-200] >= loss.exact
    assert long_run.counts["WandbwatchRuns"] == 1
    assert long_run.counts["WandbwatchRows"] <= 2


def test_a_sparse_key_ends_with_its_own_last_row():
    sparse = curve("sparse")
    assert sparse.y[-1] == LONG - 50
    assert [b - a for a, b in zip(sparse.y[-100:], sparse.y[-99:], strict=False)] == [
        50.0
    ] * 99


def test_rows_are_exact_as_far_back_as_they_are_needed():
    since = 1e9 + LONG - 30_000
    loss = curve("loss", Reach(since=since))
    assert loss.exact <= since
    late = [y for x, y in zip(loss.x, loss.y, strict=True) if x >= since]
    assert late == [float(i % 977) for i in range(LONG - 30_000, LONG)]


def test_a_number_of_rows_is_exact():
    loss = curve("loss", Reach(count=5000))
    assert list(loss.y[-5000:]) == [float(i % 977) for i in range(LONG - 5000, LONG)]
    assert loss.x[-5000] >= loss.exact


def test_a_whole_history_can_be_exact():
    loss = curve("loss", Reach(since=0.0, most=200_000))
    assert not loss.sampled
    assert list(loss.y) == [float(i % 977) for i in range(LONG)]
    assert loss.exact == -math.inf


def test_what_is_beyond_the_bound_is_not_exact():
    since = 1e9 + 10
    loss = curve("loss", Reach(since=since, most=5000))
    assert since < loss.exact < 1e9 + LONG - 5000 + 1000


def test_short_histories_take_one_request(long_run):
    query = Query(ids=("short",), summary=(), config=())
    (found,) = plugin(GPT).curves(query, ("loss",), WALL)
    assert len(found.series["loss"].x) == 20
    assert found.series["loss"].exact == -math.inf
    assert long_run.data_requests == 1


def test_a_last_value_is_that_of_the_last_row(long_run):
    query = Query(summary=(), config=(), rows=1)
    found = plugin(GPT).curves(query, ("loss", "sparse", "never"), WALL)
    last = {one.run.id: one.series["loss"].y[-1] for one in found}
    assert last == {"abc": float((LONG - 1) % 977), "short": 19.0}
    series = next(one.series for one in found if one.run.id == "abc")
    assert series["sparse"].y[-1] == LONG - 50
    assert "never" not in series
    assert long_run.sent["WandbwatchRows"] < 10_000


def test_a_few_last_rows_are_found_however_rare_they_are(long_run):
    query = Query(summary=(), config=(), rows=3)
    found = plugin(GPT).curves(query, ("loss", "sparse", "never"), WALL)
    series = next(one.series for one in found if one.run.id == "abc")
    assert list(series["sparse"].y[-3:]) == [LONG - 150.0, LONG - 100.0, LONG - 50.0]
    assert series["sparse"].exact <= series["sparse"].x[-3]
    assert long_run.sent["WandbwatchRows"] < 20_000


@pytest.mark.parametrize("count", [1, 30])
def test_a_window_is_read_without_the_rest_of_the_history(long_run, count):
    long_run.store.add(Run("other"), Run("more"))  # not so few runs
    reach = Reach(since=1e9 + LONG - 900, count=count)
    query = Query(summary=(), config=(), rows=count, reach=reach)
    for requests in (4, 1):
        long_run.sent.clear()
        before = long_run.data_requests
        found = plugin(GPT).curves(query, ("loss", "sparse", "never"), WALL)
        series = next(one.series for one in found if one.run.id == "abc")
        assert list(series["loss"].y[-900:]) == [
            float(i % 977) for i in range(LONG - 900, LONG)
        ]
        assert len(series["loss"].x) < 1500
        for one in series.values():
            assert one.exact <= reach.since
            assert len(one.x) >= count
        assert "never" not in series
        assert list(series["sparse"].y[-18:]) == [
            float(i) for i in range(LONG - 900, LONG, 50)
        ]
        assert sum(long_run.sent.values()) < 150_000
        assert long_run.data_requests <= before + requests


def test_a_window_that_is_longer_than_a_run_has_all_of_it(long_run):
    long_run.store.add(Run("other"), Run("more"))
    query = Query(summary=(), config=(), rows=1, reach=Reach(since=0.0))
    found = plugin(GPT).curves(query, ("loss",), WALL)
    short = next(one.series["loss"] for one in found if one.run.id == "short")
    assert (len(short.x), short.exact) == (20, -math.inf)
    whole = next(one.series["loss"] for one in found if one.run.id == "abc")
    assert whole.exact == -math.inf or whole.exact > whole.x[0]
    assert list(whole.y[-200:]) == [float(i % 977) for i in range(LONG - 200, LONG)]


def test_what_is_known_of_an_end_saves_the_second_request(long_run):
    query = Query(summary=(), config=(), rows=1)
    for _ in range(2):
        long_run.store.add(Run("other"), Run("more"))  # not so few runs
        plugin(GPT).curves(query, ("loss", "sparse", "never"), WALL)
        before = long_run.data_requests
        run = long_run.store.run("acme/gpt/abc")
        step = run.rows[-1]["_step"] + 1
        run.rows.append(row(step, loss=5.5))
        run.summary["_step"] = step
        found = plugin(GPT).curves(query, ("loss", "sparse", "never"), WALL)
        series = next(one.series for one in found if one.run.id == "abc")
        assert series["loss"].y[-1] == 5.5
        assert series["sparse"].y[-1] == LONG - 50
        assert long_run.data_requests == before + 1


def test_the_end_of_a_run_that_was_read_comes_with_its_curves(long_run):
    plugin(Cloud("acme", "gpt", "abc")).run()
    before = long_run.data_requests
    loss = curve("loss")
    assert list(loss.y[-200:]) == [float(i % 977) for i in range(LONG - 200, LONG)]
    assert curve("loss").y[-1] == loss.y[-1]
    assert long_run.data_requests == before + 2
    assert long_run.counts["WandbwatchRows"] == 0


def test_the_exported_way_has_the_same_end(monkeypatch):
    def no_wire(*_: object) -> None:
        raise transport.NoGraphqlError

    monkeypatch.setattr("wandbwatch.sources.cloud.graphql.execute", no_wire)
    loss = curve("loss")
    assert list(loss.y[-200:]) == [float(i % 977) for i in range(LONG - 200, LONG)]
