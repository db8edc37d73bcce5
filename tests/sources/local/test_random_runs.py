"""Random runs of the real SDK: whatever they logged is what is read."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wandbwatch.model.query import Axis, Query
from wandbwatch.model.run import Series, State, flat

import tests
from tests.runs.random_runs import PlannedPart, plan
from tests.sources.local.reading import source

FIRST, COUNT = 1000, 12
_LARGE = 1e15
STATES = {0: State.FINISHED, 1: State.FAILED, 255: State.FAILED}
NUMBERS = ["loss", "val/acc", "a.b", "日本", "wide key ☃, $x", "flag", "net.grad"]
KEYS = [*NUMBERS, "net.layer.norm", "word", "gone", "never"]


def logged(directory: Path, first: int, count: int) -> Path:
    here = Path(tests.__file__).parents[1]
    quiet = {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
    words = [str(first), str(count), str(directory)]
    subprocess.run(
        [sys.executable, "-m", "tests.runs.random_runs", *words],
        env=os.environ | quiet | {"PYTHONPATH": str(here)},
        cwd=directory,
        check=True,
        capture_output=True,
    )
    return directory


def differences(directory: Path, first: int, count: int) -> Iterator[str]:
    """Yield what is read otherwise than it was logged."""
    here = source(directory)
    found = {run.id: run for run in here.runs(Query()).runs}
    curves = {
        one.run.id: one.series
        for one in here.curves(Query(summary=(), config=()), KEYS, Axis())
    }
    for seed in range(first, first + count):
        name, parts = f"r{seed}", plan(seed)
        expected = dict(_fields(parts))
        for field, value in expected.items():
            read = getattr(found[name], field)
            if _spelled(read) != _spelled(value):
                yield f"{name} {field}: {read!r}, not {value!r}"
        points = _points(parts)
        drawn = {key: _xy(one) for key, one in curves[name].items()}
        for key in {*points, *drawn}:
            if repr(drawn.get(key)) != repr(points.get(key)):
                yield f"{name} {key}: {drawn.get(key)}, not {points.get(key)}"
        lines = [line.text for line in here.console(name, 0)]
        printed = [text for part in parts for text in map(_shown, part.printed)]
        if [text for text in lines if text in printed] != printed:
            yield f"{name} console: {lines}, not {printed}"


def _fields(parts: tuple[PlannedPart, ...]) -> Iterator[tuple[str, Any]]:
    first, last = parts[0].settings, parts[-1]
    yield "state", STATES[last.exit_code]
    yield "exit_code", last.exit_code
    for name in ("name", "group", "job_type", "notes"):
        yield name, first[name]
    yield "tags", tuple(first["tags"])
    config: dict[str, Any] = {}
    summary: dict[str, Any] = {}
    for part in parts:
        config |= flat(part.settings["config"] | part.later)
        for _, row in part.rows:
            summary |= {k: v for k, v in flat(row).items() if v is not None}
        summary |= {k: _nulled(v) for k, v in part.summary.items()}
    yield "config", config
    yield "summary", summary
    steps = [step for part in parts for step, _ in part.rows]
    yield "last_step", max(steps, default=None)


def _nulled(value: float) -> float | None:
    """Return what the SDK writes of a value that is set in the summary itself."""
    return None if math.isnan(value) else value


def _points(parts: tuple[PlannedPart, ...]) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, dict[int, float]] = {}
    for part in parts:
        for step, row in part.rows:
            for key, value in flat(row).items():
                if key in NUMBERS or key == "net.layer.norm":
                    found.setdefault(key, {})[step] = float(value)  # type: ignore[arg-type]
    return {
        key: [(float(step), points[step]) for step in sorted(points)]
        for key, points in found.items()
    }


def _xy(series: Series) -> list[tuple[float, float]]:
    return list(zip(series.x, series.y, strict=True))


def _spelled(value: Any) -> str:
    """Spell a value so that NaN equals itself, without W&B's own keys."""
    if isinstance(value, Mapping):
        own = {key: _whole(one) for key, one in value.items() if key[:1] != "_"}
        return json.dumps(own, sort_keys=True)
    return repr(value)


def _whole(value: Any) -> Any:
    """Write 3.0 as 3: the SDK does so in summaries."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _LARGE
    return int(value) if whole else value


def _shown(printed: str) -> str:
    last = printed.rpartition("\r")[2]
    return last.removeprefix("\x1b[31m").removesuffix("\x1b[0m")


def test_random_runs_are_read_as_they_were_logged(tmp_path):
    logged(tmp_path, FIRST, COUNT)
    assert list(differences(tmp_path, FIRST, COUNT)) == []
