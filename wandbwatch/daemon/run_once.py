"""Run some jobs once, with the workers that the daemon uses."""

from __future__ import annotations

import select
import time
from collections.abc import Iterable, Iterator

from wandbwatch.daemon.job_queue import Job, JobQueue
from wandbwatch.daemon.pool import Pool, Start
from wandbwatch.daemon.worker import JobResult

_LOOK = 0.5


def run_once(jobs: Iterable[Job], start: Start, size: int) -> Iterator[JobResult]:
    """Do *jobs* with at most *size* workers; yield the answers as they come.

    A job that takes too long or dies is answered too: with its error.
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
                return  # what failed could not even be told; the log has it
    finally:
        pool.stop()
