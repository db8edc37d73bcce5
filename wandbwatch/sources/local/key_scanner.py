"""Finding a key in a history row without reading the row.

A row has dozens of items in random order, and we want a few of them. An item is
``0a LENGTH (12 LENGTH label)… 82 01 LENGTH JSON``, so the bytes of its labels are
looked for, and what stands around them tells whether it is a whole item.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import TypeAlias

from wandbwatch.sources.local.items import items, plottable
from wandbwatch.sources.local.wire import CONTINUES, encoded, fields, integer, signed

Value: TypeAlias = Callable[[bytes, int, int], float | None]

_ITEM_TAG = 0x0A
_JSON_TAG = b"\x82\x01"
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
