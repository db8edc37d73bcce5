"""Real workers that answer, hang, die and leave children behind."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from wandbwatch.daemon.child import JOBS, JobResult, Worker
from wandbwatch.daemon.job_queue import Job, JobQueue
from wandbwatch.daemon.pool import IDLE, LEAVING, Pool
from wandbwatch.experiments.processes import adopt_orphans, children, reap_orphans
from wandbwatch.model.errors import ConfigError

SLOT = datetime(2026, 1, 1, tzinfo=UTC)
SCRIPT = Path(__file__).with_name("worker_script.py")


@pytest.fixture
def pool(tmp_path):
    brood = tmp_path / "brood"

    def start(number: int, account: str | None) -> Worker:
        command = [sys.executable, str(SCRIPT)]
        return Worker(
            number, account, command, {"BROOD": str(brood)}, tmp_path / "work"
        )

    pool = Pool(JobQueue(), start, 2)
    yield pool
    pool.stop()


def job(name: str, account: str | None = None, about: str = "") -> Job:
    return Job(name, SLOT, account, about or name, seconds=60)


def results(pool: Pool, count: int, moment: float = 0.0) -> list[JobResult]:
    """Let the pool work until *count* answers have come, or for ten seconds."""
    found: list[JobResult] = []
    give_up = time.monotonic() + 10
    while len(found) < count and time.monotonic() < give_up:
        pool.assign(moment)
        outputs = [w.output for w in pool.workers.values()]
        select.select(outputs, [], [], 0.2)
        found += pool.collect(moment)
    return found


def test_jobs_are_shared_among_a_few_workers(pool):
    for i in range(6):
        pool.queue.add(job(f"fine-{i}"))
    found = results(pool, 6)
    assert {a.job.subscription for a in found} == {f"fine-{i}" for i in range(6)}
    assert len(pool.workers) == 2


def test_a_job_that_takes_too_long_is_ended_and_reported(pool):
    pool.queue.add(job("hang"))
    pool.assign(0.0)
    assert pool.busy == {"hang"}
    assert list(pool.collect(59.0)) == []
    assert list(pool.collect(61.0)) == []
    assert pool.busy == frozenset()
    (found,) = results(pool, 1)
    assert found.errors == ("the job timed out and was stopped",)


def test_a_worker_that_dies_is_reported_and_the_others_continue(pool):
    pool.queue.add(job("die"))
    pool.queue.add(job("fine"))
    found = {a.job.subscription: a.errors for a in results(pool, 2)}
    assert found == {"die": ("its worker exited with -9",), "fine": ()}


def test_the_processes_of_a_hanging_job_end_with_it(pool, tmp_path):
    assert adopt_orphans()
    ours = set(children(os.getpid()))  # other tests' servers are not orphans
    pool.queue.add(job("brood"))
    pool.assign(0.0)
    pid_file = tmp_path / "brood"
    while not (pid_file.exists() and pid_file.read_text()):
        time.sleep(0.01)
    pid = int(pid_file.read_text())
    list(pool.collect(61.0))
    pool.queue.keep([])
    while Path(f"/proc/{pid}").exists():
        list(pool.collect(61.0))
        reap_orphans(pool.pids() | ours)
        time.sleep(0.01)


def test_idle_workers_are_let_go(pool):
    pool.queue.add(job("fine"))
    results(pool, 1)
    (worker,) = pool.workers.values()
    list(pool.collect(IDLE - 1))
    assert pool.workers
    list(pool.collect(IDLE + 1))
    assert not pool.workers
    while worker.exit_code() is None:
        time.sleep(0.01)
    assert worker.exit_code() == 0


def test_a_changed_configuration_renews_the_workers(pool):
    pool.size = 1
    pool.queue.add(job("fine-1"))
    results(pool, 1)
    (old,) = pool.workers.values()
    pool.renew()
    pool.queue.add(job("fine-2"))
    results(pool, 1)
    (new,) = pool.workers.values()
    assert new is not old


def test_a_worker_is_replaced_after_some_jobs(pool):
    pool.size = 1
    for i in range(JOBS + 1):
        pool.queue.add(job(f"fine-{i}"))
    assert len(results(pool, JOBS + 1)) == JOBS + 1
    assert [w.served for w in pool.workers.values()] == [1]


def test_an_account_has_workers_of_its_own(pool):
    pool.size = 1
    pool.queue.add(job("fine-1", account="alice"))
    pool.queue.add(job("fine-2", account="bob"))
    found = results(pool, 2)
    assert [a.job.account for a in found] == ["alice", "bob"]
    assert [w.account for w in pool.workers.values()] == ["bob"]


def test_a_job_whose_key_is_not_available_is_reported(tmp_path):
    def start(number: int, account: str | None) -> Worker:
        if account == "alice":
            raise ConfigError(["env ALICE_KEY: not in the environment"])
        return Worker(
            number, account, [sys.executable, str(SCRIPT)], {}, tmp_path / "w"
        )

    pool = Pool(JobQueue(), start, 2)
    pool.queue.add(job("fine", account="alice"))
    (found,) = results(pool, 1)
    assert found.errors == ("env ALICE_KEY: not in the environment",)
    pool.stop()


def test_stopping_leaves_no_process(pool):
    pool.queue.add(job("hang-1"))
    pool.queue.add(job("hang-2"))
    pool.assign(0.0)
    pids = pool.pids()
    assert len(pids) == 2
    pool.stop()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_job_whose_worker_was_killed_is_done_by_another(pool):
    pool.queue.add(job("fine"))
    pool.assign(0.0)
    (worker,) = pool.workers.values()
    os.kill(worker.pid, 9)
    (found,) = results(pool, 1)
    assert found.errors == ()
    assert found.job.tried


def test_a_worker_that_does_not_leave_is_ended(pool):
    pool.queue.add(job("fine"))
    results(pool, 1)
    (worker,) = pool.workers.values()
    os.kill(worker.pid, signal.SIGSTOP)
    list(pool.collect(IDLE + 1))
    assert not pool.workers
    list(pool.collect(IDLE + LEAVING))
    assert worker.exit_code() is None
    list(pool.collect(IDLE + LEAVING + 3))
    while pool.pids():
        list(pool.collect(IDLE + LEAVING + 3))
        time.sleep(0.01)
    assert worker.exit_code() == -9


def test_an_account_is_left_alone_as_long_as_its_server_asks(pool):
    pool.queue.add(job("limited"))
    (limited,) = results(pool, 1)
    assert limited.pause == 30
    pool.queue.add(job("fine"))
    pool.assign(29.0)
    assert pool.queue.waits("fine")
    assert results(pool, 1, 31.0)
