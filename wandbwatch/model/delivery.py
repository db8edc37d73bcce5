"""Messages in the outbox, and the sender's ports: a sink, a clock and wordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeAlias, assert_never

from wandbwatch.model.cell import Level
from wandbwatch.model.settings import Channel


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


@dataclass(frozen=True)
class Rate:
    """The rest of a rate limit: requests left in the next *reset_after* seconds."""

    remaining: int
    reset_after: float


class RateScope(Enum):
    """What a rate limit applies to."""

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
    """The message is posted. The ids are None if the answer could not be read."""

    message_id: str | None = None
    channel_id: str | None = None
    rate: Rate | None = None
    guild_id: str | None = None
    """Of the Discord server; only a probe's answer has it."""
    name: str | None = field(default=None, compare=False)
    """Who the message is from; for a probe, the webhook's own name."""


@dataclass(frozen=True)
class NotSent:
    """The message was not sent, or was rejected unread: retry."""

    reason: str


@dataclass(frozen=True)
class RateLimited:
    """Retry in *retry_after* seconds; None if Discord did not say."""

    retry_after: float | None
    scope: RateScope


@dataclass(frozen=True)
class Ambiguous:
    """The message was sent; whether it was posted is unknown."""

    reason: str


@dataclass(frozen=True)
class WebhookGone:
    """The webhook, or only its thread, was deleted: send nothing more to it."""

    reason: str
    thread: bool = False


@dataclass(frozen=True)
class Refused:
    """The server will never accept this message; *reason* names the invalid part."""

    code: int
    reason: str


@dataclass(frozen=True)
class MessageMissing:
    """The message to edit no longer exists, or can't be edited any more."""

    reason: str = field(default="10008 Unknown Message", compare=False)


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
    """A medium such as Discord: one attempt per call, no retry, no exception."""

    def post(
        self, message: Message, channel: Channel, /, *, edit: str | None
    ) -> Outcome:
        """Post *message*, or edit the message with the id *edit* to it."""
        ...

    def remove(self, message_id: str, channel: Channel, /) -> Outcome:
        """Delete a message of ours; Delivered when it is gone."""
        ...

    def probe(self, channel: Channel, /) -> Outcome:
        """Check whether *channel* accepts messages, without sending one."""
        ...

    def identity(self, channel: Channel, /) -> str:
        """Return the key of the medium's rate limits: equal for channels that share
        them, and not secret."""
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the time, in the time zone of the quiet hours."""
        ...

    def wait(self, seconds: float, /) -> None:
        """Return after *seconds*, or at once on shutdown."""
        ...


@dataclass(frozen=True)
class Wording:
    """How a message is changed before it is posted."""

    mention: Callable[[Message, Sequence[str]], Message]
    """Ping a channel's ``mention``."""
    duplicate: Callable[[Message], Message]
    """Mark it as a possible duplicate."""
    plain: Callable[[Message], Message]
    """Reduce it to plain text that Discord accepts."""
    join: Callable[[Sequence[Message], str], tuple[Message, ...]]
    """Join several, in order, into as few messages as possible, under a heading."""


def words(outcome: Outcome) -> str:
    """Describe the outcome of a webhook request in one line."""
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
        case MessageMissing(reason):
            said = f"refused: {reason}"
        case _:
            assert_never(outcome)
    return said
