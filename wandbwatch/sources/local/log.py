"""One .wandb file, read from its start or, for what is newest, from its end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from errno import ENXIO
from pathlib import Path
from typing import BinaryIO, Self

from wandbwatch.model.errors import NotFoundError, SourceError
from wandbwatch.model.run import State
from wandbwatch.sources.local.index import Index
from wandbwatch.sources.local.items import KeyScanner, row_step
from wandbwatch.sources.local.known import NewestLabels
from wandbwatch.sources.local.wire import (
    BLOCK,
    CONFIG,
    ENVIRONMENT,
    EXIT,
    HEADER,
    HISTORY,
    MAGIC,
    METRIC,
    OUTPUT,
    OUTPUT_RAW,
    RUN,
    STATS,
    SUMMARY,
    VERSION,
    Kinds,
    Record,
    chunk_at,
    fields,
    integer,
    signed,
    timestamp,
    walk,
)

SEGMENT = 256 * BLOCK
_TAIL = 2 * BLOCK
LARGE = 32 * BLOCK
"""The fewest bytes of a file whose blocks are indexed."""
_FAR = 2 * LARGE
"""Bytes of console and system metrics after which the last row is far."""
_FREQUENT = frozenset({HISTORY, SUMMARY})
_TIMED = frozenset({EXIT, HISTORY, STATS, OUTPUT, OUTPUT_RAW})
_USUAL = _TIMED | {RUN, ENVIRONMENT}
_WHOLE = _USUAL | {SUMMARY, METRIC, CONFIG}


class RunLog:
    """A .wandb file as it was when it was opened; what is written later is not read.

    Opening raises NotFoundError or SourceError; reading skips what is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.end: LogEnd | None = None
        """How it ends, once known (see `log_end`)."""
        self._listed: tuple[Kinds, bool, Sequence[Record]] | None = None
        self.damaged: set[int] = set()
        """The numbers of the blocks that were found damaged, and skipped."""
        try:
            self.file: BinaryIO = path.open("rb", buffering=0)
        except FileNotFoundError as e:
            raise NotFoundError(f"{path} is gone; ask again") from e
        except OSError as e:
            raise _unreadable(path, e) from e
        self.stat = os.fstat(self.file.fileno())
        self.written = self.stat.st_mtime
        try:
            self.size = HEADER
            self._verify(self.read(0, HEADER))
            self.size = _filled(self.file.fileno(), self.stat.st_size)
            self._phase = self._found_phase()
            self.index = Index(self) if self.size >= LARGE else None
        except SourceError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.index:
                self.index.save()
        finally:
            self.close()

    def close(self) -> None:
        self.file.close()

    def forward(self, wanted: Kinds, until: int | None = None) -> Iterator[Record]:
        """Yield *wanted* records, the oldest first: those that begin before *until*."""
        whole = until is None or until >= self.size
        if whole and (usual := self._usual(wanted)) is not None:
            yield from (record for record in usual if record[0] in wanted)
            return
        if until is None:
            self._look_for(wanted)
        end = self.size if until is None else until
        for first, last in self._spans(0, end, wanted):
            yield from self.between(first, last, wanted, [], self.damaged)

    def after(self, blocks: int, wanted: Kinds) -> Iterator[Record]:
        """Yield the *wanted* records that do not begin in the first *blocks*."""
        begin = self.block_start(blocks)
        yield from self.between(begin, self.size, wanted, [], self.damaged)

    def backward(
        self, wanted: Kinds, newest: NewestLabels | None = None
    ) -> Iterator[Record]:
        """Yield *wanted* records, the newest first.

        With *newest* only those that it says are to be read, of all that it knows.
        """
        if (usual := self._usual(wanted)) is not None:
            yield from (record for record in reversed(usual) if record[0] in wanted)
            return
        end, length = self.size, _TAIL
        while end > 0:
            start = max(0, self._block(end - length))
            if length == SEGMENT and newest is None:
                self._look_for(wanted)
            for first, last in reversed(self._spans(start, end, wanted, newest)):
                for begin, stop in reversed(self._split(first, last)):
                    found = self.between(begin, stop, wanted, [], self.damaged)
                    yield from reversed(list(found))
            end, length = start, min(8 * length, SEGMENT)

    def _usual(self, wanted: Kinds) -> Sequence[Record] | None:
        """Return what a listing reads of a short log, by one walk.

        None where there is more, more is *wanted*, or a block is damaged: what is lost
        then depends on what is wanted.
        """
        if self.index or self.size > _TAIL or not wanted <= _WHOLE:
            return None
        if self._listed is None or not wanted <= self._listed[0]:
            kinds = _USUAL if wanted <= _USUAL else _WHOLE
            lost: set[int] = set()
            read = list(self.between(0, self.size, kinds, [], lost))
            self._listed = (kinds, not lost, read)
        _, whole, found = self._listed
        return found if whole else None

    def newest(self, kinds: Kinds) -> NewestLabels | None:
        """Return where the newest item of each label in *kinds* is, in a large file."""
        if self.index is None:
            return None
        found = self.index.newest(kinds)
        self.damaged |= found.damaged
        return found

    def _look_for(self, wanted: Kinds) -> None:
        """Index which blocks have *wanted* records, if few of them do."""
        if self.index is not None and not _FREQUENT & wanted:
            self.index.update(self.index.kinds)

    def _spans(
        self,
        begin: int,
        end: int,
        wanted: Kinds,
        newest: NewestLabels | None = None,
    ) -> list[tuple[int, int]]:
        """Return the bytes between *begin*, a block's start, and *end* that may have
        *wanted* records."""
        if self.index is None or begin >= end:
            return [(begin, end)]
        kinds, first = self.index.kinds, self._number(begin)
        known = newest.upto if newest else kinds.upto
        last = max(first, min(known, self._number(end - 1) + 1))
        if newest:
            numbers = sorted(n for n in newest.blocks() if first <= n < last)
        else:
            numbers = kinds.to_read(wanted, first, last)
        spans = [(self.block_start(n), self.block_start(n + 1)) for n in numbers]
        return [*spans, (self.block_start(last), end)]

    def _split(self, begin: int, end: int) -> list[tuple[int, int]]:
        """Return the blocks of a span, so that whoever stops early has read the same
        of a file with and without knowing what is where."""
        if begin >= end:
            return [(begin, end)]
        numbers = range(self._number(begin), self._number(end - 1) + 1)
        bounds = ((self.block_start(n), self.block_start(n + 1)) for n in numbers)
        return [(first, min(last, end)) for first, last in bounds]

    @property
    def whole_blocks(self) -> int:
        return (self.size - self._phase) // BLOCK

    def block_start(self, number: int) -> int:
        return number * BLOCK + self._phase if number else 0

    def _number(self, at: int) -> int:
        """Return the number of the block that holds *at*."""
        return max(0, at - self._phase) // BLOCK

    def _block(self, at: int) -> int:
        """Return where the block that holds *at* begins; the first one is at 0."""
        return self.block_start(self._number(at))

    def between(
        self, begin: int, end: int, wanted: Kinds, parts: list[bytes], lost: set[int]
    ) -> Iterator[Record]:
        """Yield the records that start in a range of bytes, which starts at a block.

        The last one may end beyond it. *parts* has what there is of one that has no
        end yet afterwards, and *lost* the numbers of damaged blocks.
        """
        while begin < end or parts:
            stop = self._block(begin + SEGMENT) if begin < end else begin + BLOCK
            if begin < end:
                stop = min(stop, self._block(end + BLOCK - 1))
            data = self.read(begin, stop)
            if not data:
                return
            first = 0 if begin else HEADER
            edge = (BLOCK + self._phase) if not begin else BLOCK
            damaged: list[int] = []
            limit = end - begin
            try:
                yield from walk(
                    data, first, edge, limit, wanted=wanted, parts=parts, lost=damaged
                )
            finally:  # also of one who needs no more
                lost.update((begin + at) // BLOCK for at in damaged)
            begin = stop

    def read(self, begin: int, end: int) -> bytes:
        try:
            return os.pread(
                self.file.fileno(), max(0, min(end, self.size) - begin), begin
            )
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
            data = self.read(edge, edge + 2 * BLOCK)
            for phase in (0, HEADER):
                if chunk_at(data, phase):
                    return phase
        return 0


def _filled(file: int, size: int) -> int:
    """Return where the content of a large file ends: a hole behind it, as a crash may
    leave it, has none."""
    end = at = 0
    try:
        while size >= LARGE and (begin := os.lseek(file, at, os.SEEK_DATA)) < size:
            end = at = os.lseek(file, begin, os.SEEK_HOLE)
    except OSError as e:
        return end or size if e.errno == ENXIO else size  # there is no more
    return min(end, size) or size


def _unreadable(path: Path, error: OSError) -> SourceError:
    return SourceError(f"{path} cannot be read: {error.strerror or error}")


_TIMESTAMP = KeyScanner("_timestamp")
_EXIT_CODE, _RUNTIME = 1, 2
_TIME_FIELD = 2  # of stats and of console output


@dataclass
class LogEnd:
    """How a log ends."""

    exit_code: int | None = None
    """What the run exited with; None while it has not."""
    heard: float | None = None
    """POSIX seconds of the newest record that has a time."""
    last_step: int | None = None
    """The step of the newest history row."""
    runtime: int = 0
    """Seconds that the run took, by its exit record."""


def log_end(log: RunLog) -> LogEnd:
    """Read *log* from its end back to its last history row, once."""
    if log.end is None:
        log.end = _found_end(log)
    return log.end


def _found_end(log: RunLog) -> LogEnd:
    end, seen = LogEnd(), 0
    for record in log.backward(_TIMED):
        if _told(end, record):
            return end
        seen += record[3] - record[2]
        if seen > _FAR and log.index is not None:
            log.index.update(log.index.kinds)
            return _far_end(log, LogEnd(heard=end.heard))
    return end


def _far_end(log: RunLog, end: LogEnd) -> LogEnd:
    """Look for the last row before much console, only where rows and exits are."""
    for record in log.backward({HISTORY, EXIT}):
        if _told(end, record):
            break
    return end


def _told(end: LogEnd, record: Record) -> bool:
    """Add what *record* says of the *end*; return whether it is the last row. An exit,
    if there is one, comes after it."""
    kind, data, at, stop = record
    if kind == EXIT:
        end.exit_code, end.runtime = _exit(data, at, stop)
        end.last_step = None
        return False
    when = _time(kind, data, at, stop)
    if when is not None:
        end.heard = max(when, end.heard or when)
    if kind == HISTORY:
        end.last_step = int(row_step(data, at, stop, 0))
    return kind == HISTORY


def until_exit(
    log: RunLog, wanted: Kinds, newest: NewestLabels | None = None
) -> Iterator[Record]:
    """Yield *wanted* records before the exit, if there was one, the newest first."""
    exited = log_end(log).exit_code is not None
    for record in log.backward({*wanted, EXIT}, newest):
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
        number: signed(integer(data, start))
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
