"""The frame of a .wandb file: blocks, chunks, and the records they carry.

A header of seven bytes, then blocks of 32 KiB of chunks: crc32 (4 bytes), length (2),
type (1), payload. A record that does not fit its block is split over several chunks.
https://github.com/wandb/wandb/tree/main/core/pkg/leveldb
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from collections.abc import Set as AbstractSet
from struct import Struct
from typing import TypeAlias
from zlib import crc32

from wandbwatch.sources.local.wire import (
    CONTINUES,
    NOTHING,
    NUMBER_TAG,
    SHORT_TAGS,
    kind_of,
)

HEADER = 7
MAGIC = b":W&B\xe1\xbe"
VERSION = 0
BLOCK = 32 * 1024
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
_CHUNK = Struct("<IHB").unpack_from
_SPLIT = (NOTHING, 0, 0)
_SHORTEST = HEADER + 8  # with room for a number of four bytes, a tag and a length

Kinds: TypeAlias = AbstractSet[int]
Record: TypeAlias = tuple[int, bytes, int, int]
"""Its kind (a field number of ``wandb_internal.Record``), and the bytes that hold it
with where in them its message starts and ends."""


def walk(
    data: bytes,
    at: int,
    edge: int,
    limit: int,
    *,
    wanted: AbstractSet[int],
    parts: list[bytes],
    lost: list[int],
) -> Iterator[Record]:
    """Yield the *wanted* records whose first chunk lies in ``data[at:limit]``.

    *edge* is where the block that holds *at* ends. *parts* has the payloads of a
    record that began before *at*, and of one that did not end in *data* afterwards;
    *lost* gets the place of each block that was left because of a damaged chunk.
    Checksums of skipped records are not verified. A damaged chunk loses the rest of its
    block, no more; a chunk that is not complete yet ends the walk.
    """
    size = len(data)
    plain = {kind << 3 | 2: kind for kind in wanted if kind << 3 | 2 in SHORT_TAGS}
    passed = SHORT_TAGS - plain.keys()
    while at < limit or parts:
        if not parts:
            at = yield from _plain(data, at, min(edge, limit, size), plain, passed)
        start = at + HEADER
        if start > edge:  # too little room for a chunk: padding
            at = edge
            edge += BLOCK
            continue
        if start > size:
            return
        end = start + (data[at + 4] | data[at + 5] << 8)
        chunk = data[at + 6]
        if parts and chunk <= FIRST:  # what came before has lost its end
            parts.clear()
            continue
        if size < end <= edge:
            return
        whole = data
        kind, message, stop = kind_of(data, start, end) if chunk == FULL else _SPLIT
        passed_over = chunk == FULL and end <= edge and kind and kind not in wanted
        if not passed_over and not _sound(data, at, end, edge):
            parts.clear()
            lost.append(at)
            at = edge
            continue
        if chunk != FULL:
            whole = _joined(chunk, data[start:end], parts)
            kind, message, stop = kind_of(whole, 0, len(whole))
        if kind in wanted:
            yield kind, whole, message, stop
        at = end


def _plain(
    data: bytes, at: int, end: int, wanted: Mapping[int, int], passed: AbstractSet[int]
) -> Generator[Record, None, int]:
    """Yield the wanted ones of the plain records from *at* on: whole in one sound
    chunk, their number first, then a message with a tag of one byte.

    Return where the first chunk that is otherwise begins, or may begin. Nearly all the
    records are plain, and here is where the time goes.
    """
    while at + _SHORTEST <= end:
        checksum, length, chunk = _CHUNK(data, at)
        after = at + HEADER + length
        if chunk != FULL or length < _SHORTEST - HEADER or after > end:
            break
        # The number's tag, then its bytes, the last of which is below CONTINUES.
        if data[at + 8] < CONTINUES:
            place = at + 9
        elif data[at + 9] < CONTINUES:
            place = at + 10
        elif data[at + 10] < CONTINUES:
            place = at + 11
        else:
            place = _after_number(data, at)
        tag = data[place] if data[at + HEADER] == NUMBER_TAG else 0
        if tag in passed:
            at = after
            continue
        size, message = data[place + 1], place + 2
        if size >= CONTINUES:
            size += (data[message] - 1) << 7
            message += 1
        if tag not in wanted or message + size != after:
            break
        if crc32(data[at + 6 : after]) != checksum:
            break
        yield wanted[tag], data, message, after
        at = after
    return at


def _after_number(data: bytes, at: int) -> int:
    """Return where a number of up to four bytes ends."""
    return at + 12 if data[at + 11] < CONTINUES else at + 6


def _sound(data: bytes, at: int, end: int, edge: int) -> bool:
    """Return whether the chunk in ``data[at:end]`` fits its block and is undamaged."""
    if end > edge or not FULL <= data[at + 6] <= LAST:
        return False
    return bool(crc32(data[at + 6 : end]) == _CHUNK(data, at)[0])


def _joined(chunk: int, payload: bytes, parts: list[bytes]) -> bytes:
    """Add a piece of a split record, and return the record with its last piece."""
    if chunk == FIRST or parts:
        parts.append(payload)
    if chunk != LAST or not parts:
        return b""
    whole = b"".join(parts)
    parts.clear()
    return whole


def chunk_at(data: bytes, at: int) -> bool:
    """Return whether a whole, undamaged chunk starts at *at*."""
    start = at + HEADER
    if start > len(data):
        return False
    end = start + (data[at + 4] | data[at + 5] << 8)
    return end <= len(data) and _sound(data, at, end, len(data))
