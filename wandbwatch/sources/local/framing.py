"""The frame of a .wandb file: blocks, chunks, and the records they carry.

A header of seven bytes, then blocks of 32 KiB of chunks: crc32 (4 bytes), length (2),
type (1), payload. A record that does not fit its block is split over several chunks.
https://github.com/wandb/wandb/tree/main/core/pkg/leveldb
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TypeAlias
from zlib import crc32

from wandbwatch.sources.local.tags import kind_of

HEADER = 7
MAGIC = b":W&B\xe1\xbe"
VERSION = 0
BLOCK = 32 * 1024
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4

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
) -> Iterator[Record]:
    """Yield the *wanted* records whose first chunk lies in ``data[at:limit]``.

    *edge* is where the block that holds *at* ends. *parts* has the payloads of a
    record that began before *at*, and of one that did not end in *data* afterwards.
    Only what is wanted has its checksum verified: a chunk that fails loses the rest
    of its block and no more, and one that is not all there yet ends the walk.
    """
    size = len(data)
    while at < limit or parts:
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
        if end > edge or not FULL <= chunk <= LAST:
            parts.clear()
            at = edge
            continue
        if end > size:
            return
        if chunk == FULL:
            whole = data
            kind, message, stop = kind_of(data, start, end)
        else:
            whole = _joined(chunk, data[start:end], parts)
            kind, message, stop = kind_of(whole, 0, len(whole))
        if (kind in wanted or chunk != FULL) and not _sound(data, at, end):
            parts.clear()
            at = edge
            continue
        if kind in wanted:
            yield kind, whole, message, stop
        at = end


def _sound(data: bytes, at: int, end: int) -> bool:
    stored = int.from_bytes(data[at : at + 4], "little")
    return crc32(memoryview(data)[at + 6 : end]) == stored


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
    """Tell whether a whole and sound chunk begins at *at*."""
    start = at + HEADER
    if start > len(data) or not FULL <= data[at + 6] <= LAST:
        return False
    end = start + (data[at + 4] | data[at + 5] << 8)
    return end <= len(data) and _sound(data, at, end)
