"""Large numbers with k, M and G, and system metrics with their units."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from wandbwatch.formatting.numbers import number, size
from wandbwatch.formatting.text import by_number
from wandbwatch.model.report import Bytes, Cell, latest

SYSTEM = frozenset({"system", "machine"})
"""The titles of groups of system metrics."""
FEW = 8
"""At most this many system metrics that differ by a number are listed."""
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_LARGE, _HUGE = 1e6, 1e15
_NUMBER = re.compile(r"\d+")
_NO_AMOUNT = re.compile(r"(^|[._/-])_?(id|seed|timestamp|time|date|year|port|pid)$")
"""Keys whose numbers are names."""
_QUIET = re.compile(r"disk|network|proc\.")
_UNITS = (
    (re.compile(r"(MB|MiB)$|^disk(\..*)?\.(in|out)$"), 1e6, ""),
    (re.compile(r"(GB|GiB)$"), 1e9, ""),
    (re.compile(r"[bB]ytes$|^network\.(sent|recv)$|\.HBMMemory"), 1.0, ""),
    (re.compile(r"[wW]atts$"), 0.0, " W"),
    (re.compile(r"\.temp$"), 0.0, " °C"),
    (
        re.compile(r"([pP]ercent|^cpu(\.\d+)?(\..*)?|^memory|^disk|\.gpu|memory)$"),
        0.0,
        "%",
    ),
    (re.compile(r"([uU]tili[sz]ation|memoryAllocated|powerPercent)$"), 0.0, "%"),
)
"""What a system metric's name says: bytes in one of it, else its unit."""


def compact(value: float) -> str:
    """Write a large *value* in three digits: ``1.31G``, ``12k``."""
    if not abs(value) < _HUGE:
        return number(value)
    for factor, prefix in _PREFIXES:
        if abs(value) >= factor * 0.9995:
            return f"{number(float(f'{value / factor:.3g}'))}{prefix}"
    return number(value)


def measured(group: str, name: str, cell: Cell) -> str:
    """Word a number of a *group* with its unit or its prefix; "" for other values."""
    value = latest(cell)
    if value is not cell or isinstance(value, bool | Bytes):
        return ""
    if not isinstance(value, int | float) or not abs(value) < _HUGE:
        return ""
    if group in SYSTEM:
        return _with_unit(name.partition("/l:")[0], value)
    large = abs(value) >= _LARGE and not _NO_AMOUNT.search(name)
    return compact(value) if large else ""


def _with_unit(name: str, value: float) -> str:
    for pattern, scale, unit in _UNITS:
        if pattern.search(name):
            return size(round(value * scale)) if scale else f"{number(value)}{unit}"
    return compact(value) if abs(value) >= _LARGE else ""


def folded(items: Sequence[tuple[str, Cell]]) -> list[tuple[str, Cell]]:
    """Fold system metrics that differ by a number to their mean and maximum, and leave
    out disks and networks at zero."""
    heard = [item for item in items if not (latest(item[1]) == 0 and _quiet(item[0]))]
    kinds = groupby(sorted(heard, key=_kind_key), lambda item: _kind(item[0]))
    return [item for kind, same in kinds for item in _one(kind, list(same))]


def _quiet(name: str) -> bool:
    return bool(_QUIET.search(name))


def _kind(name: str) -> str:
    return _NUMBER.sub("*", name)


def _kind_key(item: tuple[str, Cell]) -> tuple[str, object]:
    return _kind(item[0]), by_number(item[0])


def _one(kind: str, same: Sequence[tuple[str, Cell]]) -> Iterator[tuple[str, Cell]]:
    numbers = [
        float(value)
        for _, cell in same
        if isinstance(value := latest(cell), int | float) and abs(value) < _HUGE
    ]
    if len(same) <= FEW or not numbers:
        yield from same
        return
    name = kind.replace("*", "0")
    mean, most = math.fsum(numbers) / len(numbers), max(numbers)
    words = [_with_unit(name, one) or number(one) for one in (mean, most)]
    yield f"{kind} ({len(same)})", f"mean {words[0]}, max {words[1]}"
