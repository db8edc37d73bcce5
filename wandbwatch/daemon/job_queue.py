"""Find the due subscriptions, and queue their jobs, grouped to share answers.

The last slot of each subscription is kept on disk. Of one subscription a single job
is queued. Jobs about the same address go to the same worker, one after the other: it
caches answers for a moment, so twenty subscriptions to one project cost one request.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wandbwatch.config import schedule
from wandbwatch.config.schedule import CLOCK_SLIP, Due, SlotDecision
from wandbwatch.delivery.outbox import Outbox
from wandbwatch.formatting import numbers
from wandbwatch.model.settings import Subscription

TOGETHER = timedelta(minutes=1)
"""Jobs whose slots are no further apart may come before others about other places."""


@dataclass(frozen=True)
class Job:
    """A subscription at one of its slots."""

    subscription: str
    slot: datetime
    account: str | None = None
    """Whose key it needs: a worker serves one account only."""
    about: str = ""
    """The address that it reads; jobs with the same address share a worker."""
    seconds: float = 300.0
    """How long it may take."""
    tried: bool = False
    """Whether a worker has died of it, or with it."""
    failed: str = ""
    """Why it failed; the job is then only to report this."""


@dataclass
class JobQueue:
    """The waiting jobs; the supervisor tracks the running ones."""

    _waiting: dict[str, Job] = field(default_factory=dict)
    _owners: dict[tuple[str | None, str], int] = field(default_factory=dict)
    _latest: dict[int, tuple[str | None, str]] = field(default_factory=dict)
    """What each worker's last job was about."""
    paused: frozenset[str | None] = frozenset()
    """The accounts whose server rate-limits us: their jobs wait."""

    def add(self, job: Job) -> Job | None:
        """Queue *job*; return the job of its subscription that it replaces.

        The older slot is replaced, unless it is a failure that must be reported.
        """
        older = self._waiting.get(job.subscription)
        if older and older.failed and not job.failed:
            return job
        self._waiting.pop(job.subscription, None)
        self._waiting[job.subscription] = job
        return older

    def has_more(self, worker: int) -> bool:
        """Whether jobs wait for the same address as *worker*'s last job."""
        return any(True for _ in self._more(worker))

    def waits(self, subscription: str) -> bool:
        return subscription in self._waiting

    def next_for(
        self, worker: int, account: str | None, *, last: bool = False
    ) -> Job | None:
        """Take a job for *worker*, which serves *account* and is idle.

        That is the first job, unless another has the same address as its last job.
        *last*: only such a job, as the worker is about to be replaced.
        """
        for job in self._more(worker) if last else self._first(worker, account):
            self._owners[_place(job)] = worker
            self._latest[worker] = _place(job)
            return self._waiting.pop(job.subscription)
        return None

    def _first(self, worker: int, account: str | None) -> Iterator[Job]:
        yield from self._more(worker)
        for job in self._ready():
            owner = self._owners.get(_place(job), worker)
            if job.account == account and owner == worker:
                yield job

    def _more(self, worker: int) -> Iterator[Job]:
        """Yield jobs that can use *worker*'s cache, while no other job is old."""
        oldest = min((job.slot for job in self._waiting.values()), default=None)
        for job in self._ready():
            if oldest is None or job.slot - oldest > TOGETHER:
                continue
            if self._latest.get(worker) == _place(job):
                yield job

    def unserved_accounts(self) -> Iterable[str | None]:
        """Yield, in order, the accounts with jobs that have no living worker."""
        for job in self._ready():
            if _place(job) not in self._owners:
                yield job.account

    def _ready(self) -> Iterator[Job]:
        for job in self._waiting.values():
            if job.failed or job.account not in self.paused:
                yield job

    def release(self, worker: int) -> None:
        """Forget *worker*: any worker may take jobs about its addresses."""
        self._owners = {p: w for p, w in self._owners.items() if w != worker}
        self._latest.pop(worker, None)

    def keep(self, subscriptions: Iterable[str]) -> None:
        """Drop the jobs of all other subscriptions."""
        wanted = set(subscriptions)
        self._waiting = {n: j for n, j in self._waiting.items() if n in wanted}

    def __len__(self) -> int:
        return len(self._waiting)


def _place(job: Job) -> tuple[str | None, str]:
    return job.account, job.about


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
