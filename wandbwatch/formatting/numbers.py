"""Numbers short enough to compare at a glance, and system metrics with their units."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeGuard

from wandbwatch.formatting.text import by_number
from wandbwatch.model.report import Bytes, Cell, latest

DIGITS = 5
_SMALLEST, _LARGEST, _LARGEST_WHOLE = 1e-4, 1e7, 1e15


def number(value: float) -> str:
    """Write about five significant digits; integers whole, the extremes as 1.5e-07."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    size = abs(value)
    if value.is_integer() and size < _LARGEST_WHOLE:
        return str(int(value))
    if not _SMALLEST <= size < _LARGEST:
        return f"{value:.{DIGITS}g}"
    decimals = max(0, DIGITS - 1 - math.floor(math.log10(size)))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def exact(value: float) -> str:
    """Write every digit needed to distinguish *value* from any other."""
    whole = isinstance(value, int)  # which may be beyond all floats
    return repr(value) if whole or math.isfinite(value) else number(value)


_SIZES = ("kB", "MB", "GB", "TB", "PB")
_STEP = 1000
_ROUND = 99.5


def size(count: int) -> str:
    """Word *count* bytes in three digits or so: ``12.3 kB``."""
    if abs(count) < _STEP:
        return f"{count} B"
    amount: float = count
    unit = ""
    for unit in _SIZES:  # noqa: B007 - the last one is wanted
        amount /= _STEP
        if abs(amount) < _STEP - 0.5:
            break
    return f"{amount:.0f} {unit}" if abs(amount) >= _ROUND else f"{amount:.1f} {unit}"


def change(value: object, before: object) -> str:
    """Say how far a number moved: ``↓0.03``; "" for other values."""
    if not (_is_number(value) and _is_number(before)):
        return ""
    try:
        moved = value - before
        changed = moved != 0 and math.isfinite(moved)
    except OverflowError:  # an integer beyond all floats
        return ""
    if not changed:
        return ""
    return f"{'↑' if moved > 0 else '↓'}{number(abs(moved))}"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool | Bytes)


SYSTEM = frozenset({"system", "machine"})
"""The titles of groups of system metrics."""
FEW = 8
"""The most system metrics that differ by a number and are listed one by one."""
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_LARGE, _HUGE = 1e6, 1e15
_NUMBER = re.compile(r"\d+")
_NO_AMOUNT = re.compile(r"(^|[._/-])_?(id|seed|timestamp|time|date|year|port|pid)$")
"""Keys whose numbers are identifiers, not amounts."""
_QUIET = re.compile(r"disk|network|proc\.")
_UNITS = (
    (r"(MB|MiB)$|^disk(\..*)?\.(in|out)$", 1e6, ""),
    (r"(GB|GiB)$", 1e9, ""),
    (r"[bB]ytes$|^network\.(sent|recv)$|\.HBMMemory", 1.0, ""),
    (r"[wW]atts$", 0.0, " W"),
    (r"\.temp$", 0.0, " °C"),
    (
        r"([pP]ercent|^cpu(\.\d+)?(\..*)?|^memory|^disk|\.gpu|memory)$",
        0.0,
        "%",
    ),
    (r"([uU]tili[sz]ation|memoryAllocated|powerPercent)$", 0.0, "%"),
)
"""What a system metric's name says: bytes in one of it, else its unit.
Patterns compile when first used: `check` needs none."""


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
        if re.search(pattern, name):
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
