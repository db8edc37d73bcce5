"""Finding a key in a history row without reading the row.

A row has dozens of items in random order, and we want a few of them. An item is
``0a LENGTH (12 LENGTH label)… 82 01 LENGTH JSON``, so the bytes of its labels are
looked for, and what stands around them tells whether it is a whole item.
"""

from __future__ import annotations

from itertools import product

from wandbwatch.sources.local import values
from wandbwatch.sources.local.items import items
from wandbwatch.sources.local.values import plottable
from wandbwatch.sources.local.wire import encoded

_ITEM_TAG = 0x0A
_MOST_DOTS = 3  # 2 ** dots ways to part a key


class Needle:
    """One key, in all the ways that a row may spell it.

    ``a.b`` is the path a, b, or a key that has the dot in it, or (SDKs before
    wandb-core) the b in the JSON under a.
    """

    __slots__ = ("_labels", "_parents", "_spellings", "key")

    def __init__(self, key: str) -> None:
        self.key = key
        self._labels = key.split(".")
        paths = _partings(self._labels)
        self._spellings = tuple(_labels(path) for path in paths)
        self._parents = tuple(
            _labels((".".join(self._labels[:n]),)) for n in range(1, len(self._labels))
        )

    def value(self, data: bytes, at: int, end: int) -> float | None:
        """Return this key's number in the row ``data[at:end]``, None if it has none."""
        seen = False
        for spelling in self._spellings:
            found = data.find(spelling, at, end)
            if found < 0:
                continue
            seen = True
            stop = found + len(spelling)
            # One item of under 128 bytes with JSON, as nearly all numbers are.
            if stop + 3 < end and data[stop : stop + 2] == b"\x82\x01":
                whole = stop + 3 + data[stop + 2]
                if (
                    data[found - 2] == whole - found + 1
                    and data[found - 3] == _ITEM_TAG
                ):
                    return values.number(data[stop + 3 : whole])
        if seen or any(data.find(parent, at, end) >= 0 for parent in self._parents):
            return self._searched(data, at, end)
        return None

    def touches(self, data: bytes, at: int, end: int) -> bool:
        """Tell whether a message may have this key, something above or below it."""
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


def _partings(labels: list[str]) -> list[tuple[str, ...]]:
    """Return every way in which some of the dots may part a path."""
    dots = len(labels) - 1
    if dots > _MOST_DOTS:
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
