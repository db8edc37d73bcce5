"""The real daemon, killed every few seconds: its slots are all run, in the end."""

from __future__ import annotations

import random
import signal
import time
from datetime import datetime
from functools import partial

from wandbwatch.delivery.outbox import Store

from tests.daemon.running import COMMANDS, Place, subscription

PERIOD = 10
"""Seconds between two slots of a list: one that was killed has so long to come."""
SECONDS = 24


def test_a_daemon_that_is_killed_every_few_seconds_misses_no_slot(
    tmp_path, discord_server
):
    dice = random.Random(5)  # noqa: S311 -- a repeatable test, no secret
    place = Place(tmp_path, discord_server)
    place.environ["PYTHONPATH"] = str(COMMANDS)
    place.write(*map(_each_second, range(PERIOD)), extra="jobs = 2")
    with place.start() as daemon:
        daemon.wait(lambda: daemon.said("running the subscriptions"))
        first = int(time.time()) + 1
        time.sleep(3)
        daemon.end(signal.SIGKILL)
    kills = 1
    while time.time() < first + SECONDS:
        with place.start() as daemon:
            # On a busy machine it would be killed before it does anything at all.
            daemon.wait(partial(daemon.said, "running the subscriptions"))
            time.sleep(dice.uniform(1, 3.5))
            daemon.end(signal.SIGKILL)
        kills += 1
    last = int(time.time())
    store = Store(place.state)
    with place.start() as daemon:
        daemon.wait(lambda: last in _ran(store))
        daemon.wait(lambda: set(range(first, last)) <= _ran(store))
        daemon.end()
    assert kills >= 5
    store.close()


def _each_second(offset: int) -> str:
    """All of these lists together have a slot each second."""
    seconds = ",".join(str(second) for second in range(offset, 60, PERIOD))
    when = f'cron = "* * * * * {seconds}"'
    return subscription(f"at-{offset}", "serial place --lines 1", when=when)


def _ran(store: Store) -> set[int]:
    """Return the slots that were run, as POSIX seconds."""
    found = store.read("SELECT DISTINCT slot FROM message")
    return {int(datetime.fromisoformat(slot).timestamp()) for (slot,) in found}
