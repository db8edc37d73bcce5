"""What is known of one log, kept up to date as the log grows.

Many blocks are read once, for all parts of it: whole segments where numpy understands
them (`columns`), single blocks elsewhere. A large file is shared among the machine's
cores.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.sources.local.cache import Cached
from wandbwatch.sources.local.known import (
    CurveScanner,
    KindsOfBlocks,
    Known,
    Measures,
    NewestLabels,
)
from wandbwatch.sources.local.wire import Kinds, Record

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
        from wandbwatch.sources.local.large.columns import Segment, learn  # noqa: PLC0415 - imports numpy

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
    from wandbwatch.sources.local.large import columns  # noqa: F401, PLC0415 -- once for all

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


_CURVES = 8
"""Choices of keys whose curves are known at once; the one used last stays longest."""
_WORTH, _SHARE = 8, 256
"""The fewest new blocks for which the cache is written, and of how many known ones."""


class Index:
    """It reads the log only when asked, and what is kept of it before that."""

    def __init__(self, log: RunLog) -> None:
        self._log = log
        self._cached = Cached.of(log)
        self._loaded = False
        self._news = 0
        self._kinds = KindsOfBlocks()
        self._newest: dict[Kinds, NewestLabels] = {}
        self._curves: list[CurveScanner] = []
        self._measures: list[Measures] = []
        self._stored: list[tuple[CurveScanner | Measures, dict[str, Any]]] = []
        """Kept points that were not asked for yet, and what to restore in them."""
        self._expected: list[Known] = []

    @property
    def kinds(self) -> KindsOfBlocks:
        self._load()
        return self._kinds

    def update(self, part: Known) -> None:
        """Bring *part* up to date, and with it the kinds in each block."""
        before = part.upto
        others = (self.kinds, *self._expected)
        scan(
            self._log,
            part,
            *(one for one in others if one is not part and one.upto == before),
        )
        self._news = max(self._news, part.upto - before)

    def expect(self, kinds: Kinds) -> None:
        """Announce that `newest` will be asked for *kinds*, to read all once."""
        self._expected.append(self._newest_of(kinds))

    def newest(self, kinds: Kinds) -> NewestLabels:
        found = self._newest_of(kinds)
        self.update(found)
        return found

    def _newest_of(self, kinds: Kinds) -> NewestLabels:
        self._load()
        return self._newest.setdefault(frozenset(kinds), NewestLabels(frozenset(kinds)))

    def expect_curves(self, keys: Sequence[str], axis: Axis, *, steps: bool) -> None:
        """Announce that `curves` will be asked for these, to read all once."""
        self._expected += self._curves_of(keys, axis, steps=steps)

    def curves(
        self, keys: Sequence[str], axis: Axis, *, steps: bool
    ) -> list[CurveScanner]:
        """Return what is known of *keys*, each in one of them."""
        found = self._curves_of(keys, axis, steps=steps)
        for one in found:
            self.update(one)
        return found

    def _curves_of(
        self, keys: Sequence[str], axis: Axis, *, steps: bool
    ) -> list[CurveScanner]:
        self._load()
        self._restore_points(
            lambda one: (
                isinstance(one, CurveScanner)
                and (one.axis, one.steps) == (axis, steps)
                and not set(keys).isdisjoint(one.keys)
            )
        )
        found: list[CurveScanner] = []
        left = list(keys)
        for one in self._curves:
            if (one.axis, one.steps) == (axis, steps) and set(left) & set(one.keys):
                found.append(one)
                left = [key for key in left if key not in one.keys]
        if left:
            found.append(CurveScanner(left, axis, steps=steps))
        others = [one for one in self._curves if one not in found]
        self._curves = [*found, *others][:_CURVES]
        return found

    def expect_measures(self, names: Sequence[str]) -> None:
        """Announce that `measures` will be asked for these, to read all once."""
        self._expected.append(self._measures_of(tuple(names)))

    def measures(self, names: Sequence[str]) -> Measures:
        found = self._measures_of(tuple(names))
        self.update(found)
        return found

    def _measures_of(self, names: tuple[str, ...]) -> Measures:
        def same(one: Known) -> bool:
            return isinstance(one, Measures) and one.names == names

        self._load()
        self._restore_points(same)
        found = next(filter(same, self._measures), None) or Measures(names)
        others = [one for one in self._measures if one is not found]
        self._measures = [found, *others][:_CURVES]
        return found

    def save(self) -> None:
        """Write the cache, if enough is new."""
        least = max(_WORTH, self._kinds.upto // _SHARE)
        if self._cached and self._news >= least:
            self._restore_points(lambda _: True)
            del self._curves[_CURVES:], self._measures[_CURVES:]
            parts = list(self._parts())
            known = [[kind, args, part.state()] for kind, args, part in parts]
            blocks = max(part.upto for *_, part in parts)
            self._cached.save(self._log, known, blocks)

    def _parts(self) -> Iterator[tuple[str, list[Any], Known]]:
        """Yield the parts, each with what names it."""
        yield "kinds", [], self._kinds
        for kinds, newest in self._newest.items():
            yield "newest", sorted(kinds), newest
        for one in self._curves:
            axis = [one.axis.kind.value, one.axis.key]
            yield "curves", [list(one.keys), axis, one.steps], one
        for found in self._measures:
            yield "measures", list(found.names), found

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        known = self._cached.load(self._log) if self._cached else None
        try:
            for kind, args, state in known or ():
                self._restore(kind, args, state)
        except (OSError, ValueError, LookupError, TypeError):
            self._kinds, self._newest, self._stored = KindsOfBlocks(), {}, []

    def _restore(self, kind: str, args: list[Any], state: dict[str, Any]) -> None:
        if kind == "kinds":
            self._kinds.restore(state)
        elif kind == "newest":
            newest = NewestLabels(frozenset(args)).restore(state)
            self._newest[newest.kinds] = newest
        elif kind == "curves":
            keys, (axis, key), steps = args
            one = CurveScanner(keys, Axis(AxisKind(axis), key), steps=steps)
            self._stored.append((one, state))
        elif kind == "measures":
            self._stored.append((Measures(args), state))

    def _restore_points(self, fits: Callable[[Known], bool]) -> None:
        """Read the kept points of those that *fit*."""
        later = []
        for one, state in self._stored:
            if not fits(one):
                later.append((one, state))
                continue
            with suppress(OSError, ValueError, LookupError, TypeError):
                match one.restore(state):
                    case CurveScanner() as curves:
                        self._curves.append(curves)
                    case Measures() as measures:
                        self._measures.append(measures)
        self._stored = later
