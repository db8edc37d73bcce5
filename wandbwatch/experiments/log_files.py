"""The logs of experiments on disk: cut in the middle when large, removed when old."""

from __future__ import annotations

import contextlib
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from wandbwatch.experiments.ledger import Ledger
from wandbwatch.model.errors import UsageError

_NOTICE = re.compile(rb"\n?\[wandbwatch: ([\d,]+) bytes left out; [^\n]*\]\n")
_CHUNK = 1 << 20


def cap(log: str, limit: int) -> int:
    """Leave out the middle of a log of more than *limit* bytes; return how much.

    The beginning and the end stay, with a line between them that says so. Who still
    writes to it must append (``O_APPEND``).
    """
    try:
        with Path(log).open("r+b") as file:
            size = os.fstat(file.fileno()).st_size
            return _cut(file, size, limit) if size > limit else 0
    except OSError:
        return 0


def _cut(file: BinaryIO, size: int, limit: int) -> int:
    head = file.read(limit // 4)
    before = _NOTICE.search(head + file.read(200))
    left_out = int(before[1].replace(b",", b"")) if before else 0
    kept = before.start() if before else head.rfind(b"\n") + 1 or len(head)
    source = _line_after(file, size - limit // 2)
    left_out += source - (before.end() if before else kept)
    notice = (
        f"\n[wandbwatch: {left_out:,} bytes left out;"
        " `log_size` in [keep] of watch.toml sets how much is kept]\n"
    )
    file.seek(kept)
    file.write(notice.encode())
    target = file.tell()
    # What is appended meanwhile is copied, too.
    while chunk := os.pread(file.fileno(), _CHUNK, source):
        file.seek(target)
        file.write(chunk)
        file.flush()
        source, target = source + len(chunk), target + len(chunk)
    file.truncate(target)
    return left_out


def _line_after(file: BinaryIO, offset: int) -> int:
    """Return where the next line begins, if that is near."""
    file.seek(offset)
    end = file.read(4096).find(b"\n")
    return offset + end + 1


def prune(ledger: Ledger, age: float) -> int:
    """Remove the logs of experiments that ended *age* seconds ago; return how many."""
    directory = ledger.store.path.parent / "experiments"
    before = ledger.store.now() - timedelta(seconds=age)
    removed = 0
    for log in directory.glob("*.log"):
        try:
            experiment = int(log.stem.removeprefix("keeper-"))
            one = ledger.find(experiment)
        except (ValueError, UsageError):
            continue
        batch = ledger.of_batch(one.batch) if log.stem != str(experiment) else [one]
        if all(each.ended and each.ended < before for each in batch):
            with contextlib.suppress(OSError):
                log.unlink()
                removed += 1
            with contextlib.suppress(OSError):
                log.with_suffix(".lock").unlink()
    return removed
