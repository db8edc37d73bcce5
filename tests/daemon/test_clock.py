"""A clock that was ahead or behind, by up to 400 days, silences nothing."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from wandbwatch.config import schedule
from wandbwatch.daemon.job_queue import DueSlots
from wandbwatch.daemon.supervisor import ClockWatch
from wandbwatch.delivery.outbox import Outbox, OutboxAdmin, Queue, SendResults, Store
from wandbwatch.delivery.sender import Sender
from wandbwatch.model.delivery import Message, QueuedMessage
from wandbwatch.model.settings import Cron, Interval, Subscription, When

from tests.daemon.clock_storm import clock_storm
from tests.delivery.outbox.messages import Clock, enqueue, head, queued
from tests.delivery.sender.harness import SenderHarness
from tests.servers.discord import Fault

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY = timedelta(days=1)
JUMPS = [
    sign * size
    for sign in (1, -1)
    for size in (
        30 * SECOND,
        2 * MINUTE,
        20 * MINUTE,
        HOUR,
        2 * HOUR + 59 * MINUTE,
        5 * HOUR,
        25 * HOUR,
        30 * DAY,
        400 * DAY,
    )
]
WHENS: dict[timedelta, When] = {
    SECOND: Cron("* * * * * *"),
    MINUTE: Cron("* * * * *"),
    30 * MINUTE: Interval(30 * MINUTE),
    HOUR: Cron("0 * * * *"),
    DAY: Cron("0 9 * * *"),
}


class Lists:
    """A list of each period; each job posts one message, as a worker does."""

    def __init__(self, store: Store) -> None:
        self.outbox, self.store = Outbox(store), store
        self.now = NOON
        self.lists = {
            str(period): Subscription(str(period), "lab", when, ("project a/b",))
            for period, when in WHENS.items()
        }
        self.restart()

    def restart(self) -> None:
        self.slots = DueSlots(tuple(self.lists.values()), self.outbox, self.now)

    def look(self) -> set[str]:
        """Run what is due now; return the lists whose job posted a message."""
        posted = set()
        for job in list(self.slots.due(self.now)):
            assert self.outbox.slot(job.subscription) != job.slot, "not done yet"
            with self.outbox.round() as round_:
                message = QueuedMessage(
                    "lab", job.subscription, job.slot, 0, Message('{"content": "x"}')
                )
                assert round_.enqueue(message), f"lost: {job}"
                round_.done(job.subscription, job.slot)
            posted.add(job.subscription)
        return posted

    def run(self, span: timedelta, step: timedelta) -> set[str]:
        posted = set()
        end = self.now + span
        while self.now < end:
            self.now += step
            posted |= self.look()
        return posted


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_after_a_jump_each_list_runs_within_its_period(
    tmp_path, opened, jump, restarted
):
    lists = Lists(opened(tmp_path))
    lists.run(HOUR + 2 * SECOND, 20 * MINUTE + SECOND)
    lists.now += jump
    if restarted:
        lists.restart()
    lists.look()
    for period, name in zip(WHENS, lists.lists, strict=True):
        last = lists.slots._last[name]  # noqa: SLF001 -- what the next slot counts from
        following = schedule.next_slot(lists.lists[name], last)
        assert following is not None
        # A slot that has already run does not run again, so its list waits for the
        # one after it.
        repeated = jump < timedelta(0) and last > lists.now
        assert following - lists.now <= period * (2 if repeated else 1)
        assert not repeated or last - lists.now <= max(period, 10 * SECOND)
    assert lists.run(2 * MINUTE + 20 * SECOND, 5 * SECOND) >= {
        str(SECOND),
        str(MINUTE),
    }
    assert lists.run(2 * HOUR, 20 * MINUTE) >= {str(HOUR), str(30 * MINUTE)}


def test_slots_that_ran_by_a_wrong_clock_post_again(tmp_path, opened):
    lists = Lists(opened(tmp_path))
    lists.run(10 * MINUTE, MINUTE)
    lists.now -= 8 * MINUTE
    assert str(MINUTE) in lists.run(3 * MINUTE, 20 * SECOND)


def test_a_jump_is_noticed_once_and_a_suspend_is_none():
    steady = [0.0]
    watch = ClockWatch(lambda: steady[0])
    assert watch.jump(NOON) is None
    steady[0] += 1
    assert watch.jump(NOON + 1 * SECOND) is None
    steady[0] += 3600  # a suspend: both go on
    assert watch.jump(NOON + HOUR + SECOND) is None
    steady[0] += 1
    assert watch.jump(NOON + 4 * HOUR + 2 * SECOND) == 3 * HOUR
    steady[0] += 1
    assert watch.jump(NOON + 4 * HOUR + 3 * SECOND) is None
    assert watch.jump(NOON) == -(4 * HOUR + 3 * SECOND)


def test_a_state_ahead_of_the_clock_is_logged_once_at_the_start(
    tmp_path, opened, caplog
):
    lists = Lists(opened(tmp_path))
    lists.run(2 * MINUTE, 30 * SECOND)
    lists.now -= 400 * DAY
    lists.restart()
    lists.run(2 * MINUTE, 30 * SECOND)
    said = [r.getMessage() for r in caplog.records if "ahead" in r.getMessage()]
    assert len(said) == 1
    assert "are 400d 0h ahead of the clock" in said[0]


@pytest.mark.parametrize("jump", [j for j in JUMPS if j < timedelta(0)], ids=str)
def test_a_running_sender_waits_no_longer_after_the_clock_goes_back(tmp_path, jump):
    with closing(SenderHarness(tmp_path)) as harness:
        harness.server.faults.append(Fault("404_html", times=6))
        harness.enqueue(queued("x"), queued("y", sequence=1))
        wait, jump_at = harness.clock.wait, harness.clock.at + 20 * SECOND
        started, sender = harness.clock.at, Sender(harness.context, harness.channels)

        def waiting(seconds: float) -> None:
            nonlocal jump_at
            wait(seconds)
            if harness.clock.at > jump_at:
                harness.clock.at += jump
                jump_at += 1000 * DAY
            sender._look_at_clock()  # noqa: SLF001 -- what it does every half second

        harness.clock.wait = waiting
        harness.deliver()
        assert harness.texts == ["x", "y"]
        assert harness.clock.at - started - jump < 5 * MINUTE


def test_all_stored_times_follow_a_clock_that_goes_back(tmp_path, opened):
    clock = Clock()
    store = opened(tmp_path, clock.now)
    admin, queue, results = OutboxAdmin(store), Queue(store), SendResults(store)
    enqueue(store, queued("a", expires=clock.at + HOUR), queued("b", sequence=1))
    queue.claim(head(store), "bucket")
    results.retry(head(store), 600, "refused")
    admin.stop("ops", "gone")
    clock.at -= 400 * DAY
    queue.rebase()
    waiting = head(store)
    now = clock.at.timestamp()
    assert waiting.not_before == now + 600
    assert waiting.queued.expires == clock.at + HOUR
    assert queue.sent("bucket", 0) == ()
    assert [stop.since for stop in admin.stopped()] == [clock.at]
    assert {entry.since for entry in admin.waiting()} == {clock.at}


def test_nothing_is_forgotten_while_the_clock_may_be_wrong(tmp_path, opened):
    clock = Clock()
    store = opened(tmp_path, clock.now)
    enqueue(store, queued("a"))
    SendResults(store).failed(head(store), "50035")
    clock.at += 400 * DAY
    Outbox(store).clock_jumped()
    enqueue(store, queued("b", hour=1))
    assert len(OutboxAdmin(store).failed()) == 1
    clock.at -= 400 * DAY
    enqueue(store, queued("c", hour=2))
    assert len(OutboxAdmin(store).failed()) == 1


def test_a_storm_of_jumps_silences_no_list_and_loses_and_repeats_nothing(tmp_path):
    """The long run of it is ``python -m tests.bench clock``."""
    found = clock_storm(tmp_path, jumps=10)
    assert found.ran == found.expected >= 45
    count = found.count
    assert (found.dropped, count.lost, count.unmarked, count.reordered) == (0,) * 4
    assert count.posts > 50
    assert count.repeated  # or the faults have struck nowhere
