"""The rows of a segment, and in them, with numpy, one key's numbers or all labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from wandbwatch.sources.local.items import UPDATE
from wandbwatch.sources.local.key_scanner import KeyScanner, row_step
from wandbwatch.sources.local.known import ITEMS
from wandbwatch.sources.local.large.decimals import Numbers, decimals
from wandbwatch.sources.local.large.vectors import (
    Flags,
    Items,
    Places,
    Records,
    Segment,
    Unusual,
    among,
    field,
    hashes,
    hashes_of,
    items,
    varints,
)
from wandbwatch.sources.local.wire import STATS

_SECOND = 2
_CONTINUES = 0x80
_BOOLEAN, _INTEGER, _NUMBER, _VALUE_JSON = 4, 5, 6, 16
_DOUBLE = 8
_LONGEST = 127
"""The most bytes of a number in JSON."""
_KNOWN = 2
"""Blocks at a segment's end, whose labels most others of it have as well."""


@dataclass(frozen=True)
class Rows:
    """The messages of history or summary records."""

    segment: Segment
    block: Places
    start: Places
    end: Places
    items: Items
    odd: Flags
    """The rows that the plain reader has to read."""
    second: Places
    """The number in field 2 of each, a row's step; 0 without one."""
    has_second: Flags

    def message(self, row: int) -> bytes:
        return bytes(self.segment.view[int(self.start[row]) : int(self.end[row])])


def rows(found: Records, item_field: int = UPDATE) -> Rows:
    """Read the items of records, of which each is a field of that number."""
    seen, tag = found.segment.seen, item_field << 3 | 2
    row, at, ends = np.arange(found.start.size), found.start, found.end
    odd = np.zeros(row.shape, np.bool_)
    has_second, second = odd.copy(), np.zeros_like(row)
    pieces: list[tuple[Places, Places, Places]] = []
    while row.size:
        length = seen[at + 1]
        if (seen[at] == tag).all() and (length < _CONTINUES).all():
            start, stop = at + 2, at + 2 + length
            valid = stop <= ends
            pieces.append((row[valid], start[valid], stop[valid]))
        else:
            number, start, stop, valid = field(seen, at, ends)
            item = valid & (number == item_field)
            pieces.append((row[item], start[item], stop[item]))
            other = np.flatnonzero(valid & (number == _SECOND) & ~has_second[row])
            if other.size:
                has_second[row[other]] = True
                step, strange = _inner(found.segment, start[other], stop[other])
                second[row[other]] = step
                odd[row[other][strange]] = True
        odd[row[~valid]] = True
        on = valid & (stop < ends)
        row, at, ends = row[on], stop[on], ends[on]
    none = np.zeros(0, np.intp)
    columns = zip(*pieces, strict=True) if pieces else [[none]] * 3
    parts = items(seen, *(np.concatenate(list(one)) for one in columns))
    odd[parts.of[parts.odd]] = True
    place = (found.block, found.start, found.end)
    return Rows(found.segment, *place, parts, odd, second, has_second)


def _inner(segment: Segment, at: Places, end: Places) -> tuple[Places, Flags]:
    """Return the number in a message with one field, and which are anything else."""
    found, some = np.zeros_like(at), np.flatnonzero(at < end)
    strange = np.zeros(at.shape, np.bool_)
    number, start, stop, valid = field(segment.seen, at[some], end[some])
    plain = valid & (number == 1) & (stop == end[some])
    strange[some] = ~plain
    found[some[plain]] = varints(segment.seen, start[plain])[0]
    return found, strange


class Key:
    """One key, to be found in rows (see `KeyScanner`)."""

    def __init__(self, scanner: KeyScanner) -> None:
        self._slowly = scanner.value
        here, above = scanner.here, scanner.above
        texts = [*here, *above]
        self._here, self._above = hashes_of(here), hashes_of(above)
        self._lengths = np.zeros(max(map(len, texts)) + 2, np.bool_)
        self._lengths[[len(text) for text in texts]] = True

    def column(self, found: Rows) -> tuple[Numbers, Flags]:
        """Return the key's number in each row, and which rows have one."""
        seen, parts = found.segment.seen, found.items
        length = parts.label_end - parts.label - 1
        length = np.minimum(length, self._lengths.size - 1)
        near = np.flatnonzero(self._lengths[length] & ~parts.odd)
        name = hashes(seen, parts.label[near] + 1, parts.label_end[near])
        exact = near[among(name, self._here)]
        of = parts.of[exact]
        slowly = found.odd | (np.bincount(of, minlength=found.odd.size) > 1)
        slowly[parts.of[near[among(name, self._above)]]] = True
        numbers, plain = _numbers(found.segment, parts, exact)
        values, there = np.zeros(slowly.shape), np.zeros(slowly.shape, np.bool_)
        values[of], there[of] = numbers, True
        slowly[of[~plain]] = True
        for row in np.flatnonzero(slowly).tolist():
            message = found.message(row)
            value = self._slowly(message, 0, len(message))
            there[row] = value is not None
            values[row] = 0.0 if value is None else value
        return values, there


def _numbers(segment: Segment, parts: Items, which: Places) -> tuple[Numbers, Flags]:
    """Return the numbers of items, and which of them are plain ones."""
    kind, at, end = parts.value_field[which], parts.value[which], parts.value_end[which]
    values, plain = np.zeros(which.shape), np.zeros(which.shape, np.bool_)
    some = np.flatnonzero((kind == _VALUE_JSON) & (end - at <= _LONGEST))
    values[some], plain[some] = _texts(segment, at[some], end[some])
    some = np.flatnonzero((kind == _NUMBER) & (end - at == _DOUBLE))
    values[some] = segment.integers(_DOUBLE)[at[some]].view(np.float64)
    plain[some] = True
    some = np.flatnonzero(kind == _INTEGER)
    coded = varints(segment.seen, at[some])[0].view(np.uint64)
    whole = (coded >> np.uint64(1)).view(np.int64) ^ -(coded & np.uint64(1)).view(
        np.int64
    )
    values[some], plain[some] = whole, True
    some = np.flatnonzero(kind == _BOOLEAN)
    values[some], plain[some] = varints(segment.seen, at[some])[0] != 0, True
    return values, plain


def _texts(segment: Segment, at: Places, end: Places) -> tuple[Numbers, Flags]:
    values, plain = decimals(segment.seen, at, end)
    for one in np.flatnonzero(~plain).tolist():
        value = _number(segment.view[int(at[one]) : int(end[one])])
        plain[one] = value is not None
        values[one] = value or 0.0
    return values, plain


def _number(text: memoryview) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def steps(found: Rows, first: int) -> tuple[Numbers, bool]:
    """Return each row's step, and whether one of them is no more than its number.

    *first* is the number of the first row (see `row_step`).
    """
    values, counted = found.second.astype(np.float64), False
    missing = ~found.has_second & ~found.odd
    if missing.any():
        logged, there = Key(KeyScanner("_step")).column(found)
        counted = bool((missing & ~there).any())
        number = np.arange(first, first + missing.size, dtype=np.float64)
        values[missing] = np.where(there, logged, number)[missing]
    for row in np.flatnonzero(found.odd).tolist():
        message = found.message(row)
        values[row] = row_step(message, 0, len(message), first + row)
        other = row_step(message, 0, len(message), first + row + 1)
        counted = counted or bool(other != values[row])
    return values, counted


def samples(found: Records) -> Rows:
    """Read the items of system metrics."""
    read = rows(found, ITEMS[STATS])
    odd = np.bincount(read.items.of[read.items.odd], minlength=read.odd.size) > 0
    every = np.arange(read.items.of.size)
    if not _numbers(found.segment, read.items, every)[1].all():
        raise Unusual
    return replace(read, odd=odd)


def labels(found: Rows) -> Iterator[tuple[bytes, int]]:
    """Yield the label of each item with the number of the last block that has it."""
    if found.odd.any():
        raise Unusual
    seen, parts = found.segment.seen, found.items
    name = hashes(seen, parts.label, parts.label_end)
    block = found.block[parts.of]
    recent = block > block.max(initial=0) - _KNOWN
    known = np.unique(name[recent])
    for some in (np.flatnonzero(recent), np.flatnonzero(~among(name, known))):
        order = some[np.lexsort((block[some], name[some]))]
        last = np.append(name[order][1:] != name[order][:-1], True)[: order.size]
        for one in order[last].tolist():
            begin, end = int(parts.label[one]), int(parts.label_end[one])
            yield bytes(found.segment.view[begin:end]), int(block[one])
