"""The slots of a subscription, and whether one is due. Pure: no clock."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from wandbwatch.config.cron import CronTimes
from wandbwatch.model.settings import Catchup, Cron, Interval, Subscription

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
