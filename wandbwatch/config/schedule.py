"""When a subscription is due, and the fire times of its cron expression.

croniter handles dates and sees only wall-clock times, we handle clock changes. At a
clock change (DST) these rules hold:

* A fixed time (the hour field names hours) fires once a day: a skipped time fires at
  the end of the gap, a repeated time fires the first time.
* With ``*`` as its hours a schedule follows the wall clock: a skipped hour is not
  made up for, and a repeated hour fires like any other.

croniter takes as long to import as all of `check`: only what needs it imports it.
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from typing import NamedTuple, Protocol

from wandbwatch.model.settings import Catchup, Cron, Interval, Subscription

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
_EVERYDAY = (range(60), range(24), range(1, 29), range(1, 13), range(8))
"""Days that each month has: such an expression fires."""
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_WORD = rf"(?i){_MONTHS}|{'|'.join(_DAYS)}|l|w"
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
    if not all(re.fullmatch(_WORD, word) for word in words):
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


COUNTED = 100
"""At most so many missed slots are counted."""
LONGEST_GRACE = timedelta(days=1)
ON_TIME = timedelta(minutes=1)
"""How late a tick may see a slot before it counts as missed."""
CLOCK_SLIP = timedelta(seconds=10)
"""A clock that goes back no further than this is waited for."""
_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Times(Protocol):
    def after(self, moment: datetime, /) -> datetime | None:
        """Return the first slot after *moment*; None if there is none."""
        ...


class EveryTimes(NamedTuple):
    interval: timedelta

    def after(self, moment: datetime) -> datetime | None:
        try:
            return _EPOCH + ((moment - _EPOCH) // self.interval + 1) * self.interval
        except OverflowError:
            return None


class SlotDecision(Enum):
    RUN = "run"
    TOO_LATE = "too late"
    """Past its grace: remember it as the last slot, and say so."""
    CLOCK_WENT_BACK = "the clock went back"
    """The last slot is in the future: count from this one on, run nothing now."""


class Due(NamedTuple):
    """The latest slot that has come. It becomes the last slot, due or skipped."""

    slot: datetime
    verdict: SlotDecision
    missed: int
    """Slots since the last one that are passed over for this; COUNTED at most."""


def times(subscription: Subscription) -> Times:
    match subscription.when:
        case Cron(expression):
            from zoneinfo import ZoneInfo  # noqa: PLC0415 -- `check` does not need it

            return CronTimes(expression, ZoneInfo(subscription.zone))
        case Interval(interval):
            return EveryTimes(interval)


def start(subscription: Subscription, slot: datetime) -> datetime:
    """Return when *slot* starts: delayed by its jitter, equally in every process."""
    seed = zlib.crc32(f"{subscription.name} {slot.timestamp():.0f}".encode())
    return slot + subscription.jitter * (seed / 2**32)


def next_slot(subscription: Subscription, after: datetime) -> datetime | None:
    return times(subscription).after(after)


def next_start(subscription: Subscription, last_slot: datetime) -> datetime | None:
    """Return when the slot after *last_slot* starts: until then nothing is due."""
    slot = next_slot(subscription, last_slot)
    return None if slot is None else start(subscription, slot)


def due(
    subscription: Subscription, last_slot: datetime | None, now: datetime
) -> Due | None:
    """Return the slot that is due at *now*, the latest one, or None.

    A subscription without a *last_slot* is new and counts from now: store *now* as its
    last slot, once. After the clock went back, the next slot does not run if it has
    already run; a last slot later than that one is dropped.
    """
    if last_slot is None:
        return None
    slots = times(subscription)
    if last_slot > now + CLOCK_SLIP and last_slot > (slots.after(now) or now):
        return Due(_latest(slots, now) or now, SlotDecision.CLOCK_WENT_BACK, 0)
    slot = _latest_started(subscription, slots, now)
    if slot is None or slot <= last_slot:
        return None
    late = now - start(subscription, slot) > grace(subscription, slot)
    verdict = SlotDecision.TOO_LATE if late else SlotDecision.RUN
    return Due(slot, verdict, _passed_over(slots, last_slot, slot))


def grace(subscription: Subscription, slot: datetime) -> timedelta:
    """Return how late *slot* may start."""
    if subscription.catchup is Catchup.NONE:
        return ON_TIME
    if subscription.grace is not None:
        return max(subscription.grace, ON_TIME)
    following = next_slot(subscription, slot)
    period = LONGEST_GRACE if following is None else following - slot
    return max(min(period, LONGEST_GRACE), ON_TIME)


def _latest_started(
    subscription: Subscription, slots: Times, now: datetime
) -> datetime | None:
    slot = _latest(slots, now)
    while slot is not None and start(subscription, slot) > now:
        slot = _latest(slots, slot - _SECOND)
    return slot


def _latest(slots: Times, now: datetime) -> datetime | None:
    """Return the latest slot that is not after *now*, by bisection.

    croniter's get_prev does not know our rules for clock changes.
    """

    def come(since: datetime) -> datetime | None:
        slot = slots.after(since)
        return slot if slot is not None and slot <= now else None

    reach = _SECOND
    while (found := come(now - reach)) is None:
        if reach > timedelta(days=366 * 9):  # leap days are at most eight years apart
            return None
        reach *= 2
    early, late = found, now
    while late - early > _SECOND:
        middle = early + (late - early) // 2
        if slot := come(middle):
            found = early = slot
        else:
            late = middle
    while slot := come(found):  # with a slot each second, bisection ends one slot early
        found = slot
    return found


def _passed_over(slots: Times, last_slot: datetime, slot: datetime) -> int:
    missed, moment = 0, slots.after(last_slot)
    while moment is not None and moment < slot and missed < COUNTED:
        missed, moment = missed + 1, slots.after(moment)
    return missed
