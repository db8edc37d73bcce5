"""What tests of the local source ask of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wandbwatch.model.address import Local
from wandbwatch.model.query import Axis, AxisKind, Query
from wandbwatch.model.run import Run, Series
from wandbwatch.sources.local.source import LocalSource

from tests.runs import synthetic

BARE = Query(summary=(), config=())


def source(path: Path, now: float = synthetic.START) -> LocalSource:
    return LocalSource(Local(path), lambda: now)


def curves(path: Path, *keys: str, axis: Axis | None = None) -> Mapping[str, Series]:
    """Return the series of the one run at *path*."""
    (one,) = source(path).curves(BARE, keys, axis or Axis())
    return one.series


def points(path: Path, key: str, axis: Axis | None = None) -> list[tuple[float, float]]:
    series = curves(path, key, axis=axis).get(key)
    return list(zip(series.x, series.y, strict=True)) if series else []


def over(kind: AxisKind, key: str = "") -> Axis:
    return Axis(kind, key)


def written(directory: Path, records: Iterable[bytes], run_id: str = "one") -> Path:
    """Write a run of *records* into a directory of its own below *directory*."""
    run = directory / f"offline-run-20240101_000000-{run_id}"
    synthetic.write(run / f"run-{run_id}.wandb", records)
    return run


def read(directory: Path, records: Iterable[bytes], now: float = 0.0) -> Run:
    return source(written(directory, records), now).run()


def file_of(run: Path) -> Path:
    return next(run.glob("run-*.wandb"))


def leet(run: Path, *options: str) -> str:
    """Ask wandb's own reader."""
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", *options]
    done = subprocess.run(
        [*command, str(file_of(run))], capture_output=True, text=True, check=True
    )
    return done.stdout


def leet_summary(run: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(leet(run, "--summary"))
    return summary
