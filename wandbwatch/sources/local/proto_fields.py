"""What a record is: its field in ``wandb_internal.Record``.

https://github.com/wandb/wandb/blob/main/wandb/proto/wandb_internal.proto
"""

from __future__ import annotations

from wandbwatch.sources.local.wire import CONTINUES, fields

NOTHING = 0
HISTORY = 2
SUMMARY = 3
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
"""What a record begins with: the tag of its number."""
SHORT_TAGS = frozenset(range(2 << 3 | 2, 16 << 3 | 2, 8))
"""The tags of messages that take one byte: those of the fields 2 to 15."""
_BESIDE = {1, 16, 19, 200}  # num, control, uuid, _info: not what the record is about


def kind_of(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Return the kind of the record in ``data[start:end]`` and its message's place.

    Records begin with their number, and most have one field besides: that is looked
    at here, and all others in `_searched`. What is no record is of kind NOTHING.
    """
    at = start + 1
    try:
        while data[at] >= CONTINUES:
            at += 1
        tag = data[at + 1]
        if data[start] == NUMBER_TAG and tag in SHORT_TAGS:
            length = data[at + 2]
            at += 3
            if length >= CONTINUES:
                high = data[at]
                at += 1
                if high >= CONTINUES:
                    return _searched(data, start, end)
                length += (high - 1) << 7
            if at + length == end:
                return tag >> 3, at, end
    except IndexError:
        return NOTHING, start, start
    return _searched(data, start, end)


def _searched(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    for number, at, stop in fields(data, start, end):
        if number not in _BESIDE:
            return number, at, stop
    return NOTHING, start, start
