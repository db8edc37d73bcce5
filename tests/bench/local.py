"""First looks at local runs: one summarised, two keys of a long one read, two hundred
listed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wandbwatch.model.address import Local
from wandbwatch.model.query import Query
from wandbwatch.sources.local.source import LocalSource

from tests.bench.large import least, seconds, two_keys
from tests.runs import synthetic

STEPS = 100_000
SMALL = 590  # steps to a megabyte
LISTED, SAMPLED = 200, 20
KEYS = ("train/key_03", "train/key_17")
BARE = Query(summary=(), config=())
READING = """
import sys
from pathlib import Path
from wandbwatch.model.address import Local
from wandbwatch.model.query import Axis, Query
from wandbwatch.sources.local.source import LocalSource
source = LocalSource(Local(Path(sys.argv[1])))
(found,) = source.curves(Query(summary=(), config=()), sys.argv[2:], Axis())
assert len(found.series) == len(sys.argv[2:])
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
"""


def main() -> None:
    os.environ["WANDBWATCH_CACHE"] = "off"  # these are first looks
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        long = _written(root / "long", "long", STEPS)
        kept = [_summary(root), two_keys(long, KEYS, 0.2), _memory(long)]
        kept += [_listing(root)]
    if not all(kept):
        sys.exit(1)


def _summary(root: Path) -> bool:
    """Compare whole processes over a run of 1 MB."""
    run = _written(root / "one", "one", SMALL)
    python = [sys.executable, "-m"]
    ours = [*python, "wandbwatch", "summary", str(run)]
    theirs = [*python, "wandb", "leet", "inspect", "--summary", str(run)]
    mine, leet = least(lambda: seconds(*ours), lambda: seconds(*theirs))
    what = f"summary of {_megabytes(run):.2f} MB: {mine / leet:.2f} times that of leet"
    return _told(what, "at most 0.35", kept=mine <= 0.35 * leet)


def _memory(run: Path) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", READING, str(run), *KEYS],
        capture_output=True,
        text=True,
        check=True,
    )
    peak = float(done.stdout)
    return _told(f"the same with {peak:.0f} MB", "at most 100", kept=peak <= 100)


def _listing(root: Path) -> bool:
    """Compare with wandb-core's own summary of some of them, one by one."""
    project = root / "project"
    some = [
        _written(project / f"offline-run-1-r{n}", f"r{n}", 30 + 5 * n)
        for n in range(LISTED)
    ][:: LISTED // SAMPLED]

    def listed() -> None:
        assert LocalSource(Local(project)).runs(BARE).total == LISTED

    inspect = [_core(), "leet", "inspect", "-no-observability", "-summary"]

    def core() -> None:
        for run in some:
            _process([*inspect, "-run-file", str(run)])

    mine, sampled = _best(listed, core)
    theirs = sampled * LISTED / len(some)
    what = f"{LISTED} runs listed in {mine:.2f} s: {mine / theirs:.3f} times wandb-core"
    return _told(what, "at most 0.1", kept=mine <= 0.1 * theirs)


def _written(directory: Path, run_id: str, steps: int) -> Path:
    return synthetic.write_long(directory / f"run-{run_id}.wandb", steps)


def _megabytes(file: Path) -> float:
    return file.stat().st_size / 1e6


def _core() -> str:
    found = importlib.util.find_spec("wandb")
    assert found
    assert found.submodule_search_locations
    return f"{found.submodule_search_locations[0]}/bin/wandb-core"


def _process(words: list[str]) -> None:
    subprocess.run(words, capture_output=True, check=True)


def _best(*measured: Callable[[], object]) -> list[float]:
    """Take turns, so that a busy moment of the machine hits all alike."""
    best = [float("inf")] * len(measured)
    for _ in range(5):
        for n, run in enumerate(measured):
            start = time.perf_counter()
            run()
            best[n] = min(best[n], time.perf_counter() - start)
    return best


def _told(what: str, bound: str, *, kept: bool) -> bool:
    sys.stdout.write(f"  {what} ({bound}) {'ok' if kept else 'MISSED'}\n")
    return kept
