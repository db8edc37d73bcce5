"""Durations, ages and times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from wandbwatch.formatting.numbers import number
from wandbwatch.formatting.text import clean

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_TELLING = timedelta(seconds=10)
"""Shorter durations show parts of a second."""
_JUST_NOW = timedelta(seconds=5)
_LONG_AGO = timedelta(days=100)


_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_PART = r"(\d{1,9}(?:\.\d{1,9})?)\s*([wdhms])\s*"
_WRITTEN = re.compile(rf"\s*(?:{_PART})+", re.ASCII | re.IGNORECASE)
_MOST = timedelta(days=36500)


def parse_duration(text: str) -> timedelta:
    """Read a duration: ``90s``, ``1h30m``, ``1h 30m``, ``1.5h``, ``2d``, ``1w``.

    ValueError says what is wrong; 0 is a duration.
    """
    if not _WRITTEN.fullmatch(text):
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
    for (size, unit), (small, small_unit) in pairwise(_UNITS):
        if seconds >= size:
            width = 1 if unit == "d" else 2
            rest = seconds % size // small
            return f"{sign}{seconds // size}{unit} {rest:0{width}}{small_unit}"
    return f"{sign}{seconds}s"


def age(then: datetime, now: datetime) -> str:
    """Say how long ago: ``3h ago``; far away a date, in the future ``in 2h``."""
    passed = utc(now) - utc(then)
    if abs(passed) < _JUST_NOW:
        return "just now"
    if abs(passed) >= _LONG_AGO:
        return utc(then).date().isoformat()
    seconds = round(abs(passed).total_seconds())
    size, unit = next((s, u) for s, u in _UNITS if seconds >= s)
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
