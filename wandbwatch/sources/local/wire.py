"""The format of a .wandb file: the frame around its records, and protobuf in them.

A header of seven bytes, then blocks of 32 KiB of chunks: crc32 (4 bytes), length (2),
type (1), payload. A record that does not fit its block is split over several chunks.
https://github.com/wandb/wandb/tree/main/core/pkg/leveldb

Nothing here trusts its input: a message that breaks off has the fields before that.
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from collections.abc import Set as AbstractSet
from math import nan
from struct import Struct, error, unpack_from
from typing import TypeAlias
from zlib import crc32

Field: TypeAlias = tuple[int, int, int]
"""A field's number, and where its content starts and ends (see `fields`)."""

_VARINT, _LENGTH = 0, 2
_WIDTHS = {1: 8, 5: 4}
_LONGEST = 10  # bytes of a 64 bit varint


CONTINUES = 0x80
"""The bit of a varint's byte that means that another byte follows."""


class Malformed(ValueError):  # noqa: N818 - a fact about bytes, never shown to a user
    """These bytes are not a valid message."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the unsigned number at *at* and where it ends."""
    value = shift = 0
    try:
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < CONTINUES:
                return value, at
            shift += 7
            if shift >= 7 * _LONGEST:
                raise Malformed("a varint without an end")
    except IndexError as e:
        raise Malformed("a varint is cut short") from e


def integer(data: bytes, at: int) -> int:
    """Return the unsigned number of the field whose content is at *at*; 0 if it breaks
    off, as where the field is of another type."""
    try:
        return varint(data, at)[0]
    except Malformed:
        return 0


def signed(value: int) -> int:
    """Read an int32 or int64, which are sent as two's complement of 64 bits."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def zigzag(value: int) -> int:
    """Read an sint64."""
    return (value >> 1) ^ -(value & 1)


def double(data: bytes, at: int) -> float:
    """Return the double at *at*; NaN if it breaks off, as in another field."""
    try:
        number: float = unpack_from("<d", data, at)[0]
    except error:
        return nan
    return number


def encoded(value: int) -> bytes:
    """Return *value* as a varint, to look for it."""
    out = bytearray()
    while value >= CONTINUES:
        out.append(value & 0x7F | CONTINUES)
        value >>= 7
    out.append(value)
    return bytes(out)


def fields(data: bytes, at: int, end: int) -> Iterator[Field]:
    """Yield the fields of the message in ``data[at:end]``.

    A varint's content is its bytes (see `varint`), a message's or string's content
    leaves out its length.
    """
    while at < end:
        try:  # nearly all numbers have a single byte: a call for each would tell
            key, at = data[at], at + 1
            if key >= CONTINUES:
                key, at = varint(data, at - 1)
            kind = key & 7
            start = at
            if kind == _LENGTH:
                length, start = data[at], at + 1
                if length >= CONTINUES:
                    length, start = varint(data, at)
                at = start + length
            elif kind == _VARINT:
                at = at + 1 if data[at] < CONTINUES else varint(data, at)[1]
            else:
                at += _WIDTHS[kind]
        except (Malformed, KeyError, IndexError):
            return
        if at > end:
            return
        yield key >> 3, start, at


def text(data: bytes, start: int, end: int) -> str:
    return data[start:end].decode("utf-8", "replace")


def timestamp(data: bytes, at: int, end: int) -> float:
    """Read a google.protobuf.Timestamp as POSIX seconds."""
    seconds = nanos = 0
    for number, start, _ in fields(data, at, end):
        if number == 1:
            seconds = signed(integer(data, start))
        elif number == 2:  # noqa: PLR2004 - field numbers are the format's
            nanos = signed(integer(data, start))
    return seconds + nanos / 1e9


NOTHING = 0
HISTORY = 2
SUMMARY = 3
OUTPUT = 4
CONFIG = 5
FILES = 6
STATS = 7
ARTIFACT = 8
ALERT = 10
METRIC = 12
OUTPUT_RAW = 13
RUN = 17
EXIT = 18
USE_ARTIFACT = 25
ENVIRONMENT = 26

NUMBER_TAG = 0x08
"""The first byte of a record: the tag of its number."""
SHORT_TAGS = frozenset(range(2 << 3 | 2, 16 << 3 | 2, 8))
"""Message tags of one byte: those of the fields 2 to 15."""
BESIDE = frozenset({1, 16, 19, 200})
"""Fields that every record may have: num, control, uuid, _info."""


_TAGS = {tag: tag >> 3 for tag in SHORT_TAGS}
"""The first byte of the tags that most records have, and their kinds."""
_TAGS |= {n << 3 & 0x7F | CONTINUES | _LENGTH: n for n in {*range(16, 32)} - BESIDE}


def kind_of(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Return the kind of the record in ``data[start:end]`` and its message's place.

    Records begin with their number, and most have their message next: that is looked
    at here, and all others in `_searched`. What is no record is of kind NOTHING.
    """
    at = start + 1
    try:
        while data[at] >= CONTINUES:
            at += 1
        tag = data[at + 1]
        if tag >= CONTINUES:
            at += 1
            if data[at + 1] != 1:  # it is beyond the fields 16 to 31
                return _searched(data, start, end)
        if data[start] == NUMBER_TAG and tag in _TAGS:
            length = data[at + 2]
            at += 3
            if length >= CONTINUES:
                high = data[at]
                at += 1
                if high >= CONTINUES:
                    return _searched(data, start, end)
                length += (high - 1) << 7
            if at + length <= end:
                return _TAGS[tag], at, at + length
    except IndexError:
        return NOTHING, start, start
    return _searched(data, start, end)


def _searched(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    for number, at, stop in fields(data, start, end):
        if number not in BESIDE:
            return number, at, stop
    return NOTHING, start, start


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
