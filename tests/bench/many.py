"""A directory of 2,000 runs of which 5 go on: a first look, and a second one, against
the same over 20 runs. The real SDK writes one; the others are copies with other ids.

Processor time, not the clock's: other processes count less.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from zlib import crc32

from wandbwatch.sources.local.directories import SETTLED

from tests.bench.large import PYTHON, say, seconds
from tests.runs.synthetic import BLOCK, HEADER

MANY, FEW, RUNNING, ROUNDS = 2_000, 20, 5, 3
COMMANDS = ("project", "events", "digest", "top")
ID = "many0000"
WRITING = """
import sys, wandb
quiet = wandb.Settings(console="off", x_disable_stats=True)
with wandb.init(mode="offline", dir=sys.argv[1], id=sys.argv[2], settings=quiet) as run:
    for i in range(35):
        run.log({f"train/key_{n}": 1 / (i + n + 1) for n in range(8)})
"""
BEHIND_THE_ROWS = 400
"""Bytes at a file's end that have its exit."""


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        os.environ["CACHE_DIRECTORY"] = str(root / "cache")
        content = _content(root / "one")
        many, few = (
            _copied(content, root / "many", MANY),
            _copied(content, root / "few", FEW),
        )
        time.sleep(SETTLED / 1e9)  # what changed a moment ago is not kept
        kept = [_looked(name, many, few) for name in COMMANDS]
    if not all(kept):
        sys.exit(1)


def _content(root: Path) -> bytes:
    root.mkdir()
    words = [sys.executable, "-c", WRITING, str(root), ID]
    subprocess.run(words, env=os.environ | {"WANDB_SILENT": "true"}, check=True)
    return next(root.glob("wandb/offline-run-*/*.wandb")).read_bytes()


def _copied(content: bytes, root: Path, count: int) -> Path:
    for number in range(count):
        run_id = f"many{number:04}"
        path = root / "wandb" / f"offline-run-20260101_000000-{run_id}"
        path.mkdir(parents=True)
        mine = _renamed(content, run_id.encode())
        end = len(mine) - (BEHIND_THE_ROWS if number < RUNNING else 0)
        (path / f"run-{run_id}.wandb").write_bytes(mine[:end])
    return root


def _renamed(content: bytes, run_id: bytes) -> bytes:
    """Put another id, as long as its own, into all chunks of a run."""
    out, at = bytearray(content), len(HEADER)
    while at + 7 < len(out):
        end = at + 7 + int.from_bytes(out[at + 4 : at + 6], "little")
        out[at + 6 : end] = out[at + 6 : end].replace(ID.encode(), run_id)
        out[at : at + 4] = crc32(out[at + 6 : end]).to_bytes(4, "little")
        left = -end % BLOCK
        at = end + (left if left < 7 else 0)
    return bytes(out)


def _looked(name: str, many: Path, few: Path) -> bool:
    first = again = least = float("inf")
    for _ in range(ROUNDS):
        shutil.rmtree(os.environ["CACHE_DIRECTORY"], ignore_errors=True)
        first = min(first, seconds(*PYTHON, "wandbwatch", name, str(many)))
        again = min(again, seconds(*PYTHON, "wandbwatch", name, str(many)))
        least = min(least, seconds(*PYTHON, "wandbwatch", name, str(few)))
    what = f"`{name}` of {MANY} runs, of {FEW} runs"
    sys.stdout.write(f"  {what}: first look {first / least:.1f}\n")
    return say(f"{what}: second look", again / least, 1.5)


if __name__ == "__main__":
    main()
