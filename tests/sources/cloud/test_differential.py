"""Two hundred random runs are the same to us as to ``wandb.Api()``."""

from __future__ import annotations

import math
import random
import string
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import wandb
from wandbwatch.model.address import Cloud
from wandbwatch.model.query import Axis, Query, Reach
from wandbwatch.model.run import Run as OurRun
from wandbwatch.model.run import flat
from wandbwatch.sources.cloud import plugin, reading

from tests.servers.wandb import Fault, Run

GPT = Cloud("acme", "gpt")
COUNT = 200
STATES = ["running", "finished", "failed", "crashed", "killed", "preempted"]
KEYS = ["loss", "val/acc", "nested", "a.b", "läuft", "bad"]
EVERYTHING = Reach(since=0.0, count=10_000, most=10_000)


def value(chance: random.Random, key: str) -> Any:
    if key == "nested":
        return {"x": chance.random(), "y": {"z": chance.randrange(9)}}
    if key == "bad":
        return chance.choice(["NaN", "Infinity", "text", True, None, [1, 2], {}])
    return chance.choice([chance.uniform(-9, 9), chance.randrange(10**6), 1e300])


def random_run(chance: random.Random, number: int) -> Run:
    steps = chance.choice([0, 1, 30, 900, 1000, 1001, 3000]) if number % 8 == 0 else 5
    every = {key: chance.choice([1, 1, 2, 7, 50]) for key in KEYS[:2]}
    rows = [
        {"_step": i, "_timestamp": 1e9 + i, "_runtime": float(i)}
        | {k: chance.uniform(-1, 1) for k, n in every.items() if i % n == 0}
        for i in range(steps)
    ]
    keys = chance.sample(KEYS, chance.randrange(len(KEYS)))
    last = {"_step": steps - 1, "_runtime": steps} if steps else {}
    began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    return Run(
        f"r{number:03}",
        display_name="".join(chance.choices(string.printable[:70] + "é🦉", k=9)),
        state=chance.choice(STATES),
        group=chance.choice([None, "g1", "g 2"]),
        job_type=chance.choice([None, "train"]),
        tags=chance.sample(["a", "b", "ü"], chance.randrange(3)),
        notes=chance.choice([None, "see\nbelow"]),
        created_at=began.isoformat().replace("+00:00", "Z"),
        heartbeat_at=chance.choice([None, "2026-01-02T00:00:00Z"]),
        settings={k: value(chance, k) for k in chance.sample(KEYS, 3)},
        summary={k: value(chance, k) for k in keys} | last,
        system={"system.cpu": chance.random()} if number % 2 else {},
        rows=rows,
    )


@pytest.fixture
def random_runs(server):
    chance = random.Random(11)  # noqa: S311 -- the same runs each time
    server.store.add(*(random_run(chance, number) for number in range(COUNT)))
    return server


def theirs(run: Any) -> dict[str, Any]:
    """Say of a ``wandb.apis.public.Run`` what ours has, in its words."""
    return {
        "name": run.name,
        "state": run.state,
        "group": run.group or "",
        "job type": run.job_type or "",
        "tags": sorted(run.tags),
        "notes": run.notes or "",
        "created": reading.moment(run.created_at),
        "heartbeat": reading.moment(run.heartbeat_at),
        "url": run.url,
        "summary": text(flat(reading.table(run.summary_metrics))),
        "config": text(flat(reading.table(run.rawconfig))),
        "cpu": run.system_metrics.get("system.cpu"),
    }


def ours(run: OurRun) -> dict[str, Any]:
    return {
        "name": run.name,
        "state": run.state.value,
        "group": run.group,
        "job type": run.job_type,
        "tags": sorted(run.tags),
        "notes": run.notes,
        "created": run.created,
        "heartbeat": run.heartbeat,
        "url": run.url,
        "summary": text(run.summary),
        "config": text(run.config),
        "cpu": run.system.get("cpu"),
    }


def text(values: Mapping[str, Any]) -> str:
    """Spell values so that NaN is the same as NaN."""
    return str(sorted(values.items()))


def test_every_field_is_the_same(random_runs):
    api = wandb.Api()
    expected = {
        run.id: theirs(run) for run in api.runs("acme/gpt", per_page=COUNT, lazy=False)
    }
    assert len(expected) == COUNT
    random_runs.faults += [
        Fault("status", operation="WandbwatchRuns", status=502, times=1),
        Fault("repeat", operation="WandbwatchRuns"),
        Fault("null_edges", operation="WandbwatchRuns"),
    ]
    listed = plugin(GPT).runs(Query()).runs
    assert len(listed) == COUNT
    assert {run.id: ours(run) for run in listed} == expected
    assert [run.id for run in listed] == sorted(expected, reverse=True)


def test_every_curve_is_the_same(random_runs):
    api = wandb.Api()
    long = [r for r in random_runs.store.project("acme", "gpt").runs.values() if r.rows]
    long = [run for run in long if len(run.rows) != 5]
    assert len(long) > 10
    query = Query(
        ids=tuple(run.name for run in long), summary=(), config=(), reach=EVERYTHING
    )
    for curves in plugin(GPT).curves(query, KEYS[:2], Axis()):
        scanned = api.run(f"acme/gpt/{curves.run.id}")
        for key in KEYS[:2]:
            rows = [(r["_step"], r[key]) for r in scanned.scan_history(["_step", key])]
            one = curves.series.get(key)
            points = list(zip(one.x, one.y, strict=True)) if one else []
            assert points == rows
            assert one is None or one.exact == -math.inf
