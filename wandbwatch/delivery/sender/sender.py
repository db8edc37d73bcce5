"""The sender: one a state directory, with a thread for each channel that waits."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from pathlib import Path

from wandbwatch.delivery.outbox import OutboxAdmin, Queue
from wandbwatch.delivery.outbox.queue import SLIP
from wandbwatch.delivery.outbox.store import no_locks
from wandbwatch.delivery.sender.decision import TROUBLE, SenderContext
from wandbwatch.delivery.sender.delivery import Delivery
from wandbwatch.model.errors import StateError, WandbwatchError
from wandbwatch.model.settings import Channel

log = logging.getLogger(__name__)

LOOK = 0.5
"""Seconds between looks at what waits."""
STUCK = 90.0
"""After so many seconds without progress a delivery hangs: no post takes as long."""
UNKNOWN = "no channel of that name in the configuration"


class BusyError(WandbwatchError):
    """Another sender is running for this state."""


@contextlib.contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Hold the sender's lock of a state *directory*.

    BusyError when another sender does.
    """
    path = directory / "sender.lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as e:
        raise StateError(f"{path}: {e.strerror}") from e
    try:
        _lock(handle, path)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError("another sender is running; it sends what waits") from None
    except OSError as e:
        raise no_locks(path, e) from e


class Timekeeper:
    """The real clock; its waits end when *ending* is set."""

    def __init__(self, zone: tzinfo, ending: threading.Event) -> None:
        self._zone = zone
        self._ending = ending

    def now(self) -> datetime:
        return datetime.now(self._zone)

    def wait(self, seconds: float) -> None:
        self._ending.wait(seconds)


class Sender:
    """Call it only under the lock of `alone`."""

    def __init__(
        self,
        context: SenderContext,
        channels: Mapping[str, Channel],
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        """*alive* is called now and then, while no delivery hangs."""
        self._context = context
        self._channels = channels
        self._queue = Queue(context.store)
        self._admin = OutboxAdmin(context.store)
        self._alive = alive
        self._threads: dict[str, threading.Thread] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._beats: dict[str, tuple[int, float]] = {}
        self._looked = context.moment()

    def run(self) -> None:
        """Send until nothing waits, or all is to end.

        StateError when we are to end soon and the state can't be read.
        """
        self._recover()
        started: set[str] = set()
        while not self._context.ending():
            try:
                self._look_at_clock()
                waiting = self._waiting()
            except StateError as e:
                if self._context.once:
                    self._join()
                    raise
                self._context.log_once.report(e)
                self._context.clock.wait(TROUBLE)
                continue
            for name in waiting:
                if not (self._context.once and name in started):
                    started.add(name)
                    if why := self._context.unusable(self._channels[name]):
                        log.error("%s: %s", name, why)
                    else:
                        self._start(name)
            running = [t for t in self._threads.values() if t.is_alive()]
            if not running and (not waiting or self._context.once):
                break
            self._context.clock.wait(LOOK)
            self._beat()
        self._join()

    def _join(self) -> None:
        for thread in self._threads.values():
            thread.join()

    def _look_at_clock(self) -> None:
        """Rebase the stored times if the clock went back."""
        now = self._context.moment()
        if now < self._looked - SLIP:
            self._queue.rebase()
        self._looked = now

    def _recover(self) -> None:
        self._queue.rebase()
        if crashed := self._queue.recover():
            log.warning("a sender died; %d messages may be posted already", crashed)
        for stop in self._admin.stopped():
            if stop.reason == UNKNOWN and stop.channel in self._channels:
                self._admin.resume(stop.channel)

    def _waiting(self) -> tuple[str, ...]:
        """Name the channels to send to; stop those that are not configured."""
        names = self._queue.channels()
        for name in names:
            if name not in self._channels:
                log.error("%s: %s; it is stopped until you add it", name, UNKNOWN)
                self._admin.stop(name, UNKNOWN)
        return tuple(name for name in names if name in self._channels)

    def _start(self, name: str) -> None:
        if (thread := self._threads.get(name)) and thread.is_alive():
            return
        delivery = Delivery(self._channels[name], self._context)
        self._deliveries[name] = delivery
        thread = threading.Thread(target=delivery.run, name=f"channel {name}")
        self._threads[name] = thread
        thread.start()

    def _beat(self) -> None:
        now = time.monotonic()
        for name, thread in self._threads.items():
            beat = self._deliveries[name].beat
            if not thread.is_alive() or self._beats.get(name, (-1, 0.0))[0] != beat:
                self._beats[name] = (beat, now)
        if all(now - at < STUCK for _, at in self._beats.values()):
            self._alive()
