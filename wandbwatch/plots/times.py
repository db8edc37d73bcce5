"""Where the ticks of an axis of time stand, and what is written there."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from wandbwatch.plots.numbers import MINUS, Tick, label, linear

_SECOND, _MINUTE, _HOUR, _DAY = 1, 60, 3600, 86400
_STEPS = (
    *(n * _SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 5, 10)),
)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)
_LONGEST_MONTH = 31 * _DAY
_UNITS = (("d", _DAY), ("h", _HOUR), ("m", _MINUTE), ("s", _SECOND))


def runtime(low: float, high: float, count: int) -> list[Tick]:
    """Return round spans of time from *low* to *high*, both in seconds."""
    span = high - low
    step = next((s for s in _STEPS if s * count >= span), 0)
    if span < count:
        return [(at, f"{text}s") for at, text in linear(low, high, count)]
    if not step:
        days = linear(low / _DAY, high / _DAY, count)
        return [(day * _DAY, f"{text}d") for day, text in days]
    first, last = math.ceil(low / step), math.floor(high / step)
    return [(n * step, _span(n * step)) for n in range(first, last + 1)]


def wall(low: float, high: float, count: int) -> list[Tick]:
    """Return round moments in UTC from *low* to *high*, both in POSIX seconds."""
    if not _is_date(low) or not _is_date(high):
        return linear(low, high, count)
    span = high - low
    if span < count:
        return [(at, f"{_date(at):%H:%M:}{at % 60:05.2f}") for at in (low, high)]
    step = next((s for s in _STEPS if s * count >= span), 0)
    if not step:
        return _months(low, high, count)
    first, last = math.ceil(low / step), math.floor(high / step)
    moments = [n * step for n in range(first, last + 1)]
    return [(at, _moment(at, step)) for at in moments]


def runtime_at(at: float) -> str:
    return _span(round(at)) if abs(at) < 1e15 else label(at, at)  # noqa: PLR2004


def wall_at(at: float) -> str:
    return f"{_date(at):%H:%M:%S}" if _is_date(at) else label(at, at)


def days(low: float, high: float) -> str:
    """Say which day or days in UTC lie from *low* to *high*."""
    if not _is_date(low) or not _is_date(high):
        return "time, UTC"
    first, last = f"{_date(low):%Y-%m-%d}", f"{_date(high):%Y-%m-%d}"
    return f"{first}, UTC" if first == last else f"{first} to {last}, UTC"


def _span(seconds: int) -> str:
    """Word a whole number of seconds by its two greatest units."""
    left, parts = abs(seconds), []
    for unit, size in _UNITS:
        n, left = divmod(left, size)
        if n:
            parts.append(f"{n}{unit}")
    return (MINUS if seconds < 0 else "") + ("".join(parts[:2]) or "0")


def _moment(at: float, step: int) -> str:
    date = _date(at)
    if at % _DAY == 0:
        return f"{date:%b} {date.day}"
    return f"{date:%H:%M}" if step >= _MINUTE else f"{date:%H:%M:%S}"


def _months(low: float, high: float, count: int) -> list[Tick]:
    least = (high - low) / _LONGEST_MONTH / count
    every = next((m for m in _MONTHS if m >= least), _MONTHS[-1])
    first, last = _date(low), _date(high)
    ticks = []
    for n in range(first.year * 12, min(last.year + 1, 9999) * 12, every):
        date = datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC)
        if first <= date <= last:
            text = f"{date:%Y}" if every >= 12 else f"{date:%b %Y}"  # noqa: PLR2004
            ticks.append(((date - _EPOCH).total_seconds(), text))
    return ticks


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_9999 = 253_000_000_000
_YEAR_1 = -62_000_000_000


def _is_date(at: float) -> bool:
    return _YEAR_1 < at < _YEAR_9999


def _date(at: float) -> datetime:
    return _EPOCH + timedelta(seconds=at)  # fromtimestamp refuses some on some systems
