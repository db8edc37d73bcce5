"""The clock on the wall of a time zone, and the instants at which it is changed.

A wall clock is carried as if it stood in UTC: that is what croniter reads without
any rule of its own about daylight saving.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

SECOND = timedelta(seconds=1)
_STRIDE = timedelta(hours=12)


def wall_clock(instant: datetime, zone: tzinfo) -> datetime:
    """Return what the wall clock of *zone* shows, to the second."""
    return instant.astimezone(zone).replace(tzinfo=UTC, microsecond=0, fold=0)


def change(zone: tzinfo, after: datetime, until: datetime) -> datetime | None:
    """Return the first instant when the clock of *zone* is changed, or None.

    Looked for after *after* and up to *until*, both whole seconds of UTC.
    """
    offset = _offset(after, zone)
    while after < until:
        stride = min(after + _STRIDE, until)
        if _offset(stride, zone) != offset:
            return _bisect(zone, after, stride)
        after = stride
    return None


def instant(wall: datetime, zone: tzinfo) -> datetime | None:
    """Return when the clock of *zone* shows *wall*, the first time of two.

    A time that is skipped happens where its gap ends; None if that whole day is
    skipped, as 2011-12-30 was in Apia.
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

    That is the wall clock of *moment*, unless it is being shown for the second time:
    then everything up to the repetition's end was shown already.
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
    """Narrow (*early*, *late*], in which the offset changes, down to the second."""
    before = _offset(early, zone)
    while late - early > SECOND:
        middle = early + (late - early) // 2
        middle = middle.replace(microsecond=0)
        if _offset(middle, zone) == before:
            early = middle
        else:
            late = middle
    return late
