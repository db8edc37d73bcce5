"""Subscriptions as configured: command lines, schedules and channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import NamedTuple, TypeAlias

from wandbwatch.model.channel import Secret


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
