"""Both sources tell the same of one run that the real SDK logged online."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.model.address import Cloud, Local
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.ports import Screen, Source
from wandbwatch.model.query import Axis, AxisKind, Query
from wandbwatch.model.run import Json, Run, Series
from wandbwatch.sources.cloud import session, wandb_core

from tests.fakes import fake_env

SCRIPT = """
import math, sys, time, wandb
fast = wandb.Settings(x_stats_sampling_interval=0.1)
run = wandb.init(
    entity="acme", project="gpt", id="abc", name="Größe [b] @everyone", group="g",
    job_type="train", tags=["b", "a"], notes="two\\nlines", settings=fast,
    config={"lr": 1e-3, "opt": {"name": "adam", "betas": [0.9, 0.99]}, "none": None,
            "seed": 7, "flag": True},
)
run.define_metric("epoch")
run.define_metric("val/*", step_metric="epoch")
run.define_metric("q value", step_metric="nested.a.b")
run.define_metric("bins", step_metric="nested.a.b")
for i in range(60):
    row = {"train/loss": 1 / (i + 1), "nested": {"a": {"b": i}}, "日本": i * 0.5}
    if i % 20 == 0:
        row["val/acc"] = i / 60
        row["epoch"] = i // 20
    if i == 10:
        row["train/loss"] = math.nan
    if i == 20:
        row["train/loss"] = math.inf
    if i == 30:
        row["once"] = -1.5
        row["bins"] = wandb.Histogram([1, 2, 3])
    if i % 15 == 0:
        row["gradients/layer.0, $w"] = wandb.Histogram([i, 2, 3], num_bins=4)
        row["q value"] = i
        row["dist"] = {"return": wandb.Histogram(np_histogram=([i, 2], [0, 1, 5]))}
    run.log(row)
    time.sleep(0.02)
run.summary["best"] = {"epoch": 2, "loss": math.nan}
print("hello")
print("  5%|#\\r 50%|##\\r100%|###", file=sys.stderr)
print("\\x1b[31mred\\x1b[0m")
run.finish(exit_code=CODE)
"""
KEYS = [
    *["train/loss", "val/acc", "nested.a.b", "日本", "epoch", "once", "bins"],
    *["q value", "never", "best.loss", "system/cpu", "system/never"],
]
SERVERS_OWN = {"url", "user", "created", "last heard", "runtime"}


@dataclass(frozen=True)
class Both:
    cloud: Source
    local: Source


@pytest.fixture(params=[0, 3], ids=["finished", "failed"])
def both(request, wandb_server, log_run) -> Iterator[Both]:
    directory: Path = log_run(SCRIPT.replace("CODE", str(request.param)))
    assert wandb_server.store.run("acme/gpt/abc") is not None
    (one,) = directory.glob("run-*-abc")
    wandb_core.kill()
    session.forget()

    def source(kind: str, address: Cloud | Local) -> Source:
        found: Source = plugins.load("wandbwatch.sources", kind)(address)
        return found

    yield Both(
        source("cloud", Cloud("acme", "gpt", "abc")), source("local", Local(one))
    )
    wandb_core.kill()
    session.forget()


AXES = [
    *[Axis(kind) for kind in (AxisKind.STEP, AxisKind.RUNTIME, AxisKind.WALL)],
    *[Axis(AxisKind.KEY, key) for key in ("epoch", "nested.a.b")],
]


def test_both_sources_tell_the_same(both):
    """All in one, since a run takes a few seconds to log."""
    assert_same_run(both.cloud.run(), both.local.run())
    assert_same_listing(both)
    assert_same_filters(both)
    assert_same_reports(both)
    for axis in AXES:
        assert_same_curves(both, axis)
        assert_same_histograms(both, axis)
    assert_same_console(both)
    assert_same_provenance(both)


def assert_same_run(cloud: Run, local: Run) -> None:
    for name in (
        *["id", "name", "state", "last_step", "entity", "project", "group"],
        *["job_type", "tags", "notes", "sweep", "host", "exit_code", "goals"],
    ):
        assert getattr(cloud, name) == getattr(local, name), name
    assert spelled(cloud.config) == spelled(local.config)
    assert spelled(cloud.system) == spelled(local.system)
    assert spelled(cloud.summary) == spelled(local.summary)
    assert_close_in_time(cloud, local)


def assert_same_provenance(both: Both) -> None:
    cloud, local = both.cloud.provenance("abc"), both.local.provenance("abc")
    assert cloud.packages == local.packages
    assert "wandb" in local.packages
    assert {"program", "python", "host", "system"} <= set(local.facts)
    assert cloud.facts == local.facts


def assert_same_console(both: Both) -> None:
    local = both.local.console("abc", 0)
    told = [(line.text, line.error) for line in local]
    for printed in [("hello", False), ("100%|###", True), ("red", False)]:
        assert printed in told
    for last in (0, 3):
        cloud = both.cloud.console("abc", last)
        assert [line.text for line in cloud] == [line.text for line in local[-last:]]
        assert [line.error for line in cloud] == [line.error for line in local[-last:]]
    for source in (both.cloud, both.local):
        with pytest.raises(NotFoundError, match="nobody"):
            source.console("nobody", 3)


def assert_same_listing(both: Both) -> None:
    query = Query(summary=("nested", "val/acc"), config=("opt", "lr"))
    (cloud,), (local,) = both.cloud.runs(query).runs, both.local.runs(query).runs
    assert cloud.summary == local.summary == {"nested.a.b": 59, "val/acc": 40 / 60}
    assert cloud.config == local.config
    assert (cloud.last_step, cloud.state) == (local.last_step, local.state)


FILTERS = {
    '{"tags": {"$all": ["a", "b"]}, "duration": {"$gt": 0}}': True,
    '{"tags": {"$size": 3}}': False,
    '{"tags": {"$elemMatch": {"$regex": "^b"}}}': True,
    '{"createdAt": {"$gt": 1700000000}, "config.lr": 0.001}': True,
    '{"createdAt": {"$gt": 4000000000000}}': False,
    '{"host": {"$ne": "none"}, "username": {"$exists": true}}': True,
}


def assert_same_filters(both: Both) -> None:
    project = plugins.load("wandbwatch.sources", "cloud")(Cloud("acme", "gpt"))
    for text, found in FILTERS.items():
        query = Query(json.loads(text), summary=(), config=())
        assert len(both.local.runs(query).runs) == found, text
        assert len(project.runs(query).runs) == found, text
    for source in (project, both.local):
        with pytest.raises(UsageError, match="did you mean 'createdAt'"):
            source.runs(Query({"creatdAt": 1}))


def assert_same_reports(both: Both) -> None:
    for line in ("project x --columns val/*,config.*", "summary x/y --config"):
        assert reported(both.cloud, line) == reported(both.local, line)


def reported(source: Source, line: str) -> list[Any]:
    """Return what a user reads of *source*, but for what only a server knows."""
    reports = grammar.parse(line, fake_env(source)).reports
    render = plugins.load("wandbwatch.renderers", "jsonl")
    records = [json.loads(text) for text in render(reports, Screen())]
    for record in records:
        for name in SERVERS_OWN:
            record.pop(name, None)
            record.get("row", {}).pop(name, None)
    return [record for record in records if record.get("key") not in SERVERS_OWN]


def assert_same_curves(both: Both, axis: Axis) -> None:
    query = Query(ids=("abc",), summary=(), config=())
    (cloud,) = both.cloud.curves(query, KEYS, axis)
    (local,) = both.local.curves(query, KEYS, axis)
    assert {"train/loss", "val/acc", "system/cpu"} <= set(cloud.series)
    assert set(cloud.series) == set(local.series)
    for key, one in cloud.series.items():
        assert_same_points(one, local.series[key])

    assert cloud.own_axes == {"val/acc": "epoch", "q value": "nested.a.b"}
    assert local.own_axes == cloud.own_axes


def assert_same_histograms(both: Both, axis: Axis) -> None:
    keys = ("gradients/layer.0, $w", "dist.return", "bins", "train/loss", "never")
    (cloud,) = both.cloud.distributions(Query(summary=(), config=()), keys, axis)
    (local,) = both.local.distributions(Query(summary=(), config=()), keys, axis)
    assert (cloud.run.id, local.run.id) == ("abc", "abc")
    assert list(cloud.columns) == list(local.columns)
    assert cloud.own_axes == local.own_axes
    assert cloud.own_axes.get("bins", "nested.a.b") == "nested.a.b"
    assert cloud.sampled == local.sampled == frozenset()
    for key, columns in cloud.columns.items():
        others = local.columns[key]
        assert [c.edges for c in columns] == [c.edges for c in others]
        assert [c.counts for c in columns] == [c.counts for c in others]
        assert [c.x for c in columns] == pytest.approx([c.x for c in others], abs=1e-3)
    if not axis.key:
        (bins,) = local.columns["bins"]
        assert sum(bins.counts) == 3
        assert local.own_axes == {"bins": "nested.a.b"}
        assert (bins.edges[0], bins.edges[-1]) == (1, 3)
        assert [c.counts[0] for c in local.columns["dist.return"]] == [0, 15, 30, 45]
    if axis.kind is AxisKind.STEP:
        steps = [c.x for c in local.columns["gradients/layer.0, $w"]]
        assert steps == [0, 15, 30, 45]


def assert_close_in_time(cloud: Run, local: Run) -> None:
    """The server notes its own times, in whole seconds."""
    for mine, theirs in (
        (cloud.created, local.created),
        (cloud.heartbeat, local.heartbeat),
    ):
        assert mine is not None
        assert theirs is not None
        assert abs((mine - theirs).total_seconds()) < 10
    assert cloud.runtime == pytest.approx(local.runtime, abs=10)


def assert_same_points(one: Series, other: Series) -> None:
    assert (one.key, one.sampled) == (other.key, other.sampled)
    assert list(one.x) == pytest.approx(list(other.x), abs=1e-3), one.key
    assert list(one.y) == pytest.approx(list(other.y), nan_ok=True), one.key


def spelled(values: Mapping[str, Json]) -> dict[str, str]:
    """Spell values so that NaN equals itself, and tables have no order."""
    return {key: json.dumps(value, sort_keys=True) for key, value in values.items()}
