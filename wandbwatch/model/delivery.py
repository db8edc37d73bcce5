"""What the sender needs: a sink, a clock and wordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeAlias, assert_never

from wandbwatch.model.channel import Channel
from wandbwatch.model.queued_message import Message


@dataclass(frozen=True)
class Rate:
    """What is left of a rate limit: how many more before *reset_after* seconds."""

    remaining: int
    reset_after: float


class RateScope(Enum):
    """Who has to wait."""

    USER = "user"
    """This webhook."""
    SHARED = "shared"
    """Everybody who posts to this channel."""
    GLOBAL = "global"
    """All that we send."""
    EDGE = "edge"
    """This address: the answer came from the proxy before the API."""


@dataclass(frozen=True)
class Delivered:
    """It is posted. The ids are None when the answer could not be read."""

    message_id: str | None = None
    channel_id: str | None = None
    rate: Rate | None = None
    guild_id: str | None = None
    """Of the Discord server; only a probe's answer has it."""


@dataclass(frozen=True)
class NotSent:
    """It never left, or was turned away unread: to be tried again."""

    reason: str


@dataclass(frozen=True)
class RateLimited:
    """Retry in *retry_after* seconds; None: Discord did not say."""

    retry_after: float | None
    scope: RateScope


@dataclass(frozen=True)
class Ambiguous:
    """It was sent; whether it was posted is unknown."""

    reason: str


@dataclass(frozen=True)
class WebhookGone:
    """The webhook, or only its thread, is deleted: nothing may be sent to it."""

    reason: str
    thread: bool = False


@dataclass(frozen=True)
class Refused:
    """The other end will never take it as it is; *reason* names the place in it."""

    code: int
    reason: str


@dataclass(frozen=True)
class MessageMissing:
    """The message to be edited is not there any more."""


Outcome: TypeAlias = (
    Delivered
    | NotSent
    | RateLimited
    | Ambiguous
    | WebhookGone
    | Refused
    | MessageMissing
)


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
    """Mark it as a possible duplicate."""
    plain: Callable[[Message], Message]
    """Reduce it to plain text that Discord accepts."""
    join: Callable[[Sequence[Message], str], tuple[Message, ...]]
    """Join several, in order, into as few messages as possible, under a heading."""


def words(outcome: Outcome) -> str:
    """Say in a line what a request to a webhook came to."""
    match outcome:
        case Delivered(message_id):
            said = f"delivered: message {message_id or 'of unknown id'}"
        case NotSent(reason):
            said = f"not sent: {reason}"
        case RateLimited(after, scope):
            wait = "some minutes" if after is None else f"{after:.0f} s"
            said = f"rate limit ({scope.value}): try again in {wait}"
        case Ambiguous(reason):
            said = f"sent, but Discord may not have accepted it: {reason}"
        case WebhookGone(reason, thread):
            said = f"{'the thread' if thread else 'the webhook'} is gone: {reason}"
        case Refused(_, reason):
            said = f"refused: {reason}"
        case MessageMissing():
            said = "refused: 10008 Unknown Message"
        case _:
            assert_never(outcome)
    return said
