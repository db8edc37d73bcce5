"""What is learnt from a whole segment, with numpy; it is imported only for that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

import numpy as np

from wandbwatch.sources.local.curves import CurveScanner
from wandbwatch.sources.local.known import BITS, KindsOfBlocks, Known, NewestLabels
from wandbwatch.sources.local.large import columns, rows
from wandbwatch.sources.local.large.vectors import Records, Segment, Unusual, records
from wandbwatch.sources.local.wire import EXIT, STATS, SUMMARY

_ROWS = 8192
"""Rows whose labels are read at once: what is known of them stays in the cache."""

__all__ = ["Segment", "learn"]


def learn(
    parts: Sequence[Known],
    segment: Segment,
    file: BinaryIO,
    bounds: tuple[int, int, int, int],
) -> bool:
    """Let *parts* learn from the blocks that *bounds* name, a first block and what it
    is behind the last one, and where in *file* these begin and end.

    Return False, with *parts* as they were, where they have to be read one by one.
    """
    first, last, begin, end = bounds
    try:
        segment.read(file, begin, end)
        found = records(segment, begin, end)
        learnt = [_learnt(part, found, first, last) for part in parts]
    except Unusual:
        return False
    for part, add in zip(parts, learnt, strict=True):
        add()
        part.upto = last
    return True


def _learnt(part: Known, found: Records, first: int, last: int) -> Callable[[], None]:
    """Return what lets *part* know what was found."""
    match part:
        case KindsOfBlocks():
            return _kinds(part, found, last - first)
        case NewestLabels():
            return _labels(part, found.of(part.wanted), first)
        case CurveScanner():
            return _curves(part, found.of(part.wanted))
        case _:
            raise Unusual


def _kinds(part: KindsOfBlocks, found: Records, count: int) -> Callable[[], None]:
    there = np.zeros((count, BITS + 1), np.bool_)
    there[found.block, np.clip(found.kind, 0, BITS)] = True
    there[:, 0] = False
    masks = np.packbits(there, axis=1, bitorder="little").view("<u4").astype("=u4")
    return lambda: part.masks.frombytes(masks.tobytes())


def _labels(part: NewestLabels, found: Records, first: int) -> Callable[[], None]:
    if (found.kind == EXIT).any():
        raise Unusual
    read = rows.samples if part.kinds == {STATS} else rows.rows
    newest: dict[str, int] = {}
    for begin in range(0, found.kind.size, _ROWS):
        some = read(found.take(slice(begin, begin + _ROWS)))
        if ((some.found.kind == SUMMARY) & some.has_second).any():
            raise Unusual  # a value is removed
        newest |= {one.decode("latin-1"): n + first for one, n in rows.labels(some)}
    return lambda: part.current.update(newest)


def _curves(part: CurveScanner, found: Records) -> Callable[[], None]:
    if part.ended:
        return lambda: None
    if (found.kind == EXIT).any():
        raise Unusual
    lines = columns.Lines(found)
    every = np.ones(found.kind.shape, np.bool_)
    ys = [columns.Key(one).column(lines) for one in part.scanners.values()]
    step, counted = every.astype(np.float64), False
    if part.across is None or part.steps:
        step, counted = lines.steps(part.number)
    x, there = step, every
    if part.across:
        x, there = columns.Key(part.across).column(lines)

    def add() -> None:
        for points, (y, has) in zip(part.points.values(), ys, strict=True):
            added = (x, y, step) if part.steps else (x, y)
            for column, values in zip(points, added, strict=False):
                column.frombytes(values[has & there].tobytes())
        part.counted |= counted
        part.number += found.kind.size

    return add
