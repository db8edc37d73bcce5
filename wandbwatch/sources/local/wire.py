"""Protobuf's wire format, as much of it as a .wandb file uses.

Nothing here trusts its input: a message that breaks off has the fields before that.
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from struct import error, unpack_from
from typing import TypeAlias

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
