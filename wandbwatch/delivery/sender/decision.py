"""Decide what to do after one attempt to send. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from wandbwatch.delivery.outbox import Waiting
from wandbwatch.delivery.rate_limits import rate_limit_reason, retry_delay
from wandbwatch.model.delivery import (
    Ambiguous,
    Delivered,
    MessageMissing,
    NotSent,
    Outcome,
    RateLimited,
    Refused,
    WebhookGone,
)

RESENT = 3
"""How often a message whose fate is unknown is sent again."""
_BACKOFF = 600.0


@dataclass(frozen=True)
class Done:
    message_id: str | None
    channel_id: str | None


@dataclass(frozen=True)
class Retry:
    """Send it again after so many seconds; *counted*: it may be posted already."""

    after: float
    reason: str
    counted: bool = False


@dataclass(frozen=True)
class Reduce:
    """Send it once more, as plain text."""

    reason: str


@dataclass(frozen=True)
class Fail:
    """Keep it as failed."""

    reason: str


@dataclass(frozen=True)
class PostAgain:
    """Post it: the message to edit is gone."""


@dataclass(frozen=True)
class ThreadGone:
    """Open the channel's thread anew."""


@dataclass(frozen=True)
class StopChannel:
    """Stop the channel."""

    reason: str


Step: TypeAlias = Done | Retry | Reduce | Fail | PostAgain | ThreadGone | StopChannel


def decide(
    outcome: Outcome, waiting: Waiting, *, editing: bool, own_thread: bool
) -> Step:
    """Decide what becomes of *waiting* after *outcome*.

    *editing*: it edits an existing message, so that repeating it does no
    harm. *own_thread*: it went to a thread that we had opened.
    """
    step: Step
    match outcome:
        case Delivered(message_id, channel_id):
            step = Done(message_id, channel_id)
        case NotSent(reason):
            step = Retry(backoff(waiting.attempts), reason)
        case RateLimited():
            step = Retry(
                retry_delay(outcome, waiting.attempts), rate_limit_reason(outcome)
            )
        case Ambiguous(reason):
            # One too many is given up when it comes up again (`out_of_tries`).
            step = Retry(backoff(waiting.attempts), reason, counted=not editing)
        case WebhookGone(reason, thread):
            step = ThreadGone() if thread and own_thread else StopChannel(reason)
        case Refused(_, reason):
            both = f"{waiting.reason}; and as plain text: {reason}"
            step = Fail(both) if waiting.reduced else Reduce(reason)
        case MessageMissing(reason):
            step = PostAgain() if editing else Fail(reason)
        case _:
            assert_never(outcome)
    return step


def before_retry(probed: Outcome, waiting: Waiting) -> Retry | StopChannel | None:
    """Decide whether a message of unknown fate is sent again, once it was *probed*
    whether anybody answers. None: it is; an outage must not use up its chances."""
    match probed:
        case NotSent(reason) | Ambiguous(reason):
            return Retry(backoff(waiting.attempts), reason)
        case RateLimited():
            return Retry(
                retry_delay(probed, waiting.attempts), rate_limit_reason(probed)
            )
        case WebhookGone(reason):
            return StopChannel(reason)
        case Delivered() | Refused() | MessageMissing():
            return None
        case _:
            assert_never(probed)


def backoff(attempts: int) -> float:
    """Return seconds: 1, 2, 4 … 600."""
    return min(2.0 ** min(attempts, 20), _BACKOFF)


def out_of_tries(waiting: Waiting) -> Fail | None:
    """Give up a message whose fate was unknown too often."""
    if waiting.ambiguous <= RESENT:
        return None
    sent = f"it may be posted: sent {waiting.ambiguous} times, no clear answer"
    return Fail(f"{sent}; last error: {waiting.reason}")
