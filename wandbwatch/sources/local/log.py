"""One .wandb file, read from its start or, for what is newest, from its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from wandbwatch.model.errors import NotFoundError, SourceError
from wandbwatch.model.run import State
from wandbwatch.sources.local.framing import (
    BLOCK,
    HEADER,
    MAGIC,
    VERSION,
    Kinds,
    Record,
    chunk_at,
    walk,
)
from wandbwatch.sources.local.key_scanner import KeyScanner, row_step
from wandbwatch.sources.local.wire import (
    EXIT,
    HISTORY,
    OUTPUT,
    OUTPUT_RAW,
    STATS,
    fields,
    signed,
    timestamp,
    varint,
)

SEGMENT = 256 * BLOCK
_TAIL = 2 * BLOCK


class RunLog:
    """A .wandb file as it was when it was opened; what is written later is not read.

    Opening raises NotFoundError or SourceError; reading skips what is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged: set[int] = set()
        """The numbers of the blocks that were found damaged, and skipped."""
        try:
            self._file: BinaryIO = path.open("rb", buffering=0)
        except FileNotFoundError as e:
            raise NotFoundError(f"{path} is gone; ask again") from e
        except OSError as e:
            raise _unreadable(path, e) from e
        stat = os.fstat(self._file.fileno())
        self.written = stat.st_mtime
        try:
            self.size = HEADER
            self._verify(self._read(0, HEADER))
            self.size = stat.st_size
            self._phase = self._found_phase()
        except SourceError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def forward(self, wanted: Kinds, until: int | None = None) -> Iterator[Record]:
        """Yield *wanted* records, the oldest first: those that begin before *until*."""
        return self._between(0, self.size if until is None else until, wanted)

    def backward(self, wanted: Kinds) -> Iterator[Record]:
        """Yield *wanted* records, the newest first."""
        end, length = self.size, _TAIL
        while end > 0:
            start = max(0, self._block(end - length))
            yield from reversed(list(self._between(start, end, wanted)))
            end, length = start, min(8 * length, SEGMENT)

    def _block(self, at: int) -> int:
        """Return where the block that holds *at* begins; the first one is at 0."""
        return (at - self._phase) // BLOCK * BLOCK + self._phase if at > 0 else 0

    def _between(self, begin: int, end: int, wanted: Kinds) -> Iterator[Record]:
        """Yield the records that start in a range of bytes, which starts at a block.

        The last one may end beyond it.
        """
        parts: list[bytes] = []
        begin = max(begin, 0)
        while begin < end or parts:
            stop = self._block(begin + SEGMENT) if begin < end else begin + BLOCK
            data = self._read(begin, stop)
            if not data:
                return
            first = 0 if begin else HEADER
            edge = (BLOCK + self._phase) if not begin else BLOCK
            lost: list[int] = []
            yield from walk(
                data, first, edge, end - begin, wanted=wanted, parts=parts, lost=lost
            )
            self.damaged.update((begin + at) // BLOCK for at in lost)
            begin = stop

    def _read(self, begin: int, end: int) -> bytes:
        try:
            self._file.seek(begin)
            return self._file.read(max(0, min(end, self.size) - begin))
        except OSError as e:
            raise _unreadable(self.path, e) from e

    def _verify(self, head: bytes) -> None:
        if (MAGIC + bytes([VERSION])).startswith(head):
            return
        if head.startswith(MAGIC):
            what = f"has format version {head[-1]}, which is too new"
            raise SourceError(f"{self.path} {what}; update wandbwatch")
        what = "is not a .wandb file (wrong header)"
        raise SourceError(f"{self.path} {what}")

    def _found_phase(self) -> int:
        """Return where blocks are counted from: byte 0, or 7 as wandb 0.17 did.

        The first block edge that has a sound chunk in one of the two ways tells.
        https://github.com/wandb/wandb/issues/7846
        """
        for edge in range(BLOCK, min(self.size, 8 * BLOCK), BLOCK):
            data = self._read(edge, edge + 2 * BLOCK)
            for phase in (0, HEADER):
                if chunk_at(data, phase):
                    return phase
        return 0


def _unreadable(path: Path, error: OSError) -> SourceError:
    return SourceError(f"{path} cannot be read: {error.strerror or error}")


_TIMESTAMP = KeyScanner("_timestamp")
_EXIT_CODE, _RUNTIME = 1, 2
_TIME_FIELD = 2  # of stats and of console output
_TIMED = frozenset({EXIT, HISTORY, STATS, OUTPUT, OUTPUT_RAW})


@dataclass
class LogEnd:
    exit_code: int | None = None
    """What the run exited with; None while it has not."""
    heard: float | None = None
    """POSIX seconds of the newest record that has a time."""
    last_step: int | None = None
    """The step of the newest history row."""
    runtime: int = 0
    """Seconds that the run took, by its exit record."""


def log_end(log: RunLog) -> LogEnd:
    """Read *log* from its end back to its last history row."""
    end = LogEnd()
    for kind, data, at, stop in log.backward(_TIMED):
        if kind == EXIT:
            code, runtime = _exit(data, at, stop)
            end = LogEnd(exit_code=code, heard=end.heard, runtime=runtime)
            continue
        when = _time(kind, data, at, stop)
        if when is not None:
            end.heard = max(when, end.heard or when)
        if kind == HISTORY:
            end.last_step = int(row_step(data, at, stop, 0))
            # An exit, if there is one, comes after the last row.
            break
    return end


def until_exit(log: RunLog, wanted: Kinds) -> Iterator[Record]:
    """Yield *wanted* records before the exit, if there was one, the newest first."""
    exited = log_end(log).exit_code is not None
    for record in log.backward({*wanted, EXIT}):
        if record[0] == EXIT:
            exited = False
        elif not exited:
            yield record


def _time(kind: int, data: bytes, at: int, end: int) -> float | None:
    if kind == HISTORY:
        return _TIMESTAMP.value(data, at, end)
    for number, start, stop in fields(data, at, end):
        if number == _TIME_FIELD:
            return timestamp(data, start, stop)
    return None


def _exit(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return an exit's code and runtime in seconds; the format leaves out a 0."""
    found = {
        number: signed(varint(data, start)[0])
        for number, start, _ in fields(data, at, end)
        if number in (_EXIT_CODE, _RUNTIME)
    }
    return found.get(_EXIT_CODE, 0), max(0, found.get(_RUNTIME, 0))


SILENCE = 600.0
"""Seconds without a record after which a run counts as crashed, as in LEET."""
_CRASHED = 254  # what wandb-core writes for a run whose process went away


def state(*, known: bool, exit_code: int | None, heard: float, now: float) -> State:
    """Return the state of a run that last logged at *heard* (POSIX seconds).

    *known*: it has a run record.
    """
    if exit_code is not None:
        if exit_code == 0:
            return State.FINISHED
        return State.CRASHED if exit_code == _CRASHED else State.FAILED
    if not known:
        return State.UNKNOWN
    return State.CRASHED if now - heard > SILENCE else State.RUNNING
