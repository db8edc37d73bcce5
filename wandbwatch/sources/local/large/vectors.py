"""Records, fields and items of a whole segment at once, with numpy.

Blocks do not depend on each other, so that one step is taken in all blocks of a segment
together, and one field is read of all its messages together. What comes out is what
`wire.walk` and `items.items` give; where that is not certain, `Unusual` is raised,
and the plain reader has to look.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from wandbwatch.sources.local.large.decimals import Flags, Places, Words, before
from wandbwatch.sources.local.wire import (
    BESIDE,
    BLOCK,
    FIRST,
    FULL,
    HEADER,
    LAST,
    MIDDLE,
    NOTHING,
    NUMBER_TAG,
    SHORT_TAGS,
    Kinds,
)

Bytes: TypeAlias = NDArray[np.uint8]

BLOCKS = 256
"""Blocks of a segment, at most."""
_BEYOND = 8 * BLOCK  # read behind a segment, for the rest of its last record
_ROOM = 12 << 20  # for records that were split, or are gathered
_PADDING = 512  # bytes that may be looked at, so that no look needs a test
_FEW = 16
"""Chunks of one length whose checksums are computed as fast one by one."""
_SUM = 4  # bytes
_FREED = 30 << 20
"""Bytes that are freed at once: the C library then keeps as much for what comes next,
instead of giving the memory of each array back and getting it anew."""
_VARINT, _LENGTH = 0, 2
_WIDTHS = {1: 8, 5: 4}
_LAST_SHIFT = 63  # of the tenth byte of a varint
_CONTINUES = 0x80
_NUMBER_ENDS = np.uint64(0x8080808000)
"""The highest bits of the bytes in which a number of four bytes at most may end."""
_BYTE = np.uint64(0xFF)
_SHORT = np.isin(np.arange(256), sorted(SHORT_TAGS))
_BESIDE = np.isin(np.arange(256), sorted(BESIDE))


class Unusual(Exception):  # noqa: N818 - not an error: the plain reader takes over
    """This segment has something that only the plain reader understands."""


class Segment:
    """The bytes that a file has from a block on, in memory that is used again."""

    def __init__(self) -> None:
        bytearray(_FREED)
        self.data = bytearray((BLOCKS + 1) * BLOCK + _BEYOND + _ROOM + _PADDING)
        """The segment, then the records that were split, put together, and then those
        that are looked at more closely."""
        self.view = memoryview(self.data)
        self.seen = np.frombuffer(self.data, np.uint8)
        self.words: Words = self.integers(8)
        """The eight bytes that begin at each byte."""
        self.lengths = self.integers(2, 4)
        """Those of the chunks that begin at each byte."""
        self._sums = self.integers(4)
        self.size = 0
        """The number of bytes read."""
        self.used = 0
        """Where in the data there is nothing any more."""

    def read(self, file: BinaryIO, begin: int, end: int) -> None:
        """Read ``[begin:end]``, and some of the bytes behind it."""
        room = self.view[: end - begin + _BEYOND]
        self.used = self.size = os.preadv(file.fileno(), [room], begin)

    def integers(self, width: int, behind: int = 0) -> NDArray[Any]:
        """Return the unsigned numbers of so many bytes that follow *behind* bytes."""
        count = len(self.data) - width - behind + 1
        return np.ndarray((count,), f"<u{width}", self.data, behind, (1,))

    def verify(self, at: Places) -> None:
        """Raise Unusual where the chunk at one of *at* is damaged."""
        view = self.view
        ends = at + self.lengths[at] + HEADER
        bounds = zip((at + 6).tolist(), ends.tolist(), strict=True)
        if [crc32(view[a:b]) for a, b in bounds] != self._sums[at].tolist():
            raise Unusual

    def gathered(self, at: Places) -> Places:
        """Copy what the chunks at *at* sum up, behind all else, side by side.

        Returns where each begins. Raises Unusual where one is damaged.
        """
        lengths = self.lengths[at]
        if self.used + int(lengths.sum()) + at.size > len(self.data) - _PADDING:
            self.verify(at)
            return at + 6
        order = np.argsort(lengths, kind="stable")
        edges = np.flatnonzero(np.diff(lengths[order])) + 1
        moved = np.empty_like(at)
        for begin, end in pairwise([0, *edges.tolist(), at.size]):
            which = order[begin:end]
            if which.size:
                moved[which] = self._copied(at[which], int(lengths[which[0]]) + 1)
        return moved

    def _copied(self, at: Places, size: int) -> Places:
        """Do the same for chunks that all sum up *size* bytes."""
        shape = (len(self.data) - size + 1,)
        texts = np.ndarray(shape, f"V{size}", self.data, 0, (1,))[at + 6]
        if not _sound(texts.view(np.uint8), self._sums[at], size):
            raise Unusual
        begin, self.used = self.used, self.used + texts.nbytes
        self.seen[begin : self.used] = texts.view(np.uint8)
        return np.arange(begin, self.used, size)


def _sound(texts: Bytes, sums: NDArray[np.uint32], size: int) -> bool:
    """Return whether each *size* bytes of *texts* have their checksum.

    One tells it of all: to sum up two texts as one, where the second one's first bytes
    take the checksum of the first one, gives the checksum of the second one.
    """
    if sums.size < _FEW or size < _SUM:
        parts = range(0, texts.size, size)
        found = [crc32(texts.data[n : n + size]) for n in parts]
        return bool(found == sums.tolist())
    first = np.ndarray(sums.shape, "<u4", texts, 0, (size,))
    first[1:] ^= sums[:-1]
    whole = crc32(texts.data)
    first[1:] ^= sums[:-1]
    return bool(whole == sums[-1])


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
        found = self.take(np.flatnonzero(_any_of(self.kind, kinds)))
        whole = np.flatnonzero(found.chunk >= 0)
        at = found.chunk[whole]
        moved = self.segment.gathered(at) - (at + 6)
        found.start[whole] += moved
        found.end[whole] += moved
        return found

    def take(self, which: Places | slice) -> Records:
        """Return those with some numbers."""
        columns = (self.block, self.kind, self.start, self.end, self.chunk)
        return Records(self.segment, *(column[which] for column in columns))

    def message(self, number: int) -> bytes:
        return bytes(self.segment.view[int(self.start[number]) : int(self.end[number])])


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
    stop = start + segment.lengths[at]
    if begun.size:
        # A split record is the last one that begins in its block.
        where = np.searchsorted(at, begun)
        at, start = np.insert(at, where, begun), np.insert(start, where, starts)
        stop, chunk = np.insert(stop, where, ends), np.insert(chunk, where, -1)
    kind, start, stop = _messages(segment, start, stop)
    segment.verify(chunk[(kind == NOTHING) & (chunk >= 0)])
    block = (at - edge + BLOCK) // BLOCK
    return Records(segment, block, kind, start, stop, chunk)


def _chunks(segment: Segment, first: int, edge: int, limit: int) -> Places:
    """Return where the chunks of the blocks from *first* to *limit* begin."""
    lengths = segment.lengths
    ends = np.arange(edge, limit + 1, BLOCK)
    at = ends - BLOCK
    at[0] = first
    last = ends - HEADER
    found: list[Places] = []
    while True:
        over = at > last
        if over.any():
            if (at[over] > last[over] + HEADER).any():
                raise Unusual
            at, last = at[~over], last[~over]
            if not at.size:
                return np.sort(np.concatenate(found))
        found.append(at)
        at = at + lengths[at]
        at += HEADER


def _joined(
    segment: Segment, at: Places, split: Places, limit: int
) -> tuple[Places, Places, Places]:
    """Put the split records behind the segment; return where the first chunk of each
    is, and where it starts and ends now."""
    segment.verify(at[split])
    data, found = segment.data, []
    ends = (at[split] + segment.lengths[at[split]] + HEADER).tolist()
    parts: list[bytearray] = []
    begun = before = -1
    for n, begins, end in zip(split.tolist(), at[split].tolist(), ends, strict=True):
        shape, payload = data[begins + 6], data[begins + HEADER : end]
        if shape == FIRST:
            begun, parts = begins, [payload]
        elif parts and n == before + 1:
            parts.append(payload)
            if shape == LAST:
                found.append((begun, *_put(segment, parts)))
                parts = []
        else:  # what came before has lost its end
            parts = []
        before = n
    if parts and before == at.size - 1:
        parts += _rest(segment, limit)
        found.append((begun, *_put(segment, parts)))
    columns = np.array(found, np.intp).reshape(-1, 3).T
    return columns[0], columns[1], columns[2]


def _put(segment: Segment, parts: list[bytearray]) -> tuple[int, int]:
    whole = b"".join(parts)
    begin, end = segment.used, segment.used + len(whole)
    if end > len(segment.data) - _PADDING:
        raise Unusual
    segment.data[begin:end] = whole
    segment.used = end
    return begin, end


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


def _messages(
    segment: Segment, start: Places, end: Places
) -> tuple[Places, Places, Places]:
    """Return the kind of each record, and where its message starts and ends.

    Nearly all begin with their number or with their message.
    """
    word = segment.words[start]
    last = ~word & _NUMBER_ENDS
    numbered = ((word & _BYTE) == NUMBER_TAG) & (last > 0)
    passed = np.where(numbered, before(last) + np.uint64(1), np.uint64(0))
    word >>= passed << np.uint64(3)
    tag, low, high = (((word >> np.uint64(n)) & _BYTE).astype(np.intp) for n in _BYTES)
    two = low >= _CONTINUES
    begins = start + passed.view(np.intp) + 2 + two
    stop = begins + low + two * ((high - 1) << 7)
    plain = _SHORT[tag] & (stop <= end) & ~(two & (high >= _CONTINUES))
    kind = np.where(plain, tag >> 3, 0)
    rows = np.flatnonzero(~plain)
    if not rows.size:
        return kind, begins, stop
    at, ends = start[rows], end[rows]
    begins, stop = np.where(plain, begins, start), np.where(plain, stop, start)
    while rows.size:
        number, content, after, valid = field(segment.seen, at, ends)
        beside = (number >= 0) & (number < _BESIDE.size)
        beside &= _BESIDE[number * beside]
        found = valid & ~beside
        one = rows[found]
        kind[one], begins[one], stop[one] = number[found], content[found], after[found]
        on = valid & beside & (after < ends)
        rows, at, ends = rows[on], after[on], ends[on]
    return kind, begins, stop


_BYTES = (0, 8, 16)


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
