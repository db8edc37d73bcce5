"""One key's numbers, or the steps, of all rows of a segment, with numpy.

What `KeyScanner` does in one row is done here in all rows at once: the bytes of the
key's labels are looked for, and what stands around them tells whether it is an item.
Rows for which it does not are read item by item (`rows`), or by the plain reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

import numpy as np

from wandbwatch.sources.local.items import KeyScanner, row_step
from wandbwatch.sources.local.known import (
    BITS,
    CurveScanner,
    KindsOfBlocks,
    Known,
    Measures,
    NewestLabels,
)
from wandbwatch.sources.local.large.decimals import Flags, Numbers, Places, Words
from wandbwatch.sources.local.large.rows import (
    Rows,
    among,
    hashes,
    hashes_of,
    labels,
    numbers,
    rows,
    samples,
    texts,
)
from wandbwatch.sources.local.large.vectors import Records, Segment, Unusual, records
from wandbwatch.sources.local.wire import EXIT, STATS, SUMMARY

_STRIPE = 1 << 18
"""Bytes that are searched at once: they and what is found stay in the nearest cache."""
_MOST_SPELLED = 12
"""Texts that are looked for; where there are more, all items are read."""
_FEW = 32
"""Rows that the plain reader reads as fast."""
_JSON, _DOUBLE, _NESTED = 0x0182, 0x31, 0x12
_ITEM = 0x0A
_BYTE = np.uint64(0xFF)


class Lines:
    """The messages of history records, of which few items are looked at."""

    def __init__(self, found: Records) -> None:
        self.found = found
        self.count = found.start.size
        self._order = np.argsort(found.start, kind="stable")
        self._starts = found.start[self._order]
        self._bounds = (0, 0)
        if self.count:
            self._bounds = int(found.start.min()), int(found.end.max())

    def having(self, text: bytes) -> tuple[Places, Places]:
        """Return the rows that have *text*, and where; a row for each time."""
        at = self._places(text)
        place = np.searchsorted(self._starts, at, "right") - 1
        row = self._order[place]
        inside = (place >= 0) & (at + len(text) <= self.found.end[row])
        return row[inside], at[inside]

    def _places(self, text: bytes) -> Places:
        seen, words = self.found.segment.seen, self.found.segment.words
        count, last = len(text), len(text) - 1
        pieces = [np.zeros(0, np.intp)]
        since, upto = self._bounds
        for begin in range(since, upto := min(upto, words.size - count), _STRIPE):
            end = min(begin + _STRIPE, upto)
            maybe = seen[begin:end] == text[0]
            maybe &= seen[begin + last : end + last] == text[last]
            pieces.append(np.flatnonzero(maybe) + begin)
        at = np.concatenate(pieces)
        for begin in range(0, count, 8):
            some = text[begin : begin + 8]
            mask = np.uint64((1 << 8 * len(some)) - 1)
            at = at[words[at + begin] & mask == int.from_bytes(some, "little")]
        return at

    def steps(self, first: int) -> tuple[Numbers, bool]:
        """Return each row's step, and whether one of them is no more than its number.

        *first* is the number of the first row (see `row_step`).
        """
        values, known = _last_steps(self.found.segment.words[self.found.end - 8])
        rest = np.flatnonzero(~known)
        if not rest.size:
            return values, False
        read = rows(self.found.take(rest))
        values[rest], counted = _walked_steps(read, first + rest)
        return values, counted


_LONGEST_STEP = 5
_MORE = np.uint64(0x8080808080)


def _last_steps(word: Words) -> tuple[Numbers, Flags]:
    """Return the steps of rows that end with these eight bytes, and which have one:
    ``12 LENGTH 08 VARINT``, or ``12 00``."""
    values = np.zeros(word.shape)
    known = (word >> np.uint64(48)) == _NESTED
    for count in range(1, _LONGEST_STEP + 1):
        mark = 0x080012 | (count + 1) << 8
        some = (word >> np.uint64(8 * (5 - count))) & np.uint64(0xFFFFFF) == mark
        step = word >> np.uint64(8 * (8 - count))
        some &= step & _MORE == int(_MORE) & ((1 << 8 * (count - 1)) - 1)
        value = np.zeros_like(word)
        for n in range(count):
            value |= ((step >> np.uint64(8 * n)) & np.uint64(0x7F)) << np.uint64(7 * n)
        values[some] = value[some]
        known |= some
        if known.all():
            break
    return values, known


class Key:
    """One key, to be found in rows (see `KeyScanner`)."""

    def __init__(self, scanner: KeyScanner) -> None:
        self._slowly = scanner.value
        self._here, self._above = scanner.here, scanner.above

    def column(self, lines: Lines) -> tuple[Numbers, Flags]:
        """Return the key's number in each row, and which rows have one."""
        values, there = np.zeros(lines.count), np.zeros(lines.count, np.bool_)
        times = np.zeros(lines.count, np.intp)
        slowly = there.copy()
        if len(self._here) + len(self._above) > _MOST_SPELLED:
            slowly[:] = True
        else:
            for text in self._above:
                row, at = lines.having(text)
                slowly[row[~_Framed(lines, at, len(text)).deeper]] = True
            for text in self._here:
                row, at = lines.having(text)
                framed = _Framed(lines, at, len(text))
                exact = ~framed.deeper
                row = row[exact]
                values[row], plain = framed.numbers(exact)
                there[row] = True
                times += np.bincount(row, minlength=lines.count)
                slowly[row[~plain]] = True
        rest = np.flatnonzero(slowly | (times > 1))
        if rest.size > _FEW:
            values[rest], there[rest] = self.walked(rows(lines.found.take(rest)))
        else:
            for one in rest.tolist():
                values[one], there[one] = self._value(lines.found.message(one))
        return values, there

    def walked(self, found: Rows) -> tuple[Numbers, Flags]:
        """Return the same of rows of which all items were read."""
        segment, parts = found.found.segment, found.items
        here, above = hashes_of(self._here), hashes_of(self._above)
        name = hashes(segment.words, parts.label + 1, parts.label_end)
        exact = np.flatnonzero(among(name, here) & ~parts.odd)
        of = parts.of[exact]
        slowly = found.odd | (np.bincount(of, minlength=found.odd.size) > 1)
        slowly[parts.of[among(name, above) & ~parts.odd]] = True
        found_numbers, plain = numbers(segment, parts, exact)
        values, there = np.zeros(slowly.shape), np.zeros(slowly.shape, np.bool_)
        values[of], there[of] = found_numbers, True
        slowly[of[~plain]] = True
        for row in np.flatnonzero(slowly).tolist():
            values[row], there[row] = self._value(found.found.message(row))
        return values, there

    def _value(self, message: bytes) -> tuple[float, bool]:
        value = self._slowly(message, 0, len(message))
        return (0.0, False) if value is None else (value, True)


class _Framed:
    """What stands around texts, which may be the labels of items:
    ``0a LENGTH tag text 82 01 LENGTH JSON``."""

    def __init__(self, lines: Lines, at: Places, length: int) -> None:
        self._segment = lines.found.segment
        words = self._segment.words
        head = words[at - 8] >> np.uint64(40)
        self._tail = words[at + length]
        self._after = at + length
        self._stop = at - 1 + ((head >> np.uint64(8)) & _BYTE).view(np.intp)
        self._item = (head & np.uint64(0x80FF)) == _ITEM
        self.deeper = self._item & (self._after < self._stop)
        """Which are followed by another label."""
        self.deeper &= (self._tail & _BYTE) == _NESTED

    def numbers(self, which: Flags) -> tuple[Numbers, Flags]:
        """Return the numbers of some, and of which of these they are."""
        tail, after, stop = self._tail[which], self._after[which], self._stop[which]
        item = self._item[which]
        size = ((tail >> np.uint64(16)) & _BYTE).view(np.intp)
        spelled = item & ((tail & np.uint64(0x80FFFF)) == _JSON)
        spelled &= after + 3 + size == stop
        if spelled.all():
            return texts(self._segment, after + 3, stop)
        values, plain = np.zeros(tail.shape), np.zeros(tail.shape, np.bool_)
        some = np.flatnonzero(spelled)
        values[some], plain[some] = texts(self._segment, after[some] + 3, stop[some])
        double = item & ((tail & _BYTE) == _DOUBLE) & (after + 9 == stop)
        values[double] = self._segment.words[after[double] + 1].view(np.float64)
        return values, plain | double


def _walked_steps(found: Rows, number: Places) -> tuple[Numbers, bool]:
    """Return the step of rows with these numbers, of which all items were read, and
    whether one is no more than its number."""
    values, counted = found.second.astype(np.float64), False
    missing = ~found.has_second & ~found.odd
    if missing.any():
        logged, there = Key(KeyScanner("_step")).walked(found)
        counted = bool((missing & ~there).any())
        values[missing] = np.where(there, logged, number)[missing]
    for row in np.flatnonzero(found.odd).tolist():
        message, own = found.found.message(row), int(number[row])
        values[row] = row_step(message, 0, len(message), own)
        other = row_step(message, 0, len(message), own + 1)
        counted = counted or bool(other != values[row])
    return values, counted


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
        case Measures():
            return _measures(part, found.of(part.wanted))
        case _:
            raise Unusual


def _measures(part: Measures, found: Records) -> Callable[[], None]:
    """Let it read each record, as there are few of them."""
    if (found.kind == EXIT).any():
        raise Unusual
    messages = [found.message(n) for n in range(found.kind.size)]
    return lambda: part.add((STATS, one, 0, len(one)) for one in messages)


def _kinds(part: KindsOfBlocks, found: Records, count: int) -> Callable[[], None]:
    there = np.zeros((count, BITS + 1), np.bool_)
    there[found.block, np.clip(found.kind, 0, BITS)] = True
    there[:, 0] = False
    masks = np.packbits(there, axis=1, bitorder="little").view("<u4").astype("=u4")
    return lambda: part.masks.frombytes(masks.tobytes())


def _labels(part: NewestLabels, found: Records, first: int) -> Callable[[], None]:
    if (found.kind == EXIT).any():
        raise Unusual
    read = samples if part.kinds == {STATS} else rows
    newest: dict[str, int] = {}
    for begin in range(0, found.kind.size, _ROWS):
        some = read(found.take(slice(begin, begin + _ROWS)))
        if ((some.found.kind == SUMMARY) & some.has_second).any():
            raise Unusual  # a value is removed
        newest |= {one.decode("latin-1"): n + first for one, n in labels(some)}
    return lambda: part.current.update(newest)


def _curves(part: CurveScanner, found: Records) -> Callable[[], None]:
    if part.ended:
        return lambda: None
    if (found.kind == EXIT).any():
        raise Unusual
    lines = Lines(found)
    every = np.ones(found.kind.shape, np.bool_)
    ys = [Key(one).column(lines) for one in part.scanners.values()]
    step, counted = every.astype(np.float64), False
    if part.across is None or part.steps:
        step, counted = lines.steps(part.number)
    x, there = step, every
    if part.across:
        x, there = Key(part.across).column(lines)

    def add() -> None:
        for points, (y, has) in zip(part.points.values(), ys, strict=True):
            added = (x, y, step) if part.steps else (x, y)
            for column, values in zip(points, added, strict=False):
                column.frombytes(values[has & there].tobytes())
        part.counted |= counted
        part.number += found.kind.size

    return add
