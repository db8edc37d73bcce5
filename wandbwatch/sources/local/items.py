"""Keys and values as history, summary and config records hold them.

An item has a ``key`` (SDKs before wandb-core, and the top level of some records) or a
``nested_key`` path, and either JSON or, from 0.31 on, one of the typed fields.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, TypeAlias

from wandbwatch.model.run import NOT_FINITE, Json, flat
from wandbwatch.sources.local.wire import double, encoded, fields, integer, text, zigzag

Path: TypeAlias = tuple[str, ...]
Place: TypeAlias = tuple[int, int, int]
"""A value's field, start and end; it is decoded on demand."""

UPDATE, REMOVE = 1, 2
_KEY, _NESTED_KEY, VALUE_JSON = 1, 2, 16
_NONE, _BOOLEAN, _INTEGER, _NUMBER, _TEXT, _JSON = 3, 4, 5, 6, 7, 8


def items(data: bytes, at: int, end: int) -> Iterator[tuple[Path, Json]]:
    """Yield path and value of each item that a message sets."""
    for number, start, stop in fields(data, at, end):
        if number == UPDATE:
            path, place = item(data, start, stop)
            yield path, value(data, place)


def item(data: bytes, at: int, end: int) -> tuple[Path, Place]:
    """Read one item; a typed value is preferred to JSON, as the server does."""
    nested: list[str] = []
    key = ""
    place = (_NONE, at, at)
    for number, start, stop in fields(data, at, end):
        if number == _NESTED_KEY:
            nested.append(text(data, start, stop))
        elif number == _KEY:
            key = text(data, start, stop)
        elif number == VALUE_JSON:
            if place[1] == at:
                place = number, start, stop
        elif _NONE <= number <= _JSON:
            place = number, start, stop
    return tuple(nested) or (key,), place


_LABEL_TAGS = b"\x0a\x12"
_JSON_TAG = b"\x82\x01"


def label(data: bytes, at: int, stop: int) -> bytes:
    """Return the bytes that name an item, to compare without decoding them."""
    end = at
    while end + 1 < stop and data[end] in _LABEL_TAGS:
        end += 2 + data[end + 1]
    rest = data[end : end + 3]  # nearly always of short JSON, and nothing else
    if rest[:2] == _JSON_TAG and end > at and end + 3 + rest[-1] == stop:
        return data[at:end]
    key, nested = b"", []
    for number, start, after in fields(data, at, stop):
        if number == _NESTED_KEY:
            nested.append(b"\x12" + encoded(after - start) + data[start:after])
        elif number == _KEY:
            key = b"\x0a" + encoded(after - start) + data[start:after]
    return b"".join(nested) or key


def value(data: bytes, place: Place) -> Json:
    number, start, stop = place
    if number in {VALUE_JSON, _JSON}:
        return decoded(data[start:stop])
    if number == _NUMBER:
        return double(data, start)
    if number == _INTEGER:
        return zigzag(integer(data, start))
    if number == _BOOLEAN:
        return bool(integer(data, start))
    if number == _TEXT:
        return text(data, start, stop)
    return None


# NaN was written as a string by SDKs before wandb-core, and still is in summaries.
_SPELLED = {f'"{word}"'.encode(): value for word, value in NOT_FINITE.items()}
_BOOLS = {b"true": 1.0, b"false": 0.0}


def decoded(raw: bytes) -> Json:
    """Read one value; invalid JSON is returned as its text."""
    if (special := _SPELLED.get(raw)) is not None:
        return special
    try:
        value: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")
    return value  # type: ignore[no-any-return]


def number(raw: bytes) -> float | None:
    """Read a value that can be plotted: a number or a bool, no text or null."""
    try:
        return float(raw)
    except ValueError:
        return _SPELLED.get(raw, _BOOLS.get(raw))


def plottable(value: Json) -> float | None:
    """Return *value* as a float if it is a number or a bool, which is 0 or 1."""
    if not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


class Branch(dict[str, "Branch | Json"]):
    """The items below a path, where a dict would be a value."""


class ValueTree:
    def __init__(self) -> None:
        self._root = Branch()
        self._removed = Branch()

    def add(self, path: Path, value: Json) -> None:
        """Add a value that is older than all that were added before it."""
        if not _hidden(self._removed, path):
            _add(self._root, path, value)

    def remove(self, path: Path) -> None:
        """Ignore older values at *path*."""
        _add(self._removed, path, None)

    def flat(self) -> dict[str, Json]:
        return flat(self._root)


def _add(branch: Branch, path: Path, value: Json) -> None:
    for label in path[:-1]:
        inner = branch.setdefault(label, Branch())
        if not isinstance(inner, Branch):
            return
        branch = inner
    branch.setdefault(path[-1], value)


def _hidden(branch: Branch, path: Path) -> bool:
    for label in path:
        if label not in branch:
            return False
        inner = branch[label]
        if not isinstance(inner, Branch):
            return True
        branch = inner
    return False
