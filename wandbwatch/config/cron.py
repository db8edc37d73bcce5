"""Fire times of cron expressions: croniter handles dates, we handle clock changes.

croniter sees only wall-clock times. At a clock change (DST) these rules hold:

* A fixed time (the hour field names hours) fires once a day: a skipped time fires at
  the end of the gap, a repeated time fires the first time.
* With ``*`` as its hours a schedule follows the wall clock: a skipped hour is not
  made up for, and a repeated hour fires like any other.

croniter takes as long to import as all of `check`: only what needs it imports it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

LONGEST = 200
"""Characters; croniter takes seconds over very long expressions."""

_FIELDS = (
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of the month", "1-31, L for the last"),
    ("month", "1-12 or jan-dec"),
    ("day of the week", "0-7 or sun-sat, 5#3 for the third Friday"),
    ("second", "0-59"),
)
_NICKNAMES = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly")
_WORD = re.compile(
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat|l|w",
    re.IGNORECASE,
)
_EVERYDAY = (range(60), range(24), range(1, 29), range(1, 13), range(8))
"""Days that each month has: such an expression fires."""
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY = re.compile(rf"\b({'|'.join(_DAYS)})\b", re.IGNORECASE)
_PART = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?", re.ASCII)
_TO_ITSELF = re.compile(r"\b(\w+)-\1\b", re.IGNORECASE)


class CronTimes:
    """The fire times of one expression in one time zone. Not thread-safe."""

    def __init__(self, expression: str, zone: tzinfo) -> None:
        """Take an *expression* for which `fault` returns None."""
        from croniter import croniter  # noqa: PLC0415 -- slow

        self._zone = zone
        self._walls = croniter(expression.strip(), datetime.fromtimestamp(0, UTC))
        self._runs_by_the_clock = self._walls.expanded[1] == ["*"]

    def after(self, moment: datetime) -> datetime | None:
        """Return the first fire time after *moment*; None if there is none."""
        from croniter import CroniterBadDateError  # noqa: PLC0415

        moment = moment.astimezone(UTC).replace(microsecond=0)
        try:
            if self._runs_by_the_clock:
                return self._shown(moment)
            return self._fixed(moment)
        except (CroniterBadDateError, OverflowError):
            return None

    def _fixed(self, moment: datetime) -> datetime:
        wall = unrepeated(moment, self._zone)
        while True:
            wall = self._next_wall(wall)
            fires = instant(wall, self._zone)
            if fires is not None and fires > moment:
                return fires

    def _shown(self, moment: datetime) -> datetime:
        wall = asked = wall_clock(moment, self._zone)
        while True:
            shown = self._next_wall(asked)
            fires = moment + (shown - wall)
            changed = change(self._zone, moment, fires)
            if changed is None:
                return fires
            moment, wall = changed, wall_clock(changed, self._zone)
            asked = wall - SECOND  # only the first showing of a repeated time counts

    def _next_wall(self, wall: datetime) -> datetime:
        found: datetime = self._walls.get_next(datetime, start_time=wall)
        return found


def fault(expression: str) -> str | None:
    """Return the error in *expression*; None if it is valid."""
    if len(expression) > LONGEST:
        return f"longer than {LONGEST} characters"
    text = expression.strip()
    if text.startswith("@"):
        known = text.lower() in {*_NICKNAMES, "@annually"}
        return None if known else f"{text!r} is not one of {', '.join(_NICKNAMES)}"
    return _fields_fault(text.split())


def _fields_fault(fields: list[str]) -> str | None:
    text = " ".join(fields)
    if len(fields) not in (5, 6):
        count = f"{len(fields)} field{'' if len(fields) == 1 else 's'}"
        return f"{text!r} has {count}; cron has 5, or 6 with the seconds last"
    if _is_everyday(fields):
        return None
    if not _reads(fields):
        wrong = filter(None, map(_field_fault, fields, range(6)))
        return next(wrong, f"{text!r} is not valid")
    if found := _TO_ITSELF.search(text):
        return f"{found[0]!r} is a range of one value"
    return _calendar_fault(text)


def _is_everyday(fields: list[str]) -> bool:
    """Whether *fields* are plain, valid and fire, so that croniter need not tell."""
    if len(fields) != len(_EVERYDAY):
        return False
    *others, weekday = fields
    weekday = _DAY.sub(lambda day: str(_DAYS.index(day[0].lower())), weekday)
    return all(map(_is_plain, (*others, weekday), _EVERYDAY))


def _is_plain(field: str, valid: range) -> bool:
    parts = map(_PART.fullmatch, field.split(","))
    return all(part and _in_order(part, valid) for part in parts)


def _in_order(part: re.Match[str], valid: range) -> bool:
    start, end, step = (None if n is None else int(n) for n in part.groups())
    numbers = [n for n in (start, end) if n is not None]
    return all(n in valid for n in numbers) and (
        sorted(set(numbers)) == numbers and (step is None or 0 < step < len(valid))
    )


def _reads(fields: list[str]) -> bool:
    from croniter import CroniterError, croniter  # noqa: PLC0415

    words = re.findall(r"[^\W\d]+", " ".join(fields))
    if not all(_WORD.fullmatch(word) for word in words):
        return False  # including croniter's H and R (random times)
    try:
        croniter.expand(" ".join(fields))
    except (CroniterError, ValueError, TypeError, KeyError, IndexError):
        return False
    return " ".join(fields).isascii()


def _field_fault(field: str, position: int) -> str | None:
    alone = ["*"] * max(position + 1, 5)
    alone[position] = field
    if _reads(alone):
        return None
    name, range_ = _FIELDS[position]
    return f"{name} {field!r} is not valid ({range_}; also *, */5, 1-4 and 1,3)"


def _calendar_fault(text: str) -> str | None:
    from croniter import CroniterError, croniter  # noqa: PLC0415

    try:
        croniter.expand(text, strict=True)
        croniter(text, datetime.fromtimestamp(0, UTC)).get_next(datetime)
    except CroniterError:
        return f"{text!r} never fires: no month has such a day"
    return None


SECOND = timedelta(seconds=1)
_STRIDE = timedelta(hours=12)


def wall_clock(instant: datetime, zone: tzinfo) -> datetime:
    """Return the wall-clock time of *zone*, to the second."""
    return instant.astimezone(zone).replace(tzinfo=UTC, microsecond=0, fold=0)


def change(zone: tzinfo, after: datetime, until: datetime) -> datetime | None:
    """Return the first clock change of *zone*, or None.

    Searches after *after* and up to *until*, both whole seconds of UTC.
    """
    offset = _offset(after, zone)
    while after < until:
        stride = min(after + _STRIDE, until)
        if _offset(stride, zone) != offset:
            return _bisect(zone, after, stride)
        after = stride
    return None


def instant(wall: datetime, zone: tzinfo) -> datetime | None:
    """Return the instant when the clock of *zone* shows *wall*, the first one of two.

    A skipped time moves to the end of its gap; None if that whole day is skipped,
    as 2011-12-30 was in Apia.
    """
    first, second = _readings(wall, zone)
    if wall_clock(first, zone) == wall:
        return first
    end = change(zone, second, first)
    if end is None:
        return first
    days = {wall_clock(moment, zone).date() for moment in (end - SECOND, end)}
    return end if wall.date() in days else None


def unrepeated(moment: datetime, zone: tzinfo) -> datetime:
    """Return the last wall clock whose first showing is not after *moment*.

    That is the wall clock of *moment*, except during a repeated hour: then it is the
    end of the repetition, as all of it was shown before.
    """
    wall = wall_clock(moment, zone)
    if not moment.astimezone(zone).fold:
        return wall
    first, second = _readings(wall, zone)
    turned = change(zone, first, second)
    if turned is None:
        return wall
    return wall_clock(turned - SECOND, zone)


def _readings(wall: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    local = wall.replace(tzinfo=zone)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def _offset(moment: datetime, zone: tzinfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _bisect(zone: tzinfo, early: datetime, late: datetime) -> datetime:
    """Bisect (*early*, *late*] for the second at which the offset changes."""
    before = _offset(early, zone)
    while late - early > SECOND:
        middle = early + (late - early) // 2
        middle = middle.replace(microsecond=0)
        if _offset(middle, zone) == before:
            early = middle
        else:
            late = middle
    return late
