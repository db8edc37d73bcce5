"""A run of 500,000 steps by the real SDK: a first look, and one after 1,000 more rows.

Processor time, not the clock's: other processes count less. What two cores gain is the
time of one process to the longer of two; by the clock it is only shown, as it depends
on who else uses the second core. ``WANDBWATCH_STEPS=50000`` takes fewer steps.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from wandbwatch.model.address import Local
from wandbwatch.model.query import Axis, Query
from wandbwatch.sources.local import index
from wandbwatch.sources.local.source import LocalSource

from tests.runs import synthetic

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
MEMORY = """
import atexit, sys
from pathlib import Path
from wandbwatch.cli.main import main
def peak():
    status = Path("/proc/self/status").read_text()
    sys.stderr.write(status.partition("VmHWM:")[2].split()[0])
atexit.register(peak)
main()
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
        kept = [_summary(large, 0.3), two_keys(large, KEYS, 0.2)]
        kept += [_memory(large), _cores(large)]
        other = _other_order(root / "run-other.wandb")
        kept += [_summary(other, 0.4), two_keys(other, ("loss", "acc"), 0.15)]
        kept += [_second(large, small, look, root / "out") for look in LOOKS]
    if not all(kept):
        sys.exit(1)


def _written(root: Path, steps: int) -> Path:
    root.mkdir()
    words = [sys.executable, "-c", WRITING, str(steps), str(root)]
    subprocess.run(words, env=os.environ | {"WANDB_SILENT": "true"}, check=True)
    return next(root.glob("wandb/offline-run-*/run-large.wandb"))


def _other_order(path: Path) -> Path:
    """Write short rows with the number of each record behind its message."""
    rows = (
        record
        for n in range(STEPS * 2 // 5)
        for record in synthetic.row({"loss": 1 / (n + 1), "acc": n / STEPS}, n)[1:]
    )
    records = chain([synthetic.run("other")], rows, [synthetic.exit_record(0)])
    path.write_bytes(synthetic.frame(records, number_last=True))
    return path


def _summary(run: Path, bound: float) -> bool:
    shutil.rmtree(os.environ["CACHE_DIRECTORY"], ignore_errors=True)
    ours = seconds(*PYTHON, "wandbwatch", "summary", str(run))
    theirs = seconds(*PYTHON, "wandb", "leet", "inspect", "--summary", str(run))
    return say(f"{_named(run)}: `summary`, of LEET's", ours / theirs, bound)


def _named(run: Path) -> str:
    size = f"{run.stat().st_size / 1e6:.0f} MB"
    return f"{size}, other order" if "other" in run.name else size


def two_keys(run: Path, keys: Sequence[str], share: float) -> bool:
    with _cold(), _one_core():
        source = LocalSource(Local(run))
        query = Query(summary=(), config=())
        mine, raw = least(
            lambda: _own(lambda: source.curves(query, keys, Axis())),
            lambda: _own(lambda: zlib.crc32(run.read_bytes())),
        )
    return say(
        f"{_named(run)}: two keys, of read + crc32", raw / mine, share, least=True
    )


def _memory(run: Path) -> bool:
    words = [sys.executable, "-c", MEMORY, "summary", str(run)]
    with _cold():
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    return say(
        f"{_named(run)}: MiB of `summary`", float(done.stderr.split()[-1]) / 1024, 150
    )


def _cores(run: Path) -> bool:
    """Compare what one process takes with the longer of two."""
    with _cold():
        source = LocalSource(Local(run))

        def alone() -> float:
            with _one_core():
                return _own(source.run)

        def longer() -> float:
            before = _children()
            mine = _own(source.run)
            return max(mine, _children() - before)

        one, two = least(alone, longer)
        single, double = least(lambda: _clock(alone), lambda: _clock(longer))
    sys.stdout.write(f"  the same by the clock: {single / double:.2f}\n")
    return say(f"{_named(run)}: gain of 2 cores", one / two, 1.7, least=True)


@contextmanager
def _cold() -> Iterator[None]:
    before = os.environ.get("WANDBWATCH_CACHE", "on")
    os.environ["WANDBWATCH_CACHE"] = "off"
    yield
    os.environ["WANDBWATCH_CACHE"] = before


@contextmanager
def _one_core() -> Iterator[None]:
    cores, index.cores = index.cores, lambda: 1
    yield
    index.cores = cores


def _second(large: Path, small: Path, look: tuple[str, ...], out: Path) -> bool:
    """Look at *large*, and again after new rows, which are those of its end.

    They are so few that the cache is not written again: each further look is a second
    one, too.
    """
    name, *options = look
    options += ["--out", str(out)] if name == "image" else []
    content = large.read_bytes()
    os.truncate(large, len(content) * (STEPS - NEW) // STEPS)
    seconds(*PYTHON, "wandbwatch", name, str(large), *options)
    with large.open("ab") as file:
        file.write(content[file.tell() :])
    again, usual = least(
        lambda: seconds(*PYTHON, "wandbwatch", name, str(large), *options),
        lambda: seconds(*PYTHON, "wandbwatch", name, str(small), *options),
    )
    what = f"second `{name}` after {NEW} rows, of 1 MB's"
    return say(f"{_named(large)}: {what}", again / usual, 1.3)


def seconds(*words: str) -> float:
    """Run a command and return its processor time, with that of its children."""
    before = _children()
    subprocess.run(words, capture_output=True, check=False)
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _own(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _clock(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def least(*ways: Callable[[], float], rounds: int = 4) -> list[float]:
    """Return the least time of each way; they take turns, as the machine varies."""
    times = [[way() for way in ways] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]


def say(what: str, ratio: float, bound: float, *, least: bool = False) -> bool:
    good = ratio >= bound if least else ratio <= bound
    verdict = "ok" if good else "MISSED"
    limit = f"at {'least' if least else 'most'} {bound}"
    sys.stdout.write(f"  {what}: {ratio:.2f} ({limit}) {verdict}\n")
    sys.stdout.flush()
    return good
