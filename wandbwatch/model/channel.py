"""Channels as configured. Secrets are referenced here, not stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from enum import Enum
from typing import NamedTuple

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
