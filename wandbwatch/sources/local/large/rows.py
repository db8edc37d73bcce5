"""The items of a segment's rows, all of them, with numpy: for their labels, and for the
rows that `columns` does not understand."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from wandbwatch.sources.local.items import UPDATE
from wandbwatch.sources.local.known import ITEMS
from wandbwatch.sources.local.large.decimals import Flags, Numbers, Places, decimals
from wandbwatch.sources.local.large.vectors import (
    Bytes,
    Records,
    Segment,
    Unusual,
    field,
    varints,
)
from wandbwatch.sources.local.wire import STATS

Hashes: TypeAlias = NDArray[np.uint64]

_SECOND = 2
_CONTINUES = 0x80
_KEY, _NESTED_KEY = 1, 2
_NONE, _BOOLEAN, _INTEGER, _NUMBER, _JSON, _VALUE_JSON = 3, 4, 5, 6, 8, 16
_NESTED_TAG, _JSON_TAG = 0x12, 0x0182
_DOUBLE = 8
_LONGEST = 127
"""The most bytes of a number in JSON."""
_MOST_FIELDS = 64
"""Of one item; one with more has a step of this reader for each."""
_KNOWN = 2
"""Blocks at a segment's end, whose labels most others of it have as well."""
_BYTE, _TWO_BYTES = np.uint64(0xFF), np.uint64(0xFFFF)


@dataclass(frozen=True)
class Items:
    """Items of messages: which message each is of, its labels' bytes and its value."""

    of: Places
    label: Places
    label_end: Places
    value_field: Places
    value: Places
    value_end: Places
    odd: Flags
    """Which ones have to be read by `items.item`."""


@dataclass(frozen=True)
class Rows:
    """The messages of history or summary records."""

    found: Records
    items: Items
    odd: Flags
    """The rows that the plain reader has to read."""
    second: Places
    """The number in field 2 of each, a row's step; 0 without one."""
    has_second: Flags


def rows(found: Records, item_field: int = UPDATE) -> Rows:
    """Read the items of records, of which each is a field of that number."""
    segment, tag = found.segment, item_field << 3 | 2
    row, at, ends = np.arange(found.start.size), found.start, found.end
    odd = np.zeros(row.shape, np.bool_)
    has_second, second = odd.copy(), np.zeros_like(row)
    pieces: list[tuple[Places, Places, Places]] = []
    while row.size:
        head = segment.words[at] & np.uint64(0x80FF)
        if (head == tag).all():
            start = at + 2
            stop = start + segment.seen[at + 1]
            valid = stop <= ends
            pieces.append((row[valid], start[valid], stop[valid]))
        else:
            number, start, stop, valid = field(segment.seen, at, ends)
            item = valid & (number == item_field)
            pieces.append((row[item], start[item], stop[item]))
            other = np.flatnonzero(valid & (number == _SECOND) & ~has_second[row])
            if other.size:
                has_second[row[other]] = True
                step, strange = _inner(segment, start[other], stop[other])
                second[row[other]] = step
                odd[row[other][strange]] = True
        odd[row[~valid]] = True
        on = valid & (stop < ends)
        row, at, ends = row[on], stop[on], ends[on]
    none = np.zeros(0, np.intp)
    columns = zip(*pieces, strict=True) if pieces else [[none]] * 3
    parts = _items(segment, *(np.concatenate(list(one)) for one in columns))
    odd[parts.of[parts.odd]] = True
    return Rows(found, parts, odd, second, has_second)


def _inner(segment: Segment, at: Places, end: Places) -> tuple[Places, Flags]:
    """Return the number in a message with one field, and which are anything else."""
    found, some = np.zeros_like(at), np.flatnonzero(at < end)
    strange = np.zeros(at.shape, np.bool_)
    number, start, stop, valid = field(segment.seen, at[some], end[some])
    plain = valid & (number == 1) & (stop == end[some])
    strange[some] = ~plain
    found[some[plain]] = varints(segment.seen, start[plain])[0]
    return found, strange


def _items(segment: Segment, of: Places, at: Places, ends: Places) -> Items:
    """Read the items in ``[at:ends]``, which are of the messages *of*.

    Nearly all are ``12 LENGTH label 82 01 LENGTH JSON``.
    """
    head = segment.words[at]
    plain = (head & np.uint64(0x80FF)) == _NESTED_TAG
    label_end = at + 2 + ((head >> np.uint64(8)) & _BYTE).view(np.intp)
    label_end = np.where(plain, label_end, at)
    tail = segment.words[label_end]
    plain &= (tail & np.uint64(0x80FFFF)) == _JSON_TAG
    value = label_end + 3
    plain &= value + ((tail >> np.uint64(16)) & _BYTE).view(np.intp) == ends
    found = Items(
        of,
        at,
        label_end,
        np.full_like(at, _VALUE_JSON),
        value,
        ends,
        np.zeros(at.shape, np.bool_),
    )
    rest = np.flatnonzero(~plain)
    if rest.size:
        one = _any_items(segment.seen, of[rest], at[rest], ends[rest])
        for whole, part in zip(vars(found).values(), vars(one).values(), strict=True):
            whole[rest] = part
    return found


def _any_items(seen: Bytes, of: Places, at: Places, ends: Places) -> Items:
    label, label_end = np.full_like(at, -1), np.full_like(at, -1)
    first, value_field = np.zeros_like(at), np.zeros_like(at)
    value, value_end = at.copy(), at.copy()
    odd = np.zeros(at.shape, np.bool_)
    rows = np.flatnonzero(at < ends)
    at = at[rows]
    for _ in range(_MOST_FIELDS):
        if not rows.size:
            break
        number, start, stop, valid = field(seen, at, ends[rows])
        odd[rows[~valid]] = True
        named = valid & ((number == _KEY) | (number == _NESTED_KEY))
        one, tag, content, after = rows[named], at[named], start[named], stop[named]
        again = label[one] >= 0
        label[one[~again]] = tag[~again]
        first[one[~again]] = number[named][~again]
        apart = (label_end[one] != tag) | (first[one] != _NESTED_KEY)
        apart |= number[named] != _NESTED_KEY
        wide = content - tag != 2 + (after - content >= _CONTINUES)
        odd[one[wide | (again & apart)]] = True
        label_end[one] = after
        held = valid & (
            (number == _VALUE_JSON) | ((number >= _NONE) & (number <= _JSON))
        )
        one = rows[held]
        odd[one[value_field[one] > 0]] = True
        value_field[one] = number[held]
        value[one], value_end[one] = start[held], stop[held]
        on = valid & (stop < ends[rows])
        rows, at = rows[on], stop[on]
    odd[rows] = True
    odd |= (label < 0) | (value_field == 0)
    return Items(of, label, label_end, value_field, value, value_end, odd)


def numbers(segment: Segment, parts: Items, which: Places) -> tuple[Numbers, Flags]:
    """Return the numbers of items, and which of them are plain ones."""
    kind, at, end = parts.value_field[which], parts.value[which], parts.value_end[which]
    values, plain = np.zeros(which.shape), np.zeros(which.shape, np.bool_)
    some = np.flatnonzero((kind == _VALUE_JSON) & (end - at <= _LONGEST))
    values[some], plain[some] = texts(segment, at[some], end[some])
    some = np.flatnonzero((kind == _NUMBER) & (end - at == _DOUBLE))
    values[some] = segment.words[at[some]].view(np.float64)
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


def texts(segment: Segment, at: Places, end: Places) -> tuple[Numbers, Flags]:
    """Return the numbers that are spelled in ``[at:end]``, and which are some."""
    values, plain = decimals(segment.words, at, end)
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


def samples(found: Records) -> Rows:
    """Read the items of system metrics."""
    read = rows(found, ITEMS[STATS])
    odd = np.bincount(read.items.of[read.items.odd], minlength=read.odd.size) > 0
    every = np.arange(read.items.of.size)
    if not numbers(found.segment, read.items, every)[1].all():
        raise Unusual
    return replace(read, odd=odd)


def labels(found: Rows) -> Iterator[tuple[bytes, int]]:
    """Yield the label of each item with the number of the last block that has it."""
    if found.odd.any():
        raise Unusual
    parts, segment = found.items, found.found.segment
    name = hashes(segment.words, parts.label, parts.label_end)
    block = found.found.block[parts.of]
    recent = block > block.max(initial=0) - _KNOWN
    known = np.unique(name[recent])
    for some in (np.flatnonzero(recent), np.flatnonzero(~among(name, known))):
        order = some[np.lexsort((block[some], name[some]))]
        last = np.append(name[order][1:] != name[order][:-1], True)[: order.size]
        for one in order[last].tolist():
            begin, end = int(parts.label[one]), int(parts.label_end[one])
            yield bytes(segment.view[begin:end]), int(block[one])


_WORD = 8
MASKS = np.array([(1 << 8 * n) - 1 for n in range(_WORD + 1)], np.uint64)
"""What leaves so many bytes of eight."""
_SEED = np.uint64(secrets.randbits(64))
_MIX = np.uint64(0x9E3779B97F4A7C15)


def hashes(words: Hashes, at: Places, end: Places) -> Hashes:
    """Return a 64-bit hash of each text ``[at:end]``."""
    left = end - at
    found = _mixed(left.astype(np.uint64) ^ _SEED, words[at], left)
    rows = np.flatnonzero(left > _WORD)
    at, left = at[rows] + _WORD, left[rows] - _WORD
    while rows.size:
        found[rows] = _mixed(found[rows], words[at], left)
        on = left > _WORD
        rows, at, left = rows[on], at[on] + _WORD, left[on] - _WORD
    return found


def _mixed(found: Hashes, word: Hashes, left: Places) -> Hashes:
    word &= MASKS[np.minimum(left, _WORD)]
    word ^= found
    word *= _MIX
    word ^= word >> np.uint64(29)
    return word


def hashes_of(some: Sequence[bytes]) -> Hashes:
    """Return the sorted `hashes` of texts."""
    data = b"".join(some) + bytes(_WORD)
    words = np.ndarray((len(data) - _WORD + 1,), "<u8", data, 0, (1,))
    ends = np.cumsum([len(text) for text in some], dtype=np.intp)
    starts = ends - np.array([len(text) for text in some], np.intp)
    return np.unique(hashes(words, starts, ends))


def among(found: Hashes, known: Hashes) -> Flags:
    """Return which of *found* are among the sorted *known*."""
    if not known.size:
        return np.zeros(found.shape, np.bool_)
    place = np.searchsorted(known, found)
    same: Flags = known[np.minimum(place, known.size - 1)] == found
    return same
