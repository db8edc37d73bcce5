"""Lists, their outbox and their sender, by a clock that jumps again and again."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from wandbwatch.daemon.job_queue import DueSlots
from wandbwatch.delivery.outbox import Outbox, Queue
from wandbwatch.model.delivery import Message, QueuedMessage
from wandbwatch.model.settings import Cron, Interval, Subscription, When

from tests.daemon.aftermath import Count, counted, note_all
from tests.delivery.sender.harness import SenderHarness
from tests.servers.discord import Fault, Limits
from tests.servers.discord.rates import Rates

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
FARTHEST = 400.0
"""Days of a jump, forward or back."""
FAULTS = ("reset_before", "reset_after", "502_after", "503_overloaded", "429_user")
ODDS = 0.05
"""Of each fault."""
PERIODS: dict[timedelta, When] = {
    SECOND: Cron("* * * * * *"),
    60 * SECOND: Cron("* * * * *"),
    1800 * SECOND: Interval(1800 * SECOND),
    3600 * SECOND: Cron("0 * * * *"),
    DAY: Cron("0 9 * * *"),
}


@dataclass(frozen=True)
class Jumps:
    jumps: int
    expected: int
    """Lists after each jump, without those whose next slot had already run."""
    ran: int
    """Those of them that ran within one period."""
    dropped: int
    """Messages that the outbox did not take."""
    count: Count


class ClockStorm:
    def __init__(self, directory: Path, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 -- a repeatable test, no secret
        self._office = SenderHarness(directory)
        with self._office.store.write() as database:
            note_all(database)
        self._outbox = Outbox(self._office.store)
        self._office.channels.clear()
        self._lists = tuple(
            Subscription(f"list-{i}", f"list-{i}", when, ("project a/b",))
            for i, when in enumerate(PERIODS.values())
        )
        for one in self._lists:
            self._office.hook(one.channel)
        self._skew = timedelta(0)
        self._office.server.rates = Rates(Limits(), self._true_time)
        self._restart()
        self.expected = self.ran = self.dropped = 0

    def rage(self, jumps: int) -> None:
        for kind in FAULTS:
            fault = Fault(kind, times=None, odds=ODDS, dice=self._dice, seconds=300)
            self._office.server.faults.append(fault)
        self._live()
        for _ in range(jumps):
            self._jump(timedelta(days=self._dice.uniform(-FARTHEST, FARTHEST)))
            self._live(counted=True)

    def count(self) -> Count:
        """Deliver what is left, and count."""
        self._office.server.faults.clear()
        self._office.restart()
        for one in self._lists:
            self._office.deliver(one.channel)
        return counted(
            self._office.server,
            self._office.store,
            kills={},
            left=(),
            log="",
            seconds=0.0,
        )

    def close(self) -> None:
        self._office.close()

    def _true_time(self) -> float:
        """Return the server's time, in seconds: its clock does not jump."""
        seconds: float = (self._office.clock.at - self._skew).timestamp()
        return seconds

    def _restart(self) -> None:
        self._slots = DueSlots(self._lists, self._outbox, self._office.clock.at)
        self._office.restart(once=True)

    def _jump(self, by: timedelta) -> None:
        """Do what the daemon and its sender do when they notice it; or restart."""
        self._office.clock.at += by
        self._skew += by
        self._outbox.clock_jumped()
        Queue(self._office.store).rebase()
        if self._dice.random() < 1 / 2:
            self._restart()

    def _live(self, *, counted: bool = False) -> None:
        """Look now, as the daemon does each second, and at the end of each period."""
        clock, since = self._office.clock, self._office.clock.at
        last = self._outbox.slots()
        ran = self._look()
        for period, one in zip(PERIODS, self._lists, strict=True):
            clock.at = max(clock.at, since + period + SECOND)
            ran |= self._look()
            repeats = since < last.get(one.name, since) <= since + period
            if counted and not repeats:
                self.expected += 1
                self.ran += one.name in ran
            for each in self._lists:
                if self._dice.random() < 1 / 2:
                    self._office.deliver(each.channel)

    def _look(self) -> set[str]:
        """Run what is due; each job posts a message, as a worker does."""
        ran = set()
        for job in list(self._slots.due(self._office.clock.at)):
            body = json.dumps({"content": f"{uuid.uuid4().hex}-0000"})
            name = job.subscription
            message = QueuedMessage(name, name, job.slot, 0, Message(body))
            with self._outbox.round() as round_:
                self.dropped += not round_.enqueue(message)
                round_.done(name, job.slot)
            ran.add(name)
        return ran


def clock_storm(directory: Path, *, jumps: int, seed: int = 7) -> Jumps:
    weather = ClockStorm(directory, seed)
    try:
        weather.rage(jumps)
        count = weather.count()
        return Jumps(jumps, weather.expected, weather.ran, weather.dropped, count)
    finally:
        weather.close()
