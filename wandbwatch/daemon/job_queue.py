"""The job queue: in order, one job per subscription, grouped to share answers.

Jobs about the same address go to the same worker, one after the other. It caches
answers for a moment, so twenty subscriptions to one project cost one request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
