"""Records, fields and items of a whole segment at once, with numpy.

Blocks do not depend on each other, so that one step is taken in all blocks of a segment
together, and one field is read of all its messages together. What comes out is what
`framing.walk` and `items.items` give; where that is not certain, `Unusual` is raised,
and the plain reader has to look.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from wandbwatch.sources.local.framing import (
    BLOCK,
    FIRST,
    FULL,
    HEADER,
    LAST,
    MIDDLE,
    Kinds,
)
from wandbwatch.sources.local.wire import BESIDE, NOTHING, NUMBER_TAG, SHORT_TAGS

Places: TypeAlias = NDArray[np.intp]
"""Places in a segment's bytes, or lengths."""
Flags: TypeAlias = NDArray[np.bool_]
Bytes: TypeAlias = NDArray[np.uint8]
Hashes: TypeAlias = NDArray[np.uint64]

BLOCKS = 256
"""Blocks of a segment, at most."""
_BEYOND = 8 * BLOCK  # read behind a segment, for the rest of its last record
_ROOM = 4 << 20  # for records that were split
_PADDING = 512  # bytes that may be looked at, so that no look needs a test
_VARINT, _LENGTH = 0, 2
_WIDTHS = {1: 8, 5: 4}
_LAST_SHIFT = 63  # of the tenth byte of a varint
_CONTINUES = 0x80
_NUMBER_BYTES = 4
_SHORT = np.isin(np.arange(256), sorted(SHORT_TAGS))
_BESIDE = np.isin(np.arange(256), sorted(BESIDE))


class Unusual(Exception):  # noqa: N818 - not an error: the plain reader takes over
    """This segment has something that only the plain reader understands."""


class Segment:
    """The bytes that a file has from a block on, in memory that is used again."""

    def __init__(self) -> None:
        self.data = bytearray((BLOCKS + 1) * BLOCK + _BEYOND + _ROOM + _PADDING)
        """The segment; behind it, put together, the records that were split."""
        self.view = memoryview(self.data)
        self.seen = np.frombuffer(self.data, np.uint8)
        self.size = 0
        """The number of bytes read."""

    def read(self, file: BinaryIO, begin: int, end: int) -> None:
        """Read ``[begin:end]``, and some of the bytes behind it."""
        room = self.view[: end - begin + _BEYOND]
        self.size = os.preadv(file.fileno(), [room], begin)

    def integers(self, width: int) -> NDArray[Any]:
        """Return the unsigned numbers of so many bytes that begin at each byte."""
        count = len(self.data) - width + 1
        return np.ndarray((count,), f"<u{width}", self.data, 0, (1,))

    def verify(self, at: Places) -> None:
        """Raise Unusual where the chunk at one of *at* is damaged."""
        view = self.view
        ends = at + self.integers(2)[at + 4] + HEADER
        bounds = zip((at + 6).tolist(), ends.tolist(), strict=True)
        sums = [crc32(view[a:b]) for a, b in bounds]
        if sums != self.integers(4)[at].tolist():
            raise Unusual


@dataclass(frozen=True)
class Records:
    """The records that begin in a segment, in their order."""

    segment: Segment
    block: Places
    """The number of the segment's block in which each begins."""
    kind: Places
    start: Places
    end: Places
    """Of each record's message in the segment's bytes."""
    chunk: Places
    """Where the chunk of each begins; -1 where its checksum was verified."""

    def of(self, kinds: Kinds) -> Records:
        """Return the undamaged records of *kinds*."""
        there = np.flatnonzero(_any_of(self.kind, kinds))
        unverified = self.chunk[there]
        self.segment.verify(unverified[unverified >= 0])
        block, kind = self.block[there], self.kind[there]
        start, end = self.start[there], self.end[there]
        return Records(self.segment, block, kind, start, end, unverified)


def _any_of(kind: Places, kinds: Kinds) -> Flags:
    found = np.zeros(kind.shape, np.bool_)
    for one in kinds:
        found |= kind == one
    return found


def records(segment: Segment, begin: int, end: int) -> Records:
    """Read the records that begin in the blocks at ``[begin:end]`` of a file.

    What follows is looked at for the rest of the last record.
    """
    limit = end - begin
    edge = BLOCK if begin else BLOCK + limit % BLOCK  # the first one begins at byte 0
    if segment.size < limit:
        raise Unusual
    seen = segment.seen
    at = _chunks(segment, 0 if begin else HEADER, edge, limit)
    shape = seen[at + 6]
    if at.size and not (shape.min() >= FULL and shape.max() <= LAST):
        raise Unusual
    begun, starts, ends = _joined(segment, at, np.flatnonzero(shape != FULL), limit)
    at = at[shape == FULL]
    chunk, start = at, at + HEADER
    stop = start + segment.integers(2)[at + 4]
    if begun.size:
        # A split record is the last one that begins in its block.
        where = np.searchsorted(at, begun)
        at, start = np.insert(at, where, begun), np.insert(start, where, starts)
        stop, chunk = np.insert(stop, where, ends), np.insert(chunk, where, -1)
    kind, start, stop = _messages(seen, start, stop)
    segment.verify(chunk[(kind == NOTHING) & (chunk >= 0)])
    block = (at - edge + BLOCK) // BLOCK
    return Records(segment, block, kind, start, stop, chunk)


def _chunks(segment: Segment, first: int, edge: int, limit: int) -> Places:
    """Return where the chunks of the blocks from *first* to *limit* begin."""
    lengths = segment.integers(2)
    ends = np.arange(edge, limit + 1, BLOCK)
    at = ends - BLOCK
    at[0] = first
    last = ends - HEADER
    found = []
    while at.size:
        going = at <= last
        if not going.all():
            at, last = at[going], last[going]
        found.append(at)
        at = at + HEADER
        at += lengths[at - 3]
        if (at > last + HEADER).any():
            raise Unusual
    return np.sort(np.concatenate(found))


def _joined(
    segment: Segment, at: Places, split: Places, limit: int
) -> tuple[Places, Places, Places]:
    """Put the split records behind the segment; return where the first chunk of each
    is, and where it starts and ends now."""
    segment.verify(at[split])
    data, found = segment.data, []
    ends = (at[split] + segment.integers(2)[at[split] + 4] + HEADER).tolist()
    place = segment.size
    parts: list[bytearray] = []
    begun = before = -1
    for n, begins, end in zip(split.tolist(), at[split].tolist(), ends, strict=True):
        shape, payload = data[begins + 6], data[begins + HEADER : end]
        if shape == FIRST:
            begun, parts = begins, [payload]
        elif parts and n == before + 1:
            parts.append(payload)
            if shape == LAST:
                found.append((begun, place, place := _put(segment, place, parts)))
                parts = []
        else:  # what came before has lost its end
            parts = []
        before = n
    if parts and before == at.size - 1:
        parts += _rest(segment, limit)
        found.append((begun, place, _put(segment, place, parts)))
    columns = np.array(found, np.intp).reshape(-1, 3).T
    return columns[0], columns[1], columns[2]


def _put(segment: Segment, place: int, parts: list[bytearray]) -> int:
    whole = b"".join(parts)
    end = place + len(whole)
    if end > len(segment.data) - _PADDING:
        raise Unusual
    segment.data[place:end] = whole
    return end


def _rest(segment: Segment, at: int) -> Iterator[bytearray]:
    """Yield the rest of a record that has not ended at the block's edge *at*."""
    data = segment.data
    while at + HEADER <= segment.size:
        end = at + HEADER + (data[at + 4] | data[at + 5] << 8)
        if data[at + 6] not in (MIDDLE, LAST) or end > min(at + BLOCK, segment.size):
            raise Unusual
        segment.verify(np.array([at]))
        yield data[at + HEADER : end]
        if data[at + 6] == LAST:
            return
        at += BLOCK
    raise Unusual


def _after_number(seen: Bytes, start: Places) -> Places:
    """Return where the second field of records begins that begin with their number, as
    nearly all do, of four bytes at most; 0 for others."""
    at = start + 1
    for _ in range(_NUMBER_BYTES):
        more = seen[at] >= _CONTINUES
        if not more.any():
            break
        at += more
    short = (seen[at] < _CONTINUES) & (at - start <= _NUMBER_BYTES)
    return np.where(short & (seen[start] == NUMBER_TAG), at + 1, 0)


def _messages(seen: Bytes, start: Places, end: Places) -> tuple[Places, Places, Places]:
    """Return the kind of each record, and where its message starts and ends."""
    tag = _after_number(seen, start)
    low, high = seen[tag + 1], seen[tag + 2]
    two = low >= _CONTINUES
    begins = tag + 2 + two
    length = low + two * ((high - np.intp(1)) << 7)
    plain = (tag > 0) & _SHORT[seen[tag]] & (begins + length == end)
    plain &= ~two | (high < _CONTINUES)
    kind = np.where(plain, seen[tag] >> 3, np.intp(0))
    rows = np.flatnonzero(~plain)
    if not rows.size:
        return kind, begins, end
    at, ends = start[rows], end[rows]
    start, stop = np.where(plain, begins, start), np.where(plain, end, start)
    while rows.size:
        number, content, after, valid = field(seen, at, ends)
        beside = (number >= 0) & (number < _BESIDE.size)
        beside &= _BESIDE[number * beside]
        found = valid & ~beside
        one = rows[found]
        kind[one], start[one], stop[one] = number[found], content[found], after[found]
        on = valid & beside & (after < ends)
        rows, at, ends = rows[on], after[on], ends[on]
    return kind, start, stop


def varints(seen: Bytes, at: Places) -> tuple[Places, Places]:
    """Return the numbers at *at*, of 64 bits with a sign, and where they end."""
    value = seen[at].astype(np.intp)
    at = at + 1
    more = np.flatnonzero(value >= _CONTINUES)
    if more.size:
        value[more] &= _CONTINUES - 1
    shift = 7
    while more.size:
        byte = seen[np.minimum(at[more], seen.size - 1)].astype(np.intp)
        if shift > _LAST_SHIFT or (shift == _LAST_SHIFT and byte.max() > 1):
            raise Unusual
        value[more] |= (byte & _CONTINUES - 1) << shift
        at[more] += 1
        more = more[byte >= _CONTINUES]
        shift += 7
    return value, at


def field(seen: Bytes, at: Places, end: Places) -> tuple[Places, Places, Places, Flags]:
    """Read the field at *at* of each message: number, start, end, and whether it is one
    (see `wire.fields`)."""
    key, place = varints(seen, at)
    wire = key & 7
    if (wire == _LENGTH).all():
        length, start = varints(seen, np.minimum(place, seen.size - 1))
        stop = start + length
    else:
        start, stop = place, np.full_like(place, -1)
        place = np.minimum(place, seen.size - 1)
        some = np.flatnonzero(wire == _LENGTH)
        length, start[some] = varints(seen, place[some])
        stop[some] = start[some] + length
        some = np.flatnonzero(wire == _VARINT)
        stop[some] = varints(seen, place[some])[1]
        for kind, width in _WIDTHS.items():
            some = np.flatnonzero(wire == kind)
            stop[some] = place[some] + width
    return key >> 3, start, stop, (start <= stop) & (stop <= end)


_KEY, _NESTED_KEY = 1, 2
_NONE, _JSON, _VALUE_JSON = 3, 8, 16
_NESTED_TAG, _JSON_TAG = 0x12, b"\x82\x01"


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


def items(seen: Bytes, of: Places, at: Places, ends: Places) -> Items:
    """Read the items in ``[at:ends]``, which are of the messages *of*."""
    plain, label_end, value = _plain_items(seen, at, ends)
    found = Items(
        of,
        at.copy(),
        label_end,
        np.full_like(at, _VALUE_JSON),
        value,
        ends.copy(),
        np.zeros(at.shape, np.bool_),
    )
    rest = np.flatnonzero(~plain)
    if rest.size:
        one = _any_items(seen, of[rest], at[rest], ends[rest])
        for whole, part in zip(vars(found).values(), vars(one).values(), strict=True):
            whole[rest] = part
    return found


def _plain_items(seen: Bytes, at: Places, end: Places) -> tuple[Flags, Places, Places]:
    """Return which items are ``12 LENGTH label 82 01 LENGTH JSON``, as nearly all are,
    and where the label ends and the value starts."""
    length = seen[at + 1]
    label_end = at + 2 + length
    plain = (seen[at] == _NESTED_TAG) & (length < _CONTINUES)
    plain &= (seen[label_end] == _JSON_TAG[0]) & (seen[label_end + 1] == _JSON_TAG[1])
    length = seen[label_end + 2]
    value = label_end + 3
    return plain & (value + length == end) & (length < _CONTINUES), label_end, value


def _any_items(seen: Bytes, of: Places, at: Places, ends: Places) -> Items:
    label, label_end = np.full_like(at, -1), np.full_like(at, -1)
    first, value_field = np.zeros_like(at), np.zeros_like(at)
    value, value_end = at.copy(), at.copy()
    odd = np.zeros(at.shape, np.bool_)
    rows = np.flatnonzero(at < ends)
    at = at[rows]
    while rows.size:
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
    odd |= (label < 0) | (value_field == 0)
    return Items(of, label, label_end, value_field, value, value_end, odd)


_WORD = 8
_MASKS = np.array([(1 << 8 * n) - 1 for n in range(_WORD + 1)], np.uint64)
_SEED = np.uint64(secrets.randbits(64))
_MIX = np.uint64(0x9E3779B97F4A7C15)


def hashes(seen: Bytes, at: Places, end: Places) -> Hashes:
    """Return a 64-bit hash of each text ``[at:end]``."""
    words = np.ndarray((seen.size - _WORD + 1,), "<u8", seen, 0, (1,))
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
    word &= _MASKS[np.minimum(left, _WORD)]
    word ^= found
    word *= _MIX
    word ^= word >> np.uint64(29)
    return word


def hashes_of(texts: Sequence[bytes]) -> Hashes:
    """Return the sorted `hashes` of *texts*."""
    seen = np.frombuffer(b"".join(texts) + bytes(_WORD), np.uint8)
    ends = np.cumsum([len(text) for text in texts], dtype=np.intp)
    starts = ends - np.array([len(text) for text in texts], np.intp)
    return np.unique(hashes(seen, starts, ends))


def among(found: Hashes, known: Hashes) -> Flags:
    """Return which of *found* are among the sorted *known*."""
    if not known.size:
        return np.zeros(found.shape, np.bool_)
    place = np.searchsorted(known, found)
    same: Flags = known[np.minimum(place, known.size - 1)] == found
    return same
