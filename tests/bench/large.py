"""A run of 500,000 steps by the real SDK: a first look, and one after 1,000 more rows.

Processor time, not the clock's. ``WANDBWATCH_STEPS=50000`` for a shorter one.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from wandbwatch.model.address import Local
from wandbwatch.model.query import Axis, Query
from wandbwatch.sources.local.source import LocalSource

STEPS = int(os.environ.get("WANDBWATCH_STEPS", "500000"))
SMALL, NEW = 1_800, 1_000  # steps to a megabyte, and rows that are added
KEYS = ("train/loss", "validation/loss")
WRITING = """
import math, sys, wandb
steps, where = int(sys.argv[1]), sys.argv[2]
quiet = wandb.Settings(console="off", x_disable_stats=True)
with wandb.init(mode="offline", dir=where, id="large", settings=quiet) as run:
    for i in range(steps):
        run.log({"train/loss": 1 / (i + 1) + math.sin(i) / 1000, "lr": 1 - i / steps,
                 "validation/loss": 2 / (i + 1), "acc": 1 - 1 / (i + 2), "epoch": i})
"""
PYTHON = (sys.executable, "-m")
LOOKS = (
    ("summary",),
    ("events",),
    ("logs",),
    ("alert", "--when", "nan(train/loss)"),
    ("image", "--keys", ",".join(KEYS)),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        os.environ["CACHE_DIRECTORY"] = str(root / "cache")
        large, small = _written(root / "large", STEPS), _written(root / "small", SMALL)
        kept = [_summary(large), _keys(large)]
        kept += [_second(large, small, look, root / "out") for look in LOOKS]
    if not all(kept):
        sys.exit(1)


def _written(root: Path, steps: int) -> Path:
    root.mkdir()
    words = [sys.executable, "-c", WRITING, str(steps), str(root)]
    subprocess.run(words, env=os.environ | {"WANDB_SILENT": "true"}, check=True)
    return next(root.glob("wandb/offline-run-*/run-large.wandb"))


def _summary(run: Path) -> bool:
    shutil.rmtree(os.environ["CACHE_DIRECTORY"], ignore_errors=True)
    ours = _seconds(*PYTHON, "wandbwatch", "summary", str(run))
    theirs = _seconds(*PYTHON, "wandb", "leet", "inspect", "--summary", str(run))
    size = run.stat().st_size / 1e6
    return _say(f"summary of {size:.0f} MB, of leet's", ours / theirs, 0.3)


def _keys(run: Path) -> bool:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    os.environ["WANDBWATCH_CACHE"] = "off"

    def read() -> None:
        source = LocalSource(Local(run))
        (found,) = source.curves(Query(summary=(), config=()), KEYS, Axis())
        assert [len(one.x) for one in found.series.values()] == [STEPS, STEPS]

    mine, raw = _own(read), _own(lambda: zlib.crc32(run.read_bytes()))
    os.sched_setaffinity(0, cores)
    del os.environ["WANDBWATCH_CACHE"]
    return _say("two keys, in read + crc32 on one core", mine / raw, 5)


def _second(large: Path, small: Path, look: tuple[str, ...], out: Path) -> bool:
    """Look at *large*, and again after new rows, which are those of its end."""
    name, *options = look
    options += ["--out", str(out)] if name == "image" else []
    content = large.read_bytes()
    os.truncate(large, len(content) * (STEPS - NEW) // STEPS)
    _seconds(*PYTHON, "wandbwatch", name, str(large), *options)
    with large.open("ab") as file:
        file.write(content[file.tell() :])
    again = _seconds(*PYTHON, "wandbwatch", name, str(large), *options)
    least = _seconds(*PYTHON, "wandbwatch", name, str(small), *options)
    return _say(f"second `{name}` after {NEW} rows, of 1 MB's", again / least, 1.3)


def _seconds(*words: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _own(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def _say(what: str, ratio: float, bound: float) -> bool:
    verdict = "ok" if ratio <= bound else "MISSED"
    sys.stdout.write(f"  {what}: {ratio:.2f} (at most {bound}) {verdict}\n")
    return ratio <= bound
