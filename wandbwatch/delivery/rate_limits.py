"""Rate limits: stay below Discord's, and wait when it answers 429."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wandbwatch.delivery.outbox import Queue, Store
from wandbwatch.model.delivery import Rate, RateLimited, RateScope

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
