"""Find the due subscriptions, and keep the last slot of each on disk."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from wandbwatch.config import schedule
from wandbwatch.config.schedule import CLOCK_SLIP, Due, SlotDecision
from wandbwatch.daemon.job_queue import Job
from wandbwatch.delivery.outbox import Outbox
from wandbwatch.formatting import numbers
from wandbwatch.model.settings import Subscription

log = logging.getLogger(__name__)

_KEY = "hours"
_STATE_AHEAD = (
    "the last slots in state.db are %s ahead of the clock: it was wrong then, or is"
    " now; schedules continue from the present time"
)


class DueSlots:
    """Finds the due slots of *subscriptions*, after their last slots on disk.

    A slot is stored once its job has run; a skipped slot is stored here. Schedules are
    stored too: if the file changes one, now or while no daemon runs, past slots of the
    new schedule do not count.
    """

    def __init__(
        self, subscriptions: Sequence[Subscription], outbox: Outbox, now: datetime
    ) -> None:
        self._outbox = outbox
        self._last = dict(outbox.slots())
        self._schedules: dict[str, str] = {}
        self._unwritten: set[str] = set()
        self._next: dict[str, datetime | None] = {}
        self._looked = now
        self.keep(subscriptions, now)
        ahead = max(self._last.values(), default=now) - now
        if ahead > CLOCK_SLIP:
            log.warning(_STATE_AHEAD, numbers.duration(ahead))

    def keep(self, subscriptions: Sequence[Subscription], now: datetime) -> None:
        """Track these subscriptions; new and changed schedules count from *now*.

        Nothing is written before `due`.
        """
        self._subscriptions = tuple(subscriptions)
        self._next = {}
        for subscription in subscriptions:
            name, text = subscription.name, _schedule_text(subscription)
            if name not in self._schedules:
                self._schedules |= self._known(name)
            if name not in self._last or self._schedules.get(name, text) != text:
                self._last[name] = now
            if self._schedules.get(name) != text:
                self._schedules[name] = text
                self._unwritten.add(name)

    def due(self, now: datetime) -> Iterator[Job]:
        """Yield the jobs that are due at *now*, and log the slots that are skipped.

        Raises StateError if the state can't be written; due slots then stay due.
        """
        self._write()
        if now < self._looked:
            self._next = {}  # the clock went back: cached times are invalid
        self._looked = now
        writable = False
        for subscription in self._subscriptions:
            if self._waits(subscription, now):
                continue
            found = schedule.due(subscription, self._last[subscription.name], now)
            if found and not writable:
                self._outbox.check()
                writable = True
            if found and self._take(subscription, found):
                yield job(subscription, found.slot)

    def _known(self, name: str) -> dict[str, str]:
        known = self._outbox.recall(name, "").get(_KEY)
        return {} if known is None else {name: known}

    def _write(self) -> None:
        """Store the current schedules, and since when they apply."""
        if not self._unwritten:
            return
        with self._outbox.round() as round_:
            for name in self._unwritten:
                round_.remember(name, "", _KEY, self._schedules[name])
                round_.done(name, self._last[name])
        self._unwritten.clear()

    def _waits(self, subscription: Subscription, now: datetime) -> bool:
        """Whether *subscription*'s next start is in the future."""
        name = subscription.name
        if name not in self._next:
            self._next[name] = schedule.next_start(subscription, self._last[name])
        start = self._next[name]
        behind = self._last[name] > now
        return not behind and (start is None or now < start)

    def _take(self, subscription: Subscription, due: Due) -> bool:
        name = subscription.name
        self._last[name] = due.slot
        self._next.pop(name, None)
        if due.missed:
            log.warning(
                "%s: skipped %d missed slots; running the one of %s",
                name,
                due.missed,
                due.slot.isoformat(),
            )
        if due.verdict is SlotDecision.RUN:
            return True
        if due.verdict is SlotDecision.TOO_LATE:
            log.warning("%s: skipped slot %s: %s", name, due.slot, due.verdict.value)
        with self._outbox.round() as round_:
            round_.done(name, due.slot)
            if due.verdict is SlotDecision.CLOCK_WENT_BACK:
                round_.free_slots(name, due.slot)
        return False


def _schedule_text(subscription: Subscription) -> str:
    return f"{subscription.when} in {subscription.zone}"


def job(subscription: Subscription, slot: datetime) -> Job:
    """Return the job of *subscription* at *slot*."""
    first = subscription.commands[0].split() if subscription.commands else []
    about = next((word for word in first[1:] if not word.startswith("-")), "")
    seconds = subscription.timeout.total_seconds()
    return Job(subscription.name, slot, subscription.account, about, seconds)
