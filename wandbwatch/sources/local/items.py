"""Keys and values as history, summary and config records hold them.

An item has a ``key`` (SDKs before wandb-core, and the top level of some records) or a
``nested_key`` path, and either JSON or, from 0.31 on, one of the typed fields.

A row has dozens of items in random order, and we want a few of them. An item is
``0a LENGTH (12 LENGTH label)… 82 01 LENGTH JSON``, so the bytes of its labels are
looked for, and what stands around them tells whether it is a whole item (`KeyScanner`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, TypeAlias

from wandbwatch.model.run import NOT_FINITE, Json, flat
from wandbwatch.sources.local.wire import (
    CONTINUES,
    double,
    encoded,
    fields,
    integer,
    signed,
    text,
    zigzag,
)

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


Value: TypeAlias = Callable[[bytes, int, int], float | None]

_ITEM_TAG = 0x0A
_MOST_DOTS = 3  # 2 ** dots ways to part a key
_MOST_SPELLED = 8


class KeyScanner:
    """One key, in all the ways that a row may spell it.

    ``a.b`` is the path a, b, or a key that has the dot in it, or (SDKs before
    wandb-core) the b in the JSON under a.
    """

    value: Value
    """Returns this key's number in the row ``data[at:end]``; None without one."""

    def __init__(self, key: str) -> None:
        self._labels = key.split(".")
        self._spellings = tuple(_labels(path) for path in _partings(self._labels))
        prefixes = range(1, len(self._labels))
        parents = (".".join(self._labels[:n]) for n in prefixes)
        self._parents = tuple(_labels((parent,)) for parent in parents)
        ways = [_plain(spelling, self._searched) for spelling in self._spellings]
        self.value = ways[0] if len(ways) == 1 else self._in_one_of(ways)

    def _in_one_of(self, ways: Sequence[Value]) -> Value:
        def value(data: bytes, at: int, end: int) -> float | None:
            for way in ways:
                if (found := way(data, at, end)) is not None:
                    return found
            for parent in self._parents:
                if data.find(parent, at, end) >= 0:
                    return self._searched(data, at, end)
            return None

        return value

    @property
    def deep(self) -> bool:
        """Whether it has more dots than `here` and `above` can spell."""
        return len(self._labels) > _MOST_SPELLED + 1

    @property
    def here(self) -> tuple[bytes, ...]:
        """All the labels of this key's items, each without its first tag."""
        return tuple(map(_labels, _partings(self._labels, _MOST_SPELLED)))

    @property
    def above(self) -> tuple[bytes, ...]:
        """All the labels of the items of which this key may be a part."""
        every = (self._labels[:n] for n in range(1, len(self._labels)))
        paths = (path for one in every for path in _partings(one, _MOST_SPELLED))
        return tuple(map(_labels, paths))

    def touches(self, data: bytes, at: int, end: int) -> bool:
        """Return whether a message may have this key, or a key above or below it."""
        ways = (*self._spellings, *self._parents)
        return any(data.find(way, at, end) >= 0 for way in ways)

    def _searched(self, data: bytes, at: int, end: int) -> float | None:
        """Read all of the row's items: the last one of this key counts."""
        answer = None
        for path, value in items(data, at, end):
            rest = _below(path, self._labels)
            if rest is None:
                continue
            for label in rest:
                value = value.get(label) if isinstance(value, dict) else None  # noqa: PLW2901
            answer = plottable(value)
        return answer


def _plain(spelling: bytes, searched: Value) -> Value:
    """Look for one spelling in an item of under 128 bytes with JSON, as nearly all
    numbers are; where it is in another place or shape, *searched* reads the row."""
    length = len(spelling)
    rest = length + 4  # of an item's own length, but for its JSON

    def value(data: bytes, at: int, end: int) -> float | None:
        found = data.find(spelling, at, end)
        if found < 0:
            return None
        start = found + length
        try:
            size = data[start + 2]
            if (
                data[found - 2] == size + rest
                and data[found - 3] == _ITEM_TAG
                and data[start : start + 2] == _JSON_TAG
            ):
                return float(data[start + 3 : start + 3 + size])
        except (IndexError, ValueError):
            pass
        return searched(data, at, end)

    return value


def _partings(labels: list[str], most: int = _MOST_DOTS) -> list[tuple[str, ...]]:
    """Return every way in which some of the dots may part a path."""
    dots = len(labels) - 1
    if dots > most:
        return [tuple(labels), (".".join(labels),)]
    paths = []
    for cuts in product((False, True), repeat=dots):
        path = [labels[0]]
        for label, cut in zip(labels[1:], cuts, strict=True):
            if cut:
                path.append(label)
            else:
                path[-1] += f".{label}"
        paths.append(tuple(path))
    return paths


def _labels(path: tuple[str, ...]) -> bytes:
    """Return *path* as an item has it, but for the very first tag."""
    raw = [label.encode("utf-8", "surrogateescape") for label in path]
    return b"\x12".join(encoded(len(label)) + label for label in raw)


def _below(path: tuple[str, ...], labels: list[str]) -> list[str] | None:
    """Return what remains of *labels* below *path*, None if it leads elsewhere."""
    depth = sum(label.count(".") + 1 for label in path)
    if ".".join(labels[:depth]) != ".".join(path):
        return None
    return labels[depth:]


_STEP_FIELD = 2
_STEP_TAG, _VARINT_TAG = 0x12, 0x08
_STEP = KeyScanner("_step")


def row_step(data: bytes, at: int, end: int, number: int) -> float:
    """Return a row's step: its own field, else its ``_step``, else its number.

    The field is the last one of the row, ``12 LENGTH 08 VARINT``, so it is read from
    the end; a JSON value cannot look like it, since it holds no control characters.
    """
    first = end - 1
    value = data[first]
    while data[first - 1] >= CONTINUES:
        first -= 1
        value = value << 7 | data[first] & 0x7F
    if data[first - 1] == _VARINT_TAG and data[first - 2] == end - first + 1:
        if data[first - 3] == _STEP_TAG:
            return value
    elif data[end - 2 : end] == b"\x12\x00":
        return 0
    return _searched_step(data, at, end, number)


def _searched_step(data: bytes, at: int, end: int, number: int) -> float:
    for field, start, stop in fields(data, at, end):
        if field == _STEP_FIELD:
            for inner, begin, _ in fields(data, start, stop):
                if inner == 1:
                    return signed(integer(data, begin))
            return 0
    found = _STEP.value(data, at, end)
    return number if found is None else found
