"""Read many blocks of a log once, for all parts of the index.

Whole segments are read where numpy understands them (`segments`), single blocks
elsewhere. A large file is shared among the machine's cores.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from wandbwatch.sources.local.framing import Record
from wandbwatch.sources.local.known import Known

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from wandbwatch.sources.local.large.vectors import Segment
    from wandbwatch.sources.local.log import RunLog

_SEGMENT = 256
"""Blocks that are read together."""
_SMALL = 4
"""Blocks that are read one by one as fast as together."""
_IMPORTS = 256
"""The fewest blocks for which numpy is imported."""
_SHARED = 2048
"""The fewest blocks for which another process is started."""
_MOST_PROCESSES = 4


def scan(log: RunLog, *parts: Known) -> None:
    """Let *parts* learn from all blocks of *log* that will not change any more.

    They know equally many.
    """
    end = log.whole_blocks - 1  # the last one may end inside a record
    count = end - parts[0].upto
    if count <= 0:
        return
    workers = _workers(count) if all(part.together for part in parts) else 1
    if workers > 1:
        _shared(log, parts, end, workers)
    _read(log, parts, end)


def _read(log: RunLog, parts: Sequence[Known], end: int) -> None:
    count = end - parts[0].upto
    together = all(part.together for part in parts)
    many = together and ("numpy" in sys.modules or count >= _IMPORTS)
    reading = _Reading(log, parts, many=many)
    whole = True
    while whole and (first := parts[0].upto) < end:
        whole = reading.blocks(first, min(first + _SEGMENT, end))


class _Reading:
    def __init__(self, log: RunLog, parts: Sequence[Known], *, many: bool) -> None:
        self._log, self._parts, self._many = log, parts, many
        self._segment: Segment | None = None

    def blocks(self, first: int, last: int) -> bool:
        """Read some blocks; return whether no record of them was still growing."""
        if self._many and last - first > _SMALL:
            if self._together(first, last):
                return True
            middle = (first + last) // 2
            return self.blocks(first, middle) and self.blocks(middle, last)
        return all(self._alone(number) for number in range(first, last))

    def _together(self, first: int, last: int) -> bool:
        from wandbwatch.sources.local.large.segments import (  # noqa: PLC0415 - imports numpy
            Segment,
            learn,
        )

        self._segment = self._segment or Segment()
        begin, end = self._log.block_start(first), self._log.block_start(last)
        bounds = (first, last, begin, end)
        return learn(self._parts, self._segment, self._log.file, bounds)

    def _alone(self, number: int) -> bool:
        begin, end = self._log.block_start(number), self._log.block_start(number + 1)
        found: list[tuple[list[Record], set[int]]] = []
        for part in self._parts:
            rest: list[bytes] = []
            lost: set[int] = set()
            read = list(self._log.between(begin, end, part.wanted, rest, lost))
            if rest:
                return False
            found.append((read, lost))
        for part, (read, lost) in zip(self._parts, found, strict=True):
            part.damaged |= lost
            part.block(number, read)
            part.upto = number + 1
        return True


def cores() -> int:
    """Return how many processes may read at the same time.

    A daemon thread, such as one that shows what is waited for, takes no part in a fork;
    others may hold what the new process needs.
    """
    others = [one for one in threading.enumerate() if not one.daemon]
    if len(others) > 1 or not hasattr(os, "fork"):
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)


def _workers(blocks: int) -> int:
    """Return how many processes are to read so many blocks."""
    return 1 if blocks < _SHARED else min(cores(), 2 * blocks // _SHARED)


def _shared(log: RunLog, parts: Sequence[Known], end: int, workers: int) -> None:
    """Let processes learn what *parts* have to, each from other blocks.

    What one of them could not do is left to be done.
    """
    from wandbwatch.sources.local.large import segments  # noqa: F401, PLC0415 -- once for all

    begin = parts[0].upto
    edges = [begin + (end - begin) * n // workers for n in range(workers + 1)]
    started = []
    for first, last in pairwise(edges[1:]):
        later = [part.fresh(first) for part in parts]
        started.append((later, forked(partial(_learnt, log, later, last))))
    _read(log, parts, edges[1])
    for later, result in started:
        states = result() or ()
        known = [one.restore(state) for one, state in zip(later, states, strict=False)]
        if known and known[0].first == parts[0].upto and all(k.apart for k in known):
            for mine, more in zip(parts, known, strict=True):
                mine.extend(more)


def _learnt(log: RunLog, parts: Sequence[Known], end: int) -> list[dict[str, Any]]:
    _read(log, parts, end)
    return [part.state() for part in parts]


_T = TypeVar("_T")


def forked(work: Callable[[], _T]) -> Callable[[], _T | None]:
    """Start *work* in a process of its own.

    Returns what waits for its result, which is None if it failed.
    """
    from multiprocessing import get_context  # noqa: PLC0415 -- a small run needs none

    receiver, sender = get_context("fork").Pipe(duplex=False)
    process = get_context("fork").Process(target=_send, args=(work, sender))
    process.start()
    sender.close()

    def result() -> _T | None:
        try:
            found: _T = receiver.recv()
        except (EOFError, OSError):
            return None
        else:
            return found
        finally:
            process.join()

    return result


def _send(work: Callable[[], object], sender: Connection) -> NoReturn:
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_DFL)
    try:
        sender.send(work())
    finally:
        os._exit(0)  # without what a process does at its end: that is the parent's
