from __future__ import annotations

from datetime import UTC, datetime, timedelta

from wandbwatch.daemon.job_queue import TOGETHER, Job, JobQueue

SLOT = datetime(2026, 1, 1, tzinfo=UTC)


def taken(queue: JobQueue, worker: int, account: str | None = None) -> str | None:
    job = queue.next_for(worker, account)
    return job.subscription if job else None


def test_jobs_are_taken_in_order():
    queue = JobQueue()
    for name in "abc":
        queue.add(Job(name, SLOT))
    assert [taken(queue, 1) for _ in range(4)] == ["a", "b", "c", None]


def test_the_next_slot_of_a_waiting_job_takes_its_place():
    queue = JobQueue()
    queue.add(Job("a", SLOT))
    later = Job("a", SLOT + timedelta(hours=1))
    assert queue.add(later) == Job("a", SLOT)
    assert queue.next_for(1, None) == later
    assert len(queue) == 0


def test_a_failure_that_is_still_to_be_reported_gives_way_to_no_slot():
    """Or a list whose every job hangs until the next would never say so."""
    queue = JobQueue()
    failed = Job("a", SLOT, failed="it took too long")
    queue.add(failed)
    later = Job("a", SLOT + timedelta(hours=1))
    assert queue.add(later) == later
    assert queue.next_for(1, None) == failed


def test_a_worker_serves_its_own_account_only():
    queue = JobQueue()
    queue.add(Job("a", SLOT, account="alice"))
    queue.add(Job("b", SLOT, account="bob"))
    assert taken(queue, 1, "bob") == "b"
    assert taken(queue, 1, "bob") is None
    assert list(queue.unserved_accounts()) == ["alice"]


def test_jobs_about_one_place_go_to_one_worker():
    queue = JobQueue()
    for name, about in (("a", "e/p"), ("b", "e/p"), ("c", "e/q")):
        queue.add(Job(name, SLOT, about=about))
    assert taken(queue, 1) == "a"
    assert taken(queue, 2) == "c"
    assert taken(queue, 2) is None
    assert list(queue.unserved_accounts()) == []
    assert taken(queue, 1) == "b"


def test_any_worker_may_take_the_place_of_a_dead_one():
    queue = JobQueue()
    queue.add(Job("a", SLOT, about="e/p"))
    assert taken(queue, 1) == "a"
    queue.add(Job("b", SLOT, about="e/p"))
    assert taken(queue, 2) is None
    queue.release(1)
    assert list(queue.unserved_accounts()) == [None]
    assert taken(queue, 2) == "b"


def test_a_reload_drops_the_jobs_of_removed_subscriptions():
    queue = JobQueue()
    queue.add(Job("a", SLOT))
    queue.add(Job("b", SLOT))
    queue.keep(["b"])
    assert taken(queue, 1) == "b"
    assert not queue.waits("a")


def test_jobs_about_the_workers_last_place_come_first():
    queue = JobQueue()
    for name, about in (("a", "e/p"), ("b", "e/q"), ("c", "e/p"), ("d", "e/q")):
        queue.add(Job(name, SLOT, about=about))
    assert taken(queue, 1) == "a"
    assert queue.has_more(1)
    assert [taken(queue, 1) for _ in range(3)] == ["c", "b", "d"]
    assert not queue.has_more(1)


def test_later_slots_of_one_place_delay_others_only_shortly():
    queue = JobQueue()
    queue.add(Job("a", SLOT, about="e/p"))
    taken(queue, 1)
    queue.add(Job("b", SLOT, about="e/q"))
    queue.add(Job("a", SLOT + 2 * TOGETHER, about="e/p"))
    assert [taken(queue, 1), taken(queue, 1)] == ["b", "a"]


def test_a_worn_worker_still_takes_jobs_about_its_last_place():
    queue = JobQueue()
    for name, about in (("a", "e/p"), ("b", "e/q"), ("c", "e/p")):
        queue.add(Job(name, SLOT, about=about))
    assert taken(queue, 1) == "a"
    assert queue.next_for(1, None, last=True) == Job("c", SLOT, about="e/p")
    assert queue.next_for(1, None, last=True) is None
    assert len(queue) == 1


def test_the_jobs_of_a_paused_account_wait():
    queue = JobQueue()
    queue.add(Job("a", SLOT, "mine"))
    queue.add(Job("b", SLOT, "other"))
    queue.paused = frozenset({"mine"})
    assert list(queue.unserved_accounts()) == ["other"]
    assert taken(queue, 1, "mine") is None
    queue.paused = frozenset()
    assert taken(queue, 1, "mine") == "a"
