"""What came of one attempt to send a message: a closed set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


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
    """It stands. The ids are None when the answer could not be read."""

    message_id: str | None = None
    channel_id: str | None = None
    rate: Rate | None = None


@dataclass(frozen=True)
class NotSent:
    """It never left, or was turned away unread: to be tried again."""

    reason: str


@dataclass(frozen=True)
class RateLimited:
    """To be tried again in *retry_after* seconds; None is: nobody said."""

    retry_after: float | None
    scope: RateScope


@dataclass(frozen=True)
class Ambiguous:
    """It left, and nobody knows whether it stands."""

    reason: str


@dataclass(frozen=True)
class WebhookGone:
    """The webhook, or only its thread, is no more: nothing may be sent to it."""

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
