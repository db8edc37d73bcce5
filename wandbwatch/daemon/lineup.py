"""Whose turn it is. Jobs wait in order, never overlap themselves, and share answers.

Jobs that ask about the same place go to the same worker, which remembers for a moment
what it was told: twenty lists about one project cost one request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Job:
    """A subscription at one of its slots."""

    subscription: str
    slot: datetime
    account: str | None = None
    """Whose key it needs: a worker serves one account only."""
    about: str = ""
    """What it asks about; jobs about the same thing share a worker."""
    seconds: float = 300.0
    """How long it may take."""
    tried: bool = False
    """Whether a worker has died of it, or with it."""
    failed: str = ""
    """Why it could not be done: only that is to be told."""


@dataclass
class LineUp:
    """The jobs that wait; the running ones are the supervisor's."""

    _waiting: dict[str, Job] = field(default_factory=dict)
    _owners: dict[tuple[str | None, str], int] = field(default_factory=dict)

    def add(self, job: Job) -> Job | None:
        """Let *job* wait; return the one of its subscription that gives way.

        That is the older slot, but not a failure that is still to be told.
        """
        older = self._waiting.get(job.subscription)
        if older and older.failed and not job.failed:
            return job
        self._waiting.pop(job.subscription, None)
        self._waiting[job.subscription] = job
        return older

    def waits(self, subscription: str) -> bool:
        return subscription in self._waiting

    def next_for(self, worker: int, account: str | None) -> Job | None:
        """Take the first job for *worker*, which serves *account* and is idle."""
        for job in self._waiting.values():
            place = (job.account, job.about)
            if job.account == account and self._owners.get(place, worker) == worker:
                self._owners[place] = worker
                return self._waiting.pop(job.subscription)
        return None

    def wanting(self) -> Iterable[str | None]:
        """Yield the accounts whose jobs no living worker is bound to, in order."""
        for job in self._waiting.values():
            if (job.account, job.about) not in self._owners:
                yield job.account

    def release(self, worker: int) -> None:
        """Forget *worker*: what it was asked about is anybody's again."""
        self._owners = {p: w for p, w in self._owners.items() if w != worker}

    def keep(self, subscriptions: Iterable[str]) -> None:
        """Drop the jobs of subscriptions that are no more."""
        wanted = set(subscriptions)
        self._waiting = {n: j for n, j in self._waiting.items() if n in wanted}

    def __len__(self) -> int:
        return len(self._waiting)
