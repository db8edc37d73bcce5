"""Numbers, system metrics, durations and times, short enough to compare at a glance."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import TypeGuard

from wandbwatch.formatting.text import by_number, clean
from wandbwatch.model.cell import Bytes, Cell, latest

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
_NUMBER = r"\d+"
_NO_AMOUNT = r"(^|[._/-])_?(id|seed|timestamp|time|date|year|port|pid)$"
"""Keys whose numbers are identifiers, not amounts."""
_QUIET = r"disk|network|MemoryErrors|proc\."
_UNITS = (
    (r"(MB|MiB)$|^disk(\..*)?\.(in|out)$", 1e6, ""),
    (r"(GB|GiB)$", 1e9, ""),
    (r"[bB]ytes$|^network\.(sent|recv)$|\.HBMMemory", 1.0, ""),
    (r"[wW]atts$", 0.0, " W"),
    (r"Clock$", 0.0, " MHz"),
    (r"\.temp$", 0.0, " °C"),
    (
        r"([pP]ercent|^cpu(\.\d+)?(\..*)?|^memory|^disk|\.gpu|memory)$",
        0.0,
        "%",
    ),
    (r"([uU]tili[sz]ation|memoryAllocated|powerPercent)$", 0.0, "%"),
)
"""What a system metric's name says: bytes in one of it, else its unit.
All patterns here compile when first used: `check` needs none."""


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
    large = abs(value) >= _LARGE and not re.search(_NO_AMOUNT, name)
    return compact(value) if large else ""


def _with_unit(name: str, value: float) -> str:
    for pattern, scale, unit in _UNITS:
        if re.search(pattern, name):
            if unit == "%" and abs(value) < _LARGE:
                value = float(f"{value:.3g}")
            return size(round(value * scale)) if scale else f"{number(value)}{unit}"
    return compact(value) if abs(value) >= _LARGE else ""


def folded(items: Sequence[tuple[str, Cell]]) -> list[tuple[str, Cell]]:
    """Fold system metrics that differ by a number to their mean and maximum, and leave
    out disks and networks at zero."""
    heard = [item for item in items if not (latest(item[1]) == 0 and _quiet(item[0]))]
    kinds = groupby(sorted(heard, key=_kind_key), lambda item: _kind(item[0]))
    return [item for kind, same in kinds for item in _one(kind, list(same))]


_NAMES = (
    (r"cpu", "CPU"),
    (r"cpu\.([\d*]+)\.cpu_percent", r"CPU core \1"),
    (r"memory(_percent)?", "memory"),
    (r"proc\.memory\.availableMB", "memory available"),
    (r"proc\.memory\.(rssMB|percent)", "process memory"),
    (r"proc\.cpu\.threads", "process threads"),
    (r"disk", "disk used"),
    (r"disk\.(?:(.+)\.)?in", r"disk \1 read"),
    (r"disk\.(?:(.+)\.)?out", r"disk \1 written"),
    (r"disk\.(.+)\.usage(GB|Percent)", r"disk \1 used"),
    (r"tpu", "TPU busy"),
    (r"network\.sent", "network sent"),
    (r"network\.recv", "network received"),
    (r"network\.tcpRetransmits", "network TCP retransmits"),
)
"""What people call the SDK's system metrics."""
_DEVICE = r"(gpu|tpu|trn|ipu)\.(process\.)?([\d*]+)\.(.+)"
_DEVICES = {"trn": "Trainium"}
_MEASURES = {
    "gpu": "busy",
    "tensorcoreUtilization": "busy",
    "dutyCycle": "busy",
    "neuroncore_utilization": "busy",
    "ipu utilisation (%)": "busy",
    "memory": "memory access",
    "memoryAllocated": "memory",
    "memoryAllocatedBytes": "memory",
    "memoryUsage": "memory",
    "memoryUsageBytes": "memory",
    "hbmMemoryUsage": "memory",
    "temp": "temperature",
    "powerWatts": "power",
    "powerPercent": "power",
    "enforcedPowerLimitWatts": "power limit",
    "smClock": "SM clock",
    "memoryClock": "memory clock",
    "graphicsClock": "graphics clock",
    "fanSpeed": "fan",
    "correctedMemoryErrors": "corrected memory errors",
    "uncorrectedMemoryErrors": "uncorrected memory errors",
}


def system_name(key: str) -> str:
    """Name a system metric, or several folded ones, for people: ``GPU 0 memory``."""
    counted = re.search(r" \(\d+\)$", key)
    count = counted[0] if counted else ""
    plain, _, node = key.removesuffix(count).partition("/l:")
    name = plain
    if found := re.fullmatch(_DEVICE, plain):
        kind, process, number, measure = found.groups()
        said = _MEASURES.get(measure, measure)
        whose = " by this process" if process else ""
        name = f"{_DEVICES.get(kind, kind.upper())} {number} {said}{whose}"
    for pattern, called in _NAMES:
        if found := re.fullmatch(pattern, plain):
            name = " ".join(found.expand(called).split())
    name = name.replace(" *", "") if count else name
    return f"{name}{f' of {node}' if node else ''}{count}"


def _quiet(name: str) -> bool:
    return bool(re.search(_QUIET, name))


def _kind(name: str) -> str:
    return re.sub(_NUMBER, "*", name)


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


_DURATIONS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_TELLING = timedelta(seconds=10)
"""Shorter durations show parts of a second."""
_JUST_NOW = timedelta(seconds=5)
_LONG_AGO = timedelta(days=100)


_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_PART = r"(\d{1,9}(?:\.\d{1,9})?)\s*([wdhms])\s*"
_WRITTEN = rf"(?ai)\s*(?:{_PART})+"
_MOST = timedelta(days=36500)


def parse_duration(text: str) -> timedelta:
    """Read a duration: ``90s``, ``1h30m``, ``1h 30m``, ``1.5h``, ``2d``, ``1w``.

    ValueError says what is wrong; 0 is a duration.
    """
    if not re.fullmatch(_WRITTEN, text):
        raise ValueError(f"{text[:80]!r} is not a duration such as 90s, 1h30m or 2d")
    parts = re.findall(_PART, text.lower(), re.ASCII)
    seconds = sum(float(count) * _SECONDS[unit] for count, unit in parts)
    if seconds > _MOST.total_seconds():
        raise ValueError(f"{text[:80]!r} is longer than 100 years")
    return timedelta(seconds=seconds)


def parse_positive_duration(text: str) -> timedelta:
    """Read a duration above 0, as `parse_duration` does."""
    if not (found := parse_duration(text)):
        raise ValueError(f"{text[:80]!r} is not longer than 0")
    return found


def duration(span: timedelta) -> str:
    """Write a duration in its two largest units: ``3d 4h``, ``2m 05s``, ``0.25s``."""
    sign = "-" if span < timedelta() else ""
    span = abs(span)
    if span < _TELLING:
        return f"{sign}{number(round(span.total_seconds(), 2))}s"
    seconds = span.days * 86400 + span.seconds
    for (size, unit), (small, small_unit) in pairwise(_DURATIONS):
        if seconds >= size:
            width = 1 if unit == "d" else 2
            rest = seconds % size // small
            return f"{sign}{seconds // size}{unit} {rest:0{width}}{small_unit}"
    return f"{sign}{seconds}s"


def span(seconds: float) -> str:
    """Write a round number of seconds as short as it goes: ``2h``, ``1h 30m``."""
    try:
        text = duration(timedelta(seconds=round(seconds)))
    except OverflowError:
        return number(seconds)
    return text.removesuffix(" 00m").removesuffix(" 00s").removesuffix(" 0h")


def age(then: datetime, now: datetime) -> str:
    """Say how long ago: ``3h ago``; far away a date, in the future ``in 2h``."""
    passed = utc(now) - utc(then)
    if abs(passed) < _JUST_NOW:
        return "just now"
    if abs(passed) >= _LONG_AGO:
        return utc(then).date().isoformat()
    seconds = round(abs(passed).total_seconds())
    size, unit = next((s, u) for s, u in _DURATIONS if seconds >= s)
    span = f"{seconds // size}{unit}"
    return f"in {span}" if passed < timedelta() else f"{span} ago"


def moment(when: datetime) -> str:
    """Write a time to the minute, in UTC: ``2026-01-01 12:00 UTC``."""
    return f"{utc(when).replace(tzinfo=None).isoformat(' ', 'minutes')} UTC"


def along(axis: str, at: float) -> str:
    """Word a value of an x axis as ``step 100``, ``runtime 2m 05s`` or a time.

    *axis* is ``step``, ``runtime`` (seconds), ``wall`` (POSIX seconds) or a key.
    """
    try:
        if axis == "wall":
            return moment(datetime.fromtimestamp(at, UTC))
        if axis == "runtime":
            return f"{axis} {duration(timedelta(seconds=round(at)))}"
    except (OverflowError, ValueError, OSError):  # no time of the calendar, or NaN
        pass
    return f"{clean(axis)} {number(at)}"


def utc(when: datetime) -> datetime:
    """Take a time to UTC; one without a zone is in UTC already, as W&B's are."""
    if when.tzinfo is None:
        return when.replace(tzinfo=UTC)
    try:
        return when.astimezone(UTC)
    except OverflowError:  # the calendar's first and last day
        return when.replace(tzinfo=UTC)
