"""The daemon's health: next starts, waiting messages and problems."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from wandbwatch.config import schedule
from wandbwatch.delivery.mutes import Mute, Mutes
from wandbwatch.delivery.outbox import (
    Backlog,
    Outbox,
    OutboxAdmin,
    StoppedChannel,
    Store,
)
from wandbwatch.formatting import numbers
from wandbwatch.model.errors import ExitCode
from wandbwatch.model.settings import Subscription

log = logging.getLogger(__name__)

OLD = timedelta(hours=1)
"""The age from which a waiting message is a problem, and to which a past one is."""
PASSING = timedelta(minutes=10)
"""How long a failing server or a retried message counts as transient."""
LATE = timedelta(minutes=10)
"""How late a subscription may be, in addition to its timeout."""
SEEN = timedelta(minutes=2)
"""How long a subscription must be seen late: it catches up after a start or suspend."""
NOTICES = "(daemon)"
"""What stands for the subscription of our own messages in the outbox."""
KEY = "daemon"
_TRANSIENT = {ExitCode.NETWORK, ExitCode.TIME_OUT}
_END = datetime.max.replace(tzinfo=UTC)
POSTED = {"channel stopped", "queue old", "list late", "clock jump"}


@dataclass(frozen=True)
class Failure:
    """The errors of a subscription's latest job, and since when its jobs fail."""

    text: str
    code: int
    since: float
    """POSIX seconds."""


@dataclass(frozen=True)
class DaemonRecord:
    """What the daemon records about itself in state.db."""

    pid: int = 0
    since: float = 0.0
    """When it started, POSIX seconds."""
    failures: Mapping[str, Failure] = field(default_factory=dict)
    late: Mapping[str, float] = field(default_factory=dict)
    """The lists that have not run when they should, and since when that is seen."""
    jump: tuple[float, float] | None = None
    """The latest jump of the clock: when, and by how many seconds."""
    posted: tuple[str, ...] = ()
    """The problems that a message was queued for."""

    @classmethod
    def read(cls, outbox: Outbox) -> DaemonRecord:
        stored = outbox.recall("", "").get(KEY)
        if stored is None:
            return cls()
        fields = json.loads(stored)
        failures = {n: Failure(**f) for n, f in fields.pop("failures").items()}
        jump, posted = fields.pop("jump"), tuple(fields.pop("posted"))
        return cls(
            **fields, failures=failures, jump=jump and tuple(jump), posted=posted
        )

    def dump(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Problem:
    kind: str
    subject: str
    """The channel or subscription; empty for the daemon itself."""
    text: str
    since: datetime
    passing: bool = False
    """Whether it may be transient: no reason for an alarm yet."""

    @property
    def id(self) -> str:
        return f"{self.kind} {self.subject}"


@dataclass(frozen=True)
class ListStatus:
    name: str
    last: datetime | None
    """Its last slot."""
    next: datetime | None
    """When its next job starts."""
    failure: Failure | None


@dataclass(frozen=True)
class Health:
    """A snapshot of a daemon's health."""

    at: datetime
    running: bool
    record: DaemonRecord
    lists: tuple[ListStatus, ...]
    backlog: tuple[Backlog, ...]
    stopped: tuple[StoppedChannel, ...]
    failed: int
    """Messages that were given up."""
    failed_lately: int
    mutes: tuple[Mute, ...] = ()
    error: str = ""
    """Why the state can't be written."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(_problems(self))

    @property
    def well(self) -> bool:
        """Whether there is no problem: all due jobs ran, all messages are delivered."""
        return not self.problems

    @property
    def alarming(self) -> bool:
        return any(not problem.passing for problem in self.problems)

    @property
    def summary(self) -> str:
        """One line, for systemd."""
        problems = [p for p in self.problems if not p.passing]
        if problems:
            more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
            return f"problem: {problems[0].text}{more}"
        coming = [(one.next, one.name) for one in self.lists if one.next]
        if not coming:
            return "running the subscriptions"
        when, name = min(coming)
        return f"running the subscriptions; next: {name} at {when:%F %T}Z"


class NextStarts:
    """When the next job of each subscription starts, kept while nothing changes it.

    A cron expression takes a millisecond to work out: too long for each look.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Subscription, datetime | None, NextStart]] = {}

    def of(
        self, subscription: Subscription, last: datetime | None, now: datetime
    ) -> datetime | None:
        """Return its next start; a past time if it is late."""
        kept = self._known.get(subscription.name)
        if kept and kept[0] is subscription and kept[1] == last:
            known = kept[2]
            if known.since <= now < known.until:
                return known.start
        known = _next(subscription, last, now)
        self._known[subscription.name] = subscription, last, known
        return known.start


def look(
    store: Store,
    subscriptions: Sequence[Subscription],
    record: DaemonRecord,
    now: datetime,
    *,
    running: bool,
    error: str = "",
    starts: NextStarts | None = None,
) -> Health:
    """Read the health of *store*'s daemon at *now*. Raises StateError."""
    admin, slots = OutboxAdmin(store), Outbox(store).slots()
    starts = starts or NextStarts()
    lists = tuple(
        ListStatus(one.name, last, starts.of(one, last, now), failure)
        for one in subscriptions
        for last in [slots.get(one.name)]
        for failure in [record.failures.get(one.name)]
    )
    return Health(
        now,
        running,
        record,
        lists,
        admin.backlog(),
        admin.stopped(),
        admin.failures(),
        admin.failures(since=now - OLD),
        Mutes(store).all(),
        error,
    )


class NextStart(NamedTuple):
    """A next start in UTC, and the time in which it holds."""

    start: datetime | None
    since: datetime
    until: datetime


def _next(
    subscription: Subscription, last: datetime | None, now: datetime
) -> NextStart:
    """Return its next start; a past time if it is late."""
    start = schedule.next_start(subscription, last or now)
    if start is None:
        return NextStart(None, now, _END)
    due, late = start.astimezone(UTC), max(subscription.timeout, LATE)
    if due > now:
        return NextStart(due, now, due)
    if due <= now - late:
        return NextStart(due, now, _END)
    start = schedule.next_start(subscription, max(last or now, now - late))
    while start and start <= now:
        start = schedule.next_start(subscription, start)
    until = due + late
    if start is None:
        return NextStart(None, now, until)
    following = start.astimezone(UTC)
    return NextStart(following, now, min(following, until))


def read(store: Store, subscriptions: Sequence[Subscription], now: datetime) -> Health:
    """Read the health of *store*'s daemon from another process. Raises StateError."""
    record = DaemonRecord.read(Outbox(store))
    running = is_running(store.path.parent)
    return look(store, subscriptions, record, now, running=running)


def is_running(state: Path) -> bool:
    """Whether a daemon is running: it holds the lock of *state*."""
    try:
        handle = os.open(state / "daemon.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _problems(health: Health) -> Iterator[Problem]:
    yield from _own_problems(health)
    now, record = health.at, health.record
    stopped = {stop.channel for stop in health.stopped}
    for stop in health.stopped:
        text = f"channel {stop.channel} is stopped: {stop.reason}"
        yield Problem("channel stopped", stop.channel, text, stop.since)
    for waiting in health.backlog:
        if waiting.channel not in stopped:
            yield from _undelivered(waiting, now)
    if health.failed_lately:
        text = f"{health.failed_lately} messages failed in the last hour"
        yield Problem("messages failed", "", text, now - OLD)
    for one in health.lists:
        yield from _not_answered(one, record.late.get(one.name), now)


def _own_problems(health: Health) -> Iterator[Problem]:
    now, record = health.at, health.record
    if health.error:
        yield Problem("state", "", health.error, now)
    if not health.running:
        yield Problem("not running", "", "no daemon is running on this state", now)
    if record.jump and timedelta(0) <= now - _utc(record.jump[0]) < OLD:
        seconds = record.jump[1]
        way = "ahead" if seconds > 0 else "back"
        by = numbers.duration(timedelta(seconds=abs(seconds)))
        text = f"the clock was set {way} by {by}"
        yield Problem("clock jump", "", text, _utc(record.jump[0]), passing=True)


def _undelivered(waiting: Backlog, now: datetime) -> Iterator[Problem]:
    age, channel = now - waiting.oldest, waiting.channel
    why = f": {waiting.reason}" if waiting.reason else ""
    if age >= OLD:
        text = f"messages wait for {numbers.duration(age)} for channel {channel}{why}"
        yield Problem("queue old", channel, text, waiting.oldest)
    elif waiting.reason:
        text = f"retrying to post to {channel}{why}"
        passing = age < PASSING
        yield Problem("retrying", channel, text, waiting.oldest, passing=passing)


def _not_answered(
    one: ListStatus, late: float | None, now: datetime
) -> Iterator[Problem]:
    if late and one.next and one.next <= now and now - _utc(late) >= SEEN:
        text = f"{one.name} did not run at {one.next:%F %T}Z"
        yield Problem("list late", one.name, text, one.next)
    if one.failure:
        yield _failing(one.name, one.failure, now)


def _failing(name: str, failure: Failure, now: datetime) -> Problem:
    since = _utc(failure.since)
    passing = failure.code in _TRANSIENT and now - since < PASSING
    text = f"{name} fails: {failure.text}"
    return Problem("list failing", name, text, since, passing=passing)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
