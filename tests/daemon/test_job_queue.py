"""What is due, by a clock of the tests, and in which order workers take it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from wandbwatch.daemon.job_queue import TOGETHER, DueSlots, Job, JobQueue
from wandbwatch.delivery.outbox import Outbox, Store
from wandbwatch.model.errors import StateError
from wandbwatch.model.settings import Catchup, Cron, Interval, Subscription

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
HOURLY = Subscription("gpt", "lab", Cron("0 * * * *"), ("project a/b",))


class Day:
    """A clock, a state on disk, and the daemon's hours, which may be killed."""

    def __init__(self, store: Store, *subscriptions: Subscription) -> None:
        self.now = NOON
        self.outbox = Outbox(store)
        self.kept = subscriptions
        self.slots = self.born()

    def born(self) -> DueSlots:
        self.slots = DueSlots(self.kept, self.outbox, self.now)
        return self.slots

    def changed(self, *subscriptions: Subscription) -> None:
        """Let the file be read again."""
        self.kept = subscriptions
        self.slots.keep(subscriptions, self.now)

    def look(self, later: timedelta = timedelta(0), *, done: bool = True) -> list[str]:
        """Return the hours and minutes of the slots that are run after *later*."""
        self.now += later
        jobs = list(self.slots.due(self.now))
        if done:
            with self.outbox.round() as round_:
                for job in jobs:
                    round_.done(job.subscription, job.slot)
        return [f"{job.slot:%H:%M}" for job in jobs]


@pytest.fixture
def store(tmp_path, opened):
    return opened(tmp_path)


def test_a_new_one_counts_from_now(store):
    day = Day(store, HOURLY)
    assert day.look() == []
    assert day.look(HOUR) == ["13:00"]
    assert day.look(SECOND) == []


def test_a_slot_whose_job_was_killed_runs_after_the_next_start(store):
    day = Day(store, HOURLY)
    assert day.look(HOUR, done=False) == ["13:00"]
    day.born()
    assert day.look(MINUTE) == ["13:00"]
    day.born()
    assert day.look(MINUTE) == []


def test_other_hours_fire_no_slot_that_has_passed(store):
    day = Day(store, HOURLY)
    day.look(20 * HOUR)
    day.changed(replace(HOURLY, when=Cron("30 3 * * *")))
    assert day.look(MINUTE) == []
    assert day.look(20 * HOUR) == ["03:30"]


def test_another_zone_fires_no_slot_that_has_passed(store):
    day = Day(store, replace(HOURLY, when=Cron("0 13 * * *")))
    day.changed(replace(day.kept[0], zone="Asia/Tokyo"))  # 13:00 there was 04:00
    assert day.look(MINUTE) == []
    assert day.look(20 * HOUR) == ["04:00"]


def test_hours_changed_while_no_daemon_ran_fire_no_slot_that_has_passed(store):
    day = Day(store, HOURLY)
    day.look()
    day.now += 20 * HOUR
    day.kept = (replace(HOURLY, when=Interval(timedelta(hours=7))),)
    day.born()
    assert day.look() == []
    day.born()  # and it stays so
    assert day.look() == []
    assert len(day.look(7 * HOUR)) == 1


def test_the_same_hours_read_again_miss_nothing(store):
    day = Day(store, HOURLY)
    assert day.look(HOUR, done=False) == ["13:00"]
    day.now += HOUR
    day.changed(replace(HOURLY, commands=("project c/d",)))
    assert day.look() == ["14:00"]


def test_a_due_slot_stays_due_until_it_can_be_written(store):
    day = Day(store, HOURLY)
    day.look()
    day.now += HOUR
    with full(store):
        for _ in range(3):
            with pytest.raises(StateError, match="full"):
                day.look(MINUTE)
    assert day.look() == ["13:00"]


def test_a_state_that_can_not_be_written_at_the_start_is_written_later(store):
    with full(store):
        day = Day(store, HOURLY)
        with pytest.raises(StateError):
            day.look(MINUTE)
    day.look(MINUTE)
    day.born()
    assert day.look(HOUR) == ["13:00"]


def test_a_clock_that_goes_back_repeats_nothing(store):
    day = Day(store, HOURLY)
    assert day.look(HOUR) == ["13:00"]
    assert day.look(-30 * MINUTE) == []
    assert day.look(31 * MINUTE) == []
    assert day.look(HOUR) == ["14:00"]


def test_a_clock_that_was_far_ahead_does_not_stop_it(store):
    day = Day(store, HOURLY)
    assert day.look(timedelta(days=400)) == ["12:00"]
    assert day.look(-timedelta(days=400)) == []
    assert day.look(HOUR) == ["13:00"]


def test_a_clock_that_leaps_ahead_runs_the_latest_slot_once(store):
    day = Day(store, HOURLY)
    assert day.look(10 * HOUR + MINUTE) == ["22:00"]
    assert day.look(SECOND) == []


def test_catchup_none_skips_missed_slots(store):
    day = Day(store, replace(HOURLY, catchup=Catchup.NONE))
    assert day.look(HOUR + 2 * MINUTE) == []
    assert day.look(58 * MINUTE) == ["14:00"]


def test_killed_at_any_second_it_runs_each_slot_once(store):
    dice = random.Random(3)  # noqa: S311 -- a repeatable test, no secret
    day = Day(store, *(replace(HOURLY, name=f"l{i}") for i in range(3)))
    ran: list[str] = []
    for _ in range(1000):
        done = dice.random() < 0.5  # or it is killed before the job has run
        slots = day.look(timedelta(seconds=dice.randint(1, 240)), done=done)
        if done:
            ran += slots
        else:
            day.born()
    ran += day.look()
    elapsed = int((day.now - NOON) / HOUR)
    assert elapsed > 20
    assert ran == [
        f"{NOON + hour * HOUR:%H:%M}" for hour in range(1, elapsed + 1) for _ in "abc"
    ]


@contextmanager
def full(store: Store) -> Iterator[None]:
    """Let the disk be full, as far as the database can see."""
    database: sqlite3.Connection = store._database  # noqa: SLF001 -- no such port
    (most,) = database.execute("PRAGMA max_page_count").fetchone()
    # What is written has to need another page.
    database.execute("CREATE TABLE filler (x)")
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    database.execute(
        "CREATE TRIGGER fill AFTER INSERT ON memory BEGIN"
        " INSERT INTO filler VALUES (zeroblob(100000)); END"
    )
    try:
        yield
    finally:
        database.execute("DROP TRIGGER fill")
        database.execute(f"PRAGMA max_page_count = {most}")


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
