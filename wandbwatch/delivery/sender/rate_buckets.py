"""What one webhook's channels share: a pace, and one list at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from wandbwatch.delivery.outbox import Queue, Store
from wandbwatch.delivery.sender.rate_limiter import EVERYTHING, RateLimiter, resumed

_MEMORY = 60.0
"""Seconds for which the rate limits remember a send."""


@dataclass
class RateBucket:
    name: str
    pace: RateLimiter
    everything: RateLimiter
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Held while a list is told, so that no other gets between its messages."""

    def delay(self, now: float) -> float:
        return max(self.pace.delay(now), self.everything.delay(now))


class RateBuckets:
    """The lanes by what the medium's rate limits count by, made as they are needed."""

    def __init__(self, store: Store) -> None:
        self._queue = Queue(store)
        self._everything = RateLimiter(EVERYTHING)
        self._lanes: dict[str, RateBucket] = {}
        self._lock = threading.Lock()

    def lane(self, identity: str, now: float) -> RateBucket:
        with self._lock:
            if identity not in self._lanes:
                begun = self._queue.sent(identity, now - _MEMORY)
                pace = resumed(begun, now)
                self._lanes[identity] = RateBucket(identity, pace, self._everything)
            return self._lanes[identity]
