"""The worker pool: starts workers on demand, ends idle and used-up ones.

A worker's environment holds only its own account's key.
"""

from __future__ import annotations

import logging
import select
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wandbwatch.config.load import Config
from wandbwatch.daemon.child import JOBS, JobResult, Worker
from wandbwatch.daemon.job_queue import Job, JobQueue
from wandbwatch.experiments import secrets
from wandbwatch.experiments.supervisor_process import WORKER
from wandbwatch.model.errors import ConfigError, StateError


def of_worker(
    environ: Mapping[str, str], config: Config, account: str | None, directory: Path
) -> dict[str, str]:
    """Return a worker's environment: its account's key and server, no other secrets.

    Without an account, wandb uses the daemon's own login. The worker's files go to
    *directory*. Raises ConfigError if the key can't be read.
    """
    named = {*secrets.webhooks(config), *secrets.keys(config)}
    ours = secrets.without(environ, {*named, secrets.CREDENTIALS})
    ours["TMPDIR"] = str(directory)
    ours[WORKER] = "1"
    if account is None:
        return ours
    ours[secrets.ACCOUNT] = account
    return secrets.as_account(ours, config, account, environ)


OURS = (sys.executable, "-m", "wandbwatch")


@dataclass
class WorkerFactory:
    """Starts workers for the jobs of the file at *path*; *config* changes on reload."""

    path: Path
    config: Config
    environ: Mapping[str, str]
    directory: Path
    """What workers leave behind goes below it."""
    flags: tuple[str, ...] = ()

    def start(self, number: int, account: str | None) -> Worker:
        """Raises ConfigError if the account's key can't be read; StateError."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            directory = Path(tempfile.mkdtemp(dir=self.directory))
        except OSError as e:
            raise StateError(f"{self.directory}: {e.strerror}") from e
        environ = of_worker(self.environ, self.config, account, directory)
        command = [*OURS, "worker", str(self.path), *self.flags]
        try:
            return Worker(number, account, command, environ, directory)
        except OSError as e:
            shutil.rmtree(directory, ignore_errors=True)
            raise StateError(f"a worker can't be started: {e.strerror}") from e


log = logging.getLogger(__name__)

IDLE = 15.0
"""Seconds after which a worker without a job is let go: an idle daemon is small."""

LEAVING = 30.0
"""Seconds that a worker has to end of itself."""

Start = Callable[[int, str | None], Worker]
"""Start the worker of this number for this account."""


class Pool:
    """At most *size* workers for the jobs of a queue."""

    def __init__(self, queue: JobQueue, start: Start, size: int) -> None:
        self.queue = queue
        self.size = size
        self._start = start
        self._started = 0
        self.workers: dict[int, Worker] = {}
        self._leaving: list[Worker] = []
        self._paused: dict[str | None, float] = {}
        """The accounts whose server rate-limits us, and until when."""

    @property
    def busy(self) -> frozenset[str]:
        """The subscriptions whose jobs are running."""
        working = (w.job for w in self.workers.values())
        return frozenset(job.subscription for job in working if job)

    def pids(self) -> set[int]:
        return {w.pid for w in (*self.workers.values(), *self._leaving)}

    def assign(self, moment: float) -> None:
        """Give waiting jobs to idle workers, and start missing workers."""
        self._paused = {a: end for a, end in self._paused.items() if end > moment}
        self.queue.paused = frozenset(self._paused)
        for worker in self._idle():
            self._give(worker, moment)
        while account_ := self._missing():
            (account,) = account_
            self._started += 1
            try:
                worker = self._start(self._started, account)
            except ConfigError as e:  # its key can't be read
                self._refuse(self._started, account, str(e))
                continue
            self.workers[worker.number] = worker
            self._give(worker, moment)

    def collect(self, moment: float) -> Iterator[JobResult]:
        """Yield the results that have come; end failed, hanging and idle workers."""
        for worker in list(self.workers.values()):
            if result := worker.read_result():
                worker.since = moment
                if result.pause:
                    self._paused[worker.account] = moment + result.pause
                yield result
            if worker.overdue(moment):
                self._end(worker, "the job timed out and was stopped")
            elif (code := worker.exit_code()) is not None:
                self._died(worker, f"its worker exited with {code}")
            elif worker.job is None and self._is_done(worker, moment):
                self._dismiss(worker)
        for worker in list(self._leaving):
            self._reap(worker, moment)

    def stop(self) -> None:
        """End every worker at once; their jobs are repeated later."""
        for worker in (*self.workers.values(), *self._leaving):
            worker.end()
            worker.close()
        self.workers.clear()
        self._leaving.clear()

    def renew(self) -> None:
        """Replace every worker after its current job: the configuration changed."""
        for worker in self.workers.values():
            worker.outdated = True

    def _idle(self) -> list[Worker]:
        workers = self.workers.values()
        return [w for w in workers if w.job is None and not self._is_spent(w)]

    def _is_spent(self, worker: Worker) -> bool:
        """Whether to replace it: not while jobs wait that can use its cache."""
        if worker.outdated or worker.served >= 2 * JOBS:
            return True
        return worker.served >= JOBS and not self.queue.has_more(worker.number)

    def _give(self, worker: Worker, moment: float) -> None:
        last = worker.served >= JOBS
        job = self.queue.next_for(worker.number, worker.account, last=last)
        if job and not worker.give(job, moment):
            self.queue.add(job)
            self._end(worker, "")

    def _missing(self) -> tuple[str | None] | None:
        """Return the account to start a worker for, if any."""
        for account in self.queue.unserved_accounts():
            if any(w.account == account for w in self._idle()):
                continue
            if len(self.workers) >= self.size and not self._make_room(account):
                continue
            return (account,)
        return None

    def _make_room(self, account: str | None) -> bool:
        """Dismiss an idle worker of another account."""
        for worker in self.workers.values():
            if worker.job is None and worker.account != account:
                self._dismiss(worker)
                return True
        return False

    def _is_done(self, worker: Worker, moment: float) -> bool:
        return self._is_spent(worker) or moment - worker.since > IDLE

    def _dismiss(self, worker: Worker) -> None:
        worker.dismiss()
        self._forget(worker)
        self._leaving.append(worker)

    def _reap(self, worker: Worker, moment: float) -> None:
        """Forget *worker* once it has ended; kill it if it does not end."""
        if worker.exit_code() is not None:
            worker.close()
            self._leaving.remove(worker)
        elif worker.left is None:
            worker.left = moment
        elif moment - worker.left > LEAVING:
            worker.end()

    def _died(self, worker: Worker, why: str) -> None:
        """Retry its job once on another worker: it may not be the job's fault."""
        job = worker.job
        if job and not job.tried and not job.failed:
            worker.job = None
            log.warning("%s: %s; retrying", job.subscription, why)
            self.put_back(replace(job, tried=True))
        self._end(worker, why)

    def put_back(self, job: Job) -> None:
        """Queue *job* again, unless a later slot of its subscription waits."""
        if not self.queue.waits(job.subscription):
            self.queue.add(job)

    def _end(self, worker: Worker, why: str) -> None:
        job, worker.job = worker.job, None
        worker.end()
        self._forget(worker)
        self._leaving.append(worker)
        if job:
            self._give_up(job, why)

    def _forget(self, worker: Worker) -> None:
        self.workers.pop(worker.number, None)
        self.queue.release(worker.number)

    def _refuse(self, number: int, account: str | None, why: str) -> None:
        if job := self.queue.next_for(number, account):
            self._give_up(job, why)
        self.queue.release(number)

    def _give_up(self, job: Job, why: str) -> None:
        """Queue its failure once, for any worker to report."""
        log.error("%s at %s: %s", job.subscription, job.slot.isoformat(), why)
        if not job.failed:
            self.put_back(replace(job, failed=why, account=None))


_LOOK = 0.5


def run_once(jobs: Iterable[Job], start: Start, size: int) -> Iterator[JobResult]:
    """Run *jobs* with at most *size* workers; yield the results as they come.

    A job that takes too long or dies yields a result with its error.
    """
    queue = JobQueue()
    waiting = 0
    for job in jobs:
        queue.add(job)
        waiting += 1
    pool = Pool(queue, start, size)
    try:
        while waiting:
            pool.assign(time.monotonic())
            outputs = [worker.output for worker in pool.workers.values()]
            select.select(outputs, [], [], _LOOK)
            for result in pool.collect(time.monotonic()):
                waiting -= 1
                yield result
            if not pool.workers and not len(queue):
                return  # the failure can't be reported either; the log has it
    finally:
        pool.stop()
