"""The daemon's loop: schedules jobs, starts workers and the sender.

Every step is a method that takes the time as a value and can be called alone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType

from wandbwatch.daemon import deadman as deadman_process
from wandbwatch.daemon.child import Child, JobResult
from wandbwatch.daemon.health import Health
from wandbwatch.daemon.job_queue import DueSlots
from wandbwatch.daemon.monitor import Monitor
from wandbwatch.daemon.pool import Pool
from wandbwatch.delivery.outbox import Outbox
from wandbwatch.experiments.processes import reap_orphans
from wandbwatch.formatting import numbers
from wandbwatch.model.errors import ConfigError, StateError


class Signals:
    """SIGTERM and SIGINT ask to stop, SIGHUP to read the file again.

    ``fileno`` becomes readable when a signal comes, so that a wait ends at once.
    """

    def __init__(self) -> None:
        self.stop = False
        self.reload = False
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)  # noqa: FBT003 -- socket takes it so
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self._stop)
        signal.signal(signal.SIGHUP, self._reload)
        # An ended child ends the wait too; every round looks for those.
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def fileno(self) -> int:
        return self._read.fileno()

    def clear(self) -> None:
        """Drain the pipe, so that the next wait blocks."""
        try:
            while self._read.recv(4096):
                pass
        except BlockingIOError:
            return

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop = True

    def _reload(self, _number: int, _frame: FrameType | None) -> None:
        self.reload = True


class Notify:
    """Sends states to ``$NOTIFY_SOCKET``; does nothing without it."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self.watchdog = _watchdog(environ)
        """Seconds within which systemd wants to hear from us, or None."""

    def say(self, *states: str) -> None:
        """Send states such as ``READY=1``; errors are ignored."""
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):  # an abstract socket
            address = "\0" + address[1:]
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
        ):
            sender.sendto("\n".join(states).encode(), address)


def _watchdog(environ: Mapping[str, str]) -> float | None:
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdigit() else None


log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between looks at the wall clock: a longer sleep would miss a suspend."""
PENDING = 5.0
"""Seconds between looks for what others put into the outbox."""
RECOVER = 1.0
"""Seconds between looks for batches of experiments without a supervisor."""
PING = 60.0
CHECK = 5.0
"""Seconds between health checks."""
SKIPPED = "%s: skipped slot %s: %s"
STILL_RUNNING = "the previous job is still running"
NO_WORKER = "no worker was free before the next slot"
SENDER_TIMEOUT = 30.0
"""Seconds that a sender has for the post that is on its way."""
LONGEST_PAUSE = 300.0
"""Seconds between the starts of a sender that fails each time."""
TIDY = 3600.0
"""Seconds between two looks at what is too old."""
STATE_PAUSE = 5.0
"""Seconds between attempts while the state can't be written."""


@dataclass
class Parts:
    """The parts that the supervisor runs."""

    due_slots: DueSlots
    pool: Pool
    outbox: Outbox
    recover_experiments: Callable[[], None]
    """Make sure that every experiment that has not ended has a supervisor."""
    sender: Callable[[], Child]
    """Return the sender's child of the present configuration."""
    environ: Callable[[], dict[str, str]]
    deadman: Child
    deadman_environ: dict[str, str]
    """Empty if there is no URL to ping."""
    health: Callable[[datetime, str], Health]
    """Check the health, given the error of the state; StateError."""
    monitor: Monitor
    tidy: Callable[[], None] = lambda: None
    """Remove what is too old, and give unused space back; StateError."""


JUMP = timedelta(seconds=5)
"""What the wall clock may gain or lose at once before it counts as a jump."""


def steady_clock() -> float:
    """Return seconds of a clock that ignores wall-clock changes and counts suspends."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class ClockWatch:
    """Detects jumps of the wall clock against a steady clock."""

    def __init__(self, steady: Callable[[], float] = steady_clock) -> None:
        self._steady = steady
        self._last: tuple[datetime, float] | None = None

    def jump(self, now: datetime) -> timedelta | None:
        """Return the clock's jump since the last call, if any."""
        steady, last = self._steady(), self._last
        self._last = now, steady
        if last is None:
            return None
        by = now - last[0] - timedelta(seconds=steady - last[1])
        return by if abs(by) > JUMP else None


class Supervisor:
    def __init__(
        self,
        parts: Parts,
        notify: Notify,
        signals: Signals,
        reload: Callable[[Parts, datetime], None],
        clock: ClockWatch | None = None,
    ) -> None:
        """*reload* applies the current file to the parts; ConfigError if invalid."""
        self._parts = parts
        self._notify = notify
        self._signals = signals
        self._reload = reload
        self._sender = parts.sender()
        self._looked = self._pinged = self._watched = float("-inf")
        self._checked = self._tidied = self._recovered = float("-inf")
        self._well: bool | None = None
        """Whether all was well at the latest ping."""
        self._resume_at = self._sender_resume_at = 0.0
        self._failures = 0
        self._error = self._status = ""
        self._health: Health | None = None
        self._clock = clock or ClockWatch()

    def run(self) -> None:
        """Run until a signal asks to stop; then end all children."""
        self._notify.say("READY=1")
        while not self._signals.stop:
            self.round(datetime.now(UTC), time.monotonic())
            self._wait()
        self._notify.say("STOPPING=1")
        self._parts.pool.stop()
        self._sender.stop(SENDER_TIMEOUT)

    def round(self, now: datetime, moment: float) -> None:
        """Run one round at *now* (and *moment*, monotonic seconds)."""
        if self._signals.reload:
            self._signals.reload = False
            self._reload_config(now)
        self._look_at_clock(now)
        self._collect_results(now, moment)
        if moment >= self._resume_at:
            try:
                if self._error:
                    self._parts.outbox.check()
                self._work(now, moment)
                self._resolve()
            except StateError as e:
                self._pause(str(e), moment)
        self._ping_watchdog(moment)
        self._check_health(now, moment)
        self._ping(moment)
        reap_orphans(self._pids())

    def _look_at_clock(self, now: datetime) -> None:
        """Log a jump of the clock, once."""
        if by := self._clock.jump(now):
            way = "ahead" if by > timedelta(0) else "back"
            log.warning(
                "the clock was set %s by %s; schedules continue from the new time",
                way,
                numbers.duration(abs(by)),
            )
            self._parts.monitor.clock_jumped(by, now)
            try:
                self._parts.outbox.clock_jumped()
                self._parts.monitor.keep_mutes(by, now)
            except StateError as e:
                log.error("%s", e)  # noqa: TRY400 -- not a bug

    def _collect_results(self, now: datetime, moment: float) -> None:
        for result in list(self._parts.pool.collect(moment)):
            if result.undone:
                self._parts.pool.put_back(result.job)
                self._pause("; ".join(result.errors), moment)
                continue
            self._log_result(result)
            name = result.job.subscription
            if self._parts.monitor.result(name, result.errors, result.code, now):
                self._checked = float("-inf")
            self._looked = float("-inf")  # there is probably something to send

    def _work(self, now: datetime, moment: float) -> None:
        pool = self._parts.pool
        for job in self._parts.due_slots.due(now):
            if job.subscription in pool.busy:
                log.warning(SKIPPED, job.subscription, job.slot, STILL_RUNNING)
            elif replaced := pool.queue.add(job):
                log.warning(SKIPPED, job.subscription, replaced.slot, NO_WORKER)
        pool.assign(moment)
        self._send(moment)
        if moment - self._tidied >= TIDY:
            self._tidied = moment
            self._parts.tidy()

    def _log_result(self, result: JobResult) -> None:
        job = result.job
        for error in result.errors:
            log.error("%s: %s", job.subscription, error)
        log.info("%s at %s: messages: %d", job.subscription, job.slot, result.messages)

    def _send(self, moment: float) -> None:
        code = self._sender.look(moment)
        if code is not None:
            self._sender_ended(code, moment)
        if moment - self._recovered >= RECOVER:
            self._recovered = moment
            self._parts.recover_experiments()
        if self._sender.running or moment < self._sender_resume_at:
            return
        if moment - self._looked < PENDING:
            return
        self._looked = moment
        if self._parts.outbox.pending():
            self._sender.start(moment, self._parts.environ())

    def _sender_ended(self, code: int, moment: float) -> None:
        """Restart a failing sender with growing delays; it logs its own errors."""
        self._failures = self._failures + 1 if code > 0 else 0
        pause = min(2.0**self._failures, LONGEST_PAUSE) if code > 0 else 0.0
        self._sender_resume_at = moment + pause
        if code:
            log.error("the sender exited with %d; restarting it", code)

    def _reload_config(self, now: datetime) -> None:
        stamp = f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}"
        self._notify.say("RELOADING=1", stamp)
        complaints = self._apply_config(now)
        for complaint in complaints:
            log.error("%s", complaint)
        if complaints:
            log.error("watch.toml has errors; still using the previous configuration")
        else:
            log.info("reloaded watch.toml")
            self._sender.stop(SENDER_TIMEOUT)
            self._sender = self._parts.sender()
        self._notify.say("READY=1")

    def _apply_config(self, now: datetime) -> tuple[str, ...]:
        try:
            self._reload(self._parts, now)
        except ConfigError as e:
            return e.complaints
        return ()

    def _pause(self, what: str, moment: float) -> None:
        """Log it once, not each round, and retry after a pause."""
        if what != self._error:
            log.error("%s", what)
        self._error = what
        self._resume_at = moment + STATE_PAUSE

    def _resolve(self) -> None:
        if self._error:
            log.warning("resolved: %s", self._error)
        self._error = ""

    def _ping_watchdog(self, moment: float) -> None:
        watchdog = self._notify.watchdog
        if watchdog and moment - self._watched >= watchdog / 4:
            self._watched = moment
            self._notify.say("WATCHDOG=1")

    def _check_health(self, now: datetime, moment: float) -> None:
        """Check the health periodically, and show it in systemd's status."""
        if moment - self._checked < CHECK:
            return
        self._checked = moment
        try:
            self._health = self._parts.health(now, self._error)
        except StateError as e:
            self._health = None
            status = f"error: {e}"
        else:
            status = self._health.summary
        if status != self._status:
            self._status = status
            self._notify.say(f"STATUS={status}")

    def _ping(self, moment: float) -> None:
        """Ping the dead man's switch while all is well; report a failure at once."""
        deadman, environ = self._parts.deadman, self._parts.deadman_environ
        if deadman.look(moment):
            log.warning("could not reach the dead_man URL")
        failing = self._health is None or self._health.alarming
        if not (failing or (self._health and self._health.well)):
            return  # neither: it may recover by itself
        due = moment - self._pinged >= PING or self._well is failing
        if environ and due and not deadman.running:
            self._pinged, self._well = moment, not failing
            flag = {deadman_process.FAILING: "1"} if failing else {}
            try:
                deadman.start(moment, {**environ, **flag})
            except StateError as e:
                log.warning("%s", e)

    def _pids(self) -> set[int]:
        parts = self._parts
        return parts.pool.pids() | self._sender.pids | parts.deadman.pids

    def _wait(self) -> None:
        """Sleep for a second at most: less if a worker answers or a signal comes."""
        outputs = [w.output for w in self._parts.pool.workers.values()]
        select.select([self._signals.fileno(), *outputs], [], [], LOOK)
        self._signals.clear()
