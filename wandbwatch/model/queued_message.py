"""A message with its channel, as stored in the outbox until it is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from wandbwatch.model.cell import Level


@dataclass(frozen=True)
class MessageFile:
    name: str
    content: bytes


@dataclass(frozen=True)
class Message:
    body: str
    files: tuple[MessageFile, ...] = ()


@dataclass(frozen=True)
class Origin:
    """The content of a message and the command lines it comes from, for the history."""

    title: str = ""
    lines: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    """Ids of the runs that it is about."""
    run: tuple[str, ...] = ()
    """The path and the name of the one run whose thread it belongs into."""


class MessageKind(Enum):
    """What happens to a queued message when a newer one arrives."""

    REPORT = "report"
    """The next report of its subscription takes its place."""
    EVENT = "event"
    """Sent, however late."""


@dataclass(frozen=True)
class QueuedMessage:
    """One message of a subscription at a slot; *sequence* is its position there.

    ``channel`` is a name, never a URL. With ``edit``, it edits the message already
    posted at its place in the subscription, if there is one; the place is ``name``, or
    else *sequence*.
    """

    channel: str
    subscription: str
    slot: datetime
    sequence: int
    message: Message
    kind: MessageKind = MessageKind.REPORT
    level: Level = Level.INFO
    expires: datetime | None = None
    edit: bool = False
    name: str = ""
    origin: Origin = field(default=Origin(), compare=False)

    @property
    def place(self) -> str:
        """The place of its message in its subscription; a name is not a number."""
        return f"@{self.name}" if self.name else str(self.sequence)
