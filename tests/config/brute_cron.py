"""A cron of another kind: it looks at each quarter of an hour that passes.

It shares nothing with the package but the rules: the fields of cron, and what
becomes of times that a clock skips or shows twice. What the clock shows comes from
zoneinfo, quarter by quarter; no change of these years is finer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
QUARTER = 15
DAY = 24 * 60
MONTHS = [f"{date(2000, m, 1):%b}".lower() for m in range(1, 13)]
DAYS = [f"{date(2000, 1, 2 + d):%a}".lower() for d in range(7)]  # that 2nd is a Sunday
_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)


class Clock:
    """What the clock of a zone shows at each quarter of an hour of UTC.

    A time on the wall is a number of minutes here: its date's ordinal in days, and
    the minutes of that day.
    """

    def __init__(self, zone: str, first: datetime, until: datetime) -> None:
        there = ZoneInfo(zone)
        self.first = first
        self.quarters: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)
        """By the minute of the day that begins it: index, wall, shown before?"""
        self.gaps: list[tuple[int, range]] = []
        """Each gap's end, and the wall minutes that were never shown."""
        latest = wall = 0
        for index in range(0, (until - first) // MINUTE, QUARTER):
            local = (first + index * MINUTE).astimezone(there)
            before, wall = wall, _minutes(local)
            if before and wall > latest + QUARTER:
                self.gaps.append((index, self._gap(latest + QUARTER, before, wall)))
            self.quarters[wall % DAY].append((index, wall, wall <= latest))
            latest = max(latest, wall)

    @staticmethod
    def _gap(start: int, before: int, end: int) -> range:
        """Leave out a date that was not shown at all."""
        whole_day = (
            start % DAY == 0 and end % DAY == 0 and end // DAY > before // DAY + 1
        )
        return range(0) if whole_day else range(start, end)


def _minutes(local: datetime) -> int:
    return (local.replace(tzinfo=UTC) - _YEAR_ONE) // MINUTE + DAY


def fires(expression: str, clock: Clock) -> list[datetime]:
    minute, hour, *date_fields = expression.split()
    chosen = dates(*date_fields)
    running = hour in ("*", "*/1", "0-23")
    at = {h * 60 + m for h in _set(hour, 0, 23) for m in _set(minute, 0, 59)}
    found = set()
    for of_day in at:
        for index, wall, again in clock.quarters[of_day - of_day % QUARTER]:
            if chosen(wall // DAY) and (running or not again):
                found.add(index + of_day % QUARTER)
    for index, missing in clock.gaps:
        if not running and any(m % DAY in at and chosen(m // DAY) for m in missing):
            found.add(index)
    return [clock.first + index * MINUTE for index in sorted(found)]


def dates(day: str, month: str, weekday: str) -> Callable[[int], bool]:
    months = _set(month, 1, 12, MONTHS, 1)
    days = _set(day.replace("L", "99"), 1, 99)
    plain, nth = _weekdays(weekday)

    @cache
    def chosen(ordinal: int) -> bool:
        at = date.fromordinal(ordinal)
        last = date.fromordinal(ordinal + 1).month != at.month
        which = at.isoweekday() % 7
        by_day = at.day in days or (last and 99 in days)
        by_weekday = which in plain or (which, (at.day - 1) // 7 + 1) in nth
        both = day != "*" and weekday != "*"
        fits = (by_day or by_weekday) if both else (by_day and by_weekday)
        return fits and at.month in months

    return chosen


def _weekdays(field: str) -> tuple[set[int], set[tuple[int, int]]]:
    plain: set[int] = set()
    nth = set()
    for part in field.split(","):
        if "#" in part:
            which, count = part.split("#")
            nth.add((_number(which, DAYS, 0) % 7, int(count)))
        else:
            plain |= {d % 7 for d in _set(part, 0, 7, DAYS)}
    return plain, nth


def _set(
    field: str, low: int, high: int, names: list[str] | None = None, shift: int = 0
) -> set[int]:
    found = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        start, _, end = span.partition("-")
        a = low if start == "*" else _number(start, names, shift)
        b = high if start == "*" else _number(end or start, names, shift)
        found |= set(range(a, b + 1, int(step or 1)))
    return found


def _number(word: str, names: list[str] | None, shift: int) -> int:
    if names and word.lower() in names:
        return names.index(word.lower()) + shift
    return int(word)
