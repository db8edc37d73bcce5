"""What delivering letters needs of the outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wandbwatch.model.channel import Channel
from wandbwatch.model.message import Message
from wandbwatch.model.outcome import Outcome


class Sink(Protocol):
    """A medium: one attempt a call, no retry, no exception."""

    def post(
        self, message: Message, channel: Channel, /, *, edit: str | None
    ) -> Outcome:
        """Post *message*, or put it in the place of the message with the id *edit*."""
        ...

    def remove(self, message_id: str, channel: Channel, /) -> Outcome:
        """Remove a message of ours; Delivered when it is gone."""
        ...

    def probe(self, channel: Channel, /) -> Outcome:
        """Ask whether *channel* would take a message, without sending one."""
        ...

    def identity(self, channel: Channel, /) -> str:
        """Return what the medium's rate limits count by: the same for channels that
        share them, and no secret."""
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the time, in the zone that quiet hours are meant in."""
        ...

    def wait(self, seconds: float, /) -> None:
        """Return after *seconds*, or at once when all is to end."""
        ...


@dataclass(frozen=True)
class Wording:
    """How a message is changed on its way."""

    mention: Callable[[Message, Sequence[str]], Message]
    """Ping a channel's ``mention``."""
    duplicate: Callable[[Message], Message]
    """Mark it as one that may stand already."""
    plain: Callable[[Message], Message]
    """Reduce it to text that nobody can refuse."""
    digest: Callable[[Sequence[Message], str], tuple[Message, ...]]
    """Put several, in order and whole, into as few as hold them, under a heading."""
