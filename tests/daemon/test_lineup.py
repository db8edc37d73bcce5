from __future__ import annotations

from datetime import UTC, datetime, timedelta

from wandbwatch.daemon.job_queue import TOGETHER, Job, JobQueue

SLOT = datetime(2026, 1, 1, tzinfo=UTC)


def taken(lineup: JobQueue, worker: int, account: str | None = None) -> str | None:
    job = lineup.next_for(worker, account)
    return job.subscription if job else None


def test_jobs_are_taken_in_order():
    lineup = JobQueue()
    for name in "abc":
        lineup.add(Job(name, SLOT))
    assert [taken(lineup, 1) for _ in range(4)] == ["a", "b", "c", None]


def test_the_next_slot_of_a_waiting_job_takes_its_place():
    lineup = JobQueue()
    lineup.add(Job("a", SLOT))
    later = Job("a", SLOT + timedelta(hours=1))
    assert lineup.add(later) == Job("a", SLOT)
    assert lineup.next_for(1, None) == later
    assert len(lineup) == 0


def test_a_failure_that_is_still_to_be_told_gives_way_to_no_slot():
    """Or a list whose every job hangs until the next would never say so."""
    lineup = JobQueue()
    failed = Job("a", SLOT, failed="it took too long")
    lineup.add(failed)
    later = Job("a", SLOT + timedelta(hours=1))
    assert lineup.add(later) == later
    assert lineup.next_for(1, None) == failed


def test_a_worker_serves_its_own_account_only():
    lineup = JobQueue()
    lineup.add(Job("a", SLOT, account="alice"))
    lineup.add(Job("b", SLOT, account="bob"))
    assert taken(lineup, 1, "bob") == "b"
    assert taken(lineup, 1, "bob") is None
    assert list(lineup.wanting()) == ["alice"]


def test_jobs_about_one_place_go_to_one_worker():
    lineup = JobQueue()
    for name, about in (("a", "e/p"), ("b", "e/p"), ("c", "e/q")):
        lineup.add(Job(name, SLOT, about=about))
    assert taken(lineup, 1) == "a"
    assert taken(lineup, 2) == "c"
    assert taken(lineup, 2) is None
    assert list(lineup.wanting()) == []
    assert taken(lineup, 1) == "b"


def test_what_a_dead_worker_was_asked_is_anybodys_again():
    lineup = JobQueue()
    lineup.add(Job("a", SLOT, about="e/p"))
    assert taken(lineup, 1) == "a"
    lineup.add(Job("b", SLOT, about="e/p"))
    assert taken(lineup, 2) is None
    lineup.release(1)
    assert list(lineup.wanting()) == [None]
    assert taken(lineup, 2) == "b"


def test_a_reload_drops_the_jobs_that_are_no_more():
    lineup = JobQueue()
    lineup.add(Job("a", SLOT))
    lineup.add(Job("b", SLOT))
    lineup.keep(["b"])
    assert taken(lineup, 1) == "b"
    assert not lineup.waits("a")


def test_jobs_about_what_a_worker_knows_come_before_others():
    lineup = JobQueue()
    for name, about in (("a", "e/p"), ("b", "e/q"), ("c", "e/p"), ("d", "e/q")):
        lineup.add(Job(name, SLOT, about=about))
    assert taken(lineup, 1) == "a"
    assert lineup.has_more(1)
    assert [taken(lineup, 1) for _ in range(3)] == ["c", "b", "d"]
    assert not lineup.has_more(1)


def test_later_slots_of_what_a_worker_knows_hold_up_no_other_for_long():
    lineup = JobQueue()
    lineup.add(Job("a", SLOT, about="e/p"))
    taken(lineup, 1)
    lineup.add(Job("b", SLOT, about="e/q"))
    lineup.add(Job("a", SLOT + 2 * TOGETHER, about="e/p"))
    assert [taken(lineup, 1), taken(lineup, 1)] == ["b", "a"]


def test_a_worker_that_is_about_to_be_replaced_tells_what_it_knows():
    lineup = JobQueue()
    for name, about in (("a", "e/p"), ("b", "e/q"), ("c", "e/p")):
        lineup.add(Job(name, SLOT, about=about))
    assert taken(lineup, 1) == "a"
    assert lineup.next_for(1, None, last=True) == Job("c", SLOT, about="e/p")
    assert lineup.next_for(1, None, last=True) is None
    assert len(lineup) == 1
