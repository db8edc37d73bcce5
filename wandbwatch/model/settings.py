"""What watch.toml configures.

Channels, subscriptions, training scripts by name, and how long data is kept. Secrets
are referenced here, not stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import Enum
from typing import NamedTuple, TypeAlias

from wandbwatch.model.cell import Level


class SecretKind(Enum):
    ENV = "env"
    FILE = "file"
    CREDENTIAL = "credential"
    """A file of systemd's ``$CREDENTIALS_DIRECTORY``."""
    PLAIN = "plain"


@dataclass(frozen=True)
class Secret:
    """The place of a secret; the place may be shown, a plain secret never."""

    kind: SecretKind
    place: str = field(repr=False)

    def __str__(self) -> str:
        if self.kind is SecretKind.PLAIN:
            return "(hidden)"
        return f"{self.kind.value} {self.place}"


class QuietHours(NamedTuple):
    """Hours of the day in which posts are held; ``start`` may be after ``end``."""

    start: time
    end: time


@dataclass(frozen=True)
class Channel:
    """One ``[channels.NAME]``: a Discord webhook and its settings."""

    name: str
    webhook: Secret
    thread_id: str | None = None
    thread_name: str | None = None
    thread_per_run: bool = False
    """Whether a message about one run goes into a thread of that run."""
    tags: tuple[str, ...] = ()
    """Ids of the forum's tags that a new thread gets."""
    username: str | None = None
    avatar_url: str | None = None
    mention: tuple[str, ...] = ()
    """``@everyone``, ``@here``, ``<@USER>`` or ``<@&ROLE>``."""
    ping: Level = Level.WARN
    """The lowest level that pings them and is posted in quiet hours."""
    silent: bool = False
    quiet: QuietHours | None = None
    any_host: bool = False
    """Whether the webhook may be on another host than Discord's: a proxy, a test."""


class Cron(NamedTuple):
    """A cron expression of 5 fields, of 6 (seconds come last), or ``@hourly``…"""

    expression: str

    def __str__(self) -> str:
        return self.expression


class Interval(NamedTuple):
    """One slot each *interval*, counted from 1970-01-01 00:00 UTC.

    It does not depend on our start time, so a restart shifts nothing.
    """

    interval: timedelta

    def __str__(self) -> str:
        return f"every {self.interval}"


When: TypeAlias = Cron | Interval


class Mode(Enum):
    POST = "post"
    EDIT = "edit"
    """One live message, edited in place."""


class Catchup(Enum):
    ONCE = "once"
    """The latest missed slot runs once, if it is within its grace."""
    NONE = "none"


@dataclass(frozen=True)
class Subscription:
    """One ``[[subscriptions]]``: command lines, a schedule and a channel."""

    name: str
    channel: str
    when: When
    commands: tuple[str, ...]
    zone: str = "UTC"
    """The name of the time zone in which ``when`` is meant."""
    mode: Mode = Mode.POST
    skip_unchanged: bool = False
    catchup: Catchup = Catchup.ONCE
    grace: timedelta | None = None
    """How late a missed slot may still run; None: one period, a day at most."""
    jitter: timedelta = timedelta(0)
    """The maximum delay of each slot's start; the name determines the actual delay."""
    timeout: timedelta = timedelta(minutes=10)
    """The time limit of a job; after it the job and all its children are killed."""
    overlap: bool = False
    """Whether experiments of a slot start while those of an earlier one still run."""
    account: str | None = None
    """None: the process's own wandb login."""


class AccountConfig(NamedTuple):
    """One ``[accounts.NAME]``: an API key and a W&B server."""

    name: str
    api_key: Secret | None = None
    base_url: str | None = None


_DAY = 86400.0


class Keep(NamedTuple):
    """``[keep]``: durations in seconds, sizes in bytes."""

    delivered: float = 7 * _DAY
    """Delivered messages, without their text."""
    failed: float = 90 * _DAY
    """Failed messages, with their content."""
    pictures: float = 7 * _DAY
    """The pictures of those."""
    history: float = 30 * _DAY
    """What `history` lists."""
    events: float = 12 * 3600.0
    """Events that wait longer are posted as one digest."""
    logs: float = 30 * _DAY
    """The output of experiments that have ended."""
    log_size: int = 16 << 20
    """The size of one experiment's output; of a longer one, start and end are kept."""
    free: int = 16 << 20
    """Unused space in state.db; more than this is freed."""

    def dump(self) -> str:
        import json  # noqa: PLC0415 -- `check` need not wait for it

        return json.dumps(self._asdict())

    @classmethod
    def load(cls, text: str | None) -> Keep:
        import json  # noqa: PLC0415

        return cls(**json.loads(text)) if text else cls()
