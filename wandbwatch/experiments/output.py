"""The output of experiments: shown in a terminal, and kept in logs of limited size."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TextIO

from wandbwatch.analysis.compare import chosen
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.formatting import clean, duration, number, shown
from wandbwatch.formatting.screen import rows
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import Experiment, Phase
from wandbwatch.model.run import Run

_NOTICE = re.compile(rb"\n?\[wandbwatch: ([\d,]+) bytes left out; [^\n]*\]\n")
_CHUNK = 1 << 20


def cap_log(log: str, limit: int) -> int:
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


def prune_logs(ledger: Ledger, age: float) -> int:
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


"""Bytes."""
_READ_SHARE = 20
"""Reading runs takes at most this fraction (one in …) of the time."""
_METRICS = 2

NewestRun = Callable[[Experiment], Run | None]
"""Returns the newest run of an experiment; None before the first one."""


class Output:
    """Follows the logs of a batch, and yields each line once."""

    def __init__(self, *, prefix: bool) -> None:
        """*prefix*: begin each line with the id of its experiment."""
        self._prefix = prefix
        self._offsets: dict[int, int] = {}
        self._partial: dict[int, bytes] = {}

    def new_lines(self, experiments: Sequence[Experiment]) -> Iterator[str]:
        """Yield the lines that were completed since the last call."""
        for one in experiments:
            while chunk := self._read(one):
                *lines, rest = (self._partial.pop(one.id, b"") + chunk).split(b"\n")
                self._partial[one.id] = rest
                for line in lines:
                    yield self._text(one, line)

    def rest(self, experiments: Sequence[Experiment]) -> Iterator[str]:
        """Yield the rest at the end, unfinished lines too."""
        yield from self.new_lines(experiments)
        for one in experiments:
            if line := self._partial.pop(one.id, b""):
                yield self._text(one, line)

    def _read(self, one: Experiment) -> bytes:
        if not one.log:
            return b""
        try:
            with Path(one.log).open("rb") as file:
                # A log that is too large is cut (`cap_log`): go on at its end.
                size = file.seek(0, os.SEEK_END)
                file.seek(min(self._offsets.get(one.id, 0), size))
                chunk = file.read(_CHUNK)
                end = file.tell()
        except OSError:
            return b""
        self._offsets[one.id] = end
        return chunk

    def _text(self, one: Experiment, line: bytes) -> str:
        text = clean(shown(line.decode(errors="replace").rstrip("\r")))
        return f"[{one.id}] {text}" if self._prefix else text


def tail(log: str, count: int, *, whole: bool = False) -> Sequence[str]:
    """Return the last *count* lines of a log, at most 1 MiB of it; 0: the whole log.

    *whole*: without a last line that has no end yet.
    """
    try:
        with Path(log).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _CHUNK) if count else 0)
            content = file.read(_CHUNK if count else size)
    except OSError:
        return ()
    if whole:
        content = content[: content.rfind(b"\n") + 1]
    return tuple(rows(content.decode(errors="replace").rstrip("\n"))[-count:])


class ProgressLine:
    """The last line of a terminal: the progress of a batch. Silent elsewhere."""

    def __init__(self, stream: TextIO, newest_run: NewestRun) -> None:
        self._stream = stream
        self._newest_run = newest_run
        self._visible = self._text = ""
        self._due = 0.0

    def clear(self) -> None:
        """Remove the line, so that something else can be printed."""
        if self._visible:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._visible = ""

    def show(self, experiments: Sequence[Experiment], now: datetime) -> None:
        """Print the line if its text has changed; read the runs only when due."""
        if not self._stream.isatty():
            return
        began = time.monotonic()
        if began >= self._due:
            running = [one for one in experiments if one.phase is Phase.RUNNING]
            runs = [(one, self._newest_run(one)) for one in running]
            took = time.monotonic() - began
            self._due = began + max(1.0, took * _READ_SHARE)
            width = shutil.get_terminal_size().columns - 1
            self._text = progress(experiments, runs, now)[:width]
        if self._text and self._text != self._visible:
            self._stream.write(f"\r\x1b[K{self._text}")
            self._stream.flush()
            self._visible = self._text


def progress(
    experiments: Sequence[Experiment],
    running: Sequence[tuple[Experiment, Run | None]],
    now: datetime,
) -> str:
    """Return the runtime, step and metrics of each that is *running*.

    For several *experiments*, begin with their number in each phase.
    """
    counter = Counter(one.phase for one in experiments)
    several = len(experiments) > 1
    counts = [f"{n} {phase}" for phase in Phase if (n := counter[phase])]
    parts = [", ".join(counts)] if several else []
    for one, run in running:
        label = f"[{one.id}] " if several else ""
        parts.append(label + ", ".join(_progress(one, run, now)))
    return " | ".join(parts)


def _progress(one: Experiment, run: Run | None, now: datetime) -> Iterator[str]:
    if one.started:
        passed = max(now - one.started, timedelta())
        yield duration(timedelta(seconds=int(passed.total_seconds())))
    if run is None:
        yield "no run yet"
        return
    # What a run logs reaches its files some seconds later.
    yield "no step yet" if run.last_step is None else f"step {run.last_step:,}"
    keys = [Objective.read(one.plan.best).key] if one.plan.best else []
    for key in dict.fromkeys((*keys, *chosen(run, ())[:_METRICS])):
        value = finite(run.summary.get(key))
        if value is not None:
            yield f"{clean(key)} {number(value)}"
