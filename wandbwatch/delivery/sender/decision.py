"""Decide what to do after one attempt to send, and stay below Discord's rate limits."""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from wandbwatch.delivery.outbox import Queue, Store, Waiting
from wandbwatch.model.delivery import (
    Ambiguous,
    Clock,
    Delivered,
    MessageMissing,
    NotSent,
    Outcome,
    Rate,
    RateLimited,
    RateScope,
    Refused,
    Sink,
    WebhookGone,
    Wording,
)
from wandbwatch.model.errors import StateError
from wandbwatch.model.settings import Channel, Keep

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


Limit = tuple[int, float]
"""A number of sends in a number of seconds."""

WEBHOOK: Sequence[Limit] = ((5, 2.0), (30, 60.0))
"""The second is Discord's for new messages of a channel, which no header shows:
https://github.com/discord/discord-api-docs/issues/367"""
ALL_WEBHOOKS: Sequence[Limit] = ((25, 1.0),)
"""Half of Discord's: sends started in two seconds may arrive in one."""

MARGIN = 0.1
"""Seconds by which clocks may differ."""
_LONGEST = 60.0
_LONGEST_RETRY, _EDGE = 3600.0, 120.0


class RateLimiter:
    """Counts sends by their ends: a window of theirs never holds more than ours.

    Times are POSIX seconds. It may be asked by several threads.
    """

    def __init__(
        self, limits: Sequence[Limit] = WEBHOOK, ended: Iterable[float] = ()
    ) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._ended = deque(ended, maxlen=max(count for count, _ in limits))
        self._closed = 0.0
        self._latest = -math.inf
        """The last time that was passed in."""

    def delay(self, now: float) -> float:
        """Return the seconds to wait before the next send."""
        with self._lock:
            self._follow(now)
            waits = [min(self._closed - now, _LONGEST)]
            for count, seconds in self._limits:
                if len(self._ended) >= count:
                    waits.append(self._ended[-count] + seconds + MARGIN - now)
            return max(0.0, *waits)

    def ended(self, now: float, rate: Rate | None = None) -> None:
        """Note that a send has ended, and how many more its answer allows."""
        with self._lock:
            self._follow(now)
            self._ended.append(now)
            self._closed = 0.0
            if rate and rate.remaining <= 0:
                self._closed = now + min(rate.reset_after, _LONGEST) + MARGIN

    def _follow(self, now: float) -> None:
        """Shift what is remembered if the clock went back: it waits no longer."""
        back = self._latest - now
        if back > 0:
            self._ended = deque((t - back for t in self._ended), self._ended.maxlen)
            self._closed -= back
        self._latest = now


def limiter_after(starts: Sequence[float], now: float) -> RateLimiter:
    """Return the pace of a webhook to which sends were *starts* by another sender.

    Each had ended when the next was begun; the last one may end right now.
    """
    ends = [min(at, now) for at in (*starts[1:], now)]
    return RateLimiter(WEBHOOK, ends if starts else ())


_MEMORY = 60.0
"""Seconds for which the rate limits remember a send."""


@dataclass
class RateBucket:
    name: str
    limiter: RateLimiter
    all_webhooks: RateLimiter
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Held while a list is sent, so that no other list comes between its messages."""

    def delay(self, now: float) -> float:
        return max(self.limiter.delay(now), self.all_webhooks.delay(now))


class RateBuckets:
    """The buckets by what the medium's rate limits count by, made when needed."""

    def __init__(self, store: Store) -> None:
        self._queue = Queue(store)
        self._all_webhooks = RateLimiter(ALL_WEBHOOKS)
        self._buckets: dict[str, RateBucket] = {}
        self._lock = threading.Lock()

    def bucket(self, identity: str, now: float) -> RateBucket:
        with self._lock:
            if identity not in self._buckets:
                starts = self._queue.sent(identity, now - _MEMORY)
                limiter = limiter_after(starts, now)
                self._buckets[identity] = RateBucket(
                    identity, limiter, self._all_webhooks
                )
            return self._buckets[identity]


def retry_delay(limited: RateLimited, attempts: int) -> float:
    """Return the seconds to wait after a 429: an hour at most, then we try again.

    Discord's own ``retry_after``; for the proxy before it, minutes that double with
    the *attempts*.
    """
    after = limited.retry_after
    if after is not None and limited.scope is not RateScope.EDGE:
        return min(after, _LONGEST_RETRY)
    return min(max(after or 0.0, _EDGE * 2.0 ** min(attempts, 5)), _LONGEST_RETRY)


def rate_limit_reason(limited: RateLimited) -> str:
    return f"429 rate limit ({limited.scope.value})"


log = logging.getLogger(__name__)


class OnceLogger:
    """What has been said and is not over yet. It may be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logged: set[str] = set()

    def report(self, error: StateError) -> None:
        """Log it without a traceback: its one line says all."""
        with self._lock:
            if str(error) not in self._logged:
                self._logged.add(str(error))
                log.error("%s", error)

    def reset(self) -> None:
        """The state was written again: its next error is news."""
        with self._lock:
            self._logged.clear()


TROUBLE = 15.0
"""Seconds to wait when the state can't be read or written."""


@dataclass(frozen=True)
class SenderContext:
    store: Store
    sink: Sink
    wording: Wording
    clock: Clock
    buckets: RateBuckets
    ending: Callable[[], bool]
    """Whether everything must end now."""
    once: bool = False
    """Whether to end when nothing can be sent soon."""
    keep: Keep = field(default_factory=Keep)
    webhook_name: Callable[[Channel], str | None] = lambda _channel: None
    """Ask for the own name of a channel's webhook: at most some seconds, no error."""
    unusable: Callable[[Channel], str] = lambda _channel: ""
    """Say why no try of this process can post to a channel; "" where one may."""
    log_once: OnceLogger = field(default_factory=OnceLogger)

    def moment(self) -> float:
        """Return the time as the outbox keeps it: POSIX seconds."""
        return self.clock.now().timestamp()
