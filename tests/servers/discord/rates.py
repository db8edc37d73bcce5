"""The rate limits: one that its headers tell, one that is hidden."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from tests.servers.discord.errors import ApiError


@dataclass(frozen=True)
class Limits:
    """How many requests in how many seconds."""

    webhook: tuple[int, float] = (5, 2.0)
    channel: tuple[int, float] = (30, 60.0)
    """Of new messages; told by nothing but the 429."""
    everything: tuple[int, float] = (50, 1.0)


@dataclass
class _Window:
    """A window opens with its first request."""

    limit: int
    seconds: float
    start: float = -math.inf
    used: int = 0

    def take(self, now: float) -> bool:
        if now - self.start >= self.seconds:
            self.start, self.used = now, 0
        self.used += 1
        return self.used <= self.limit

    def left(self, now: float) -> float:
        return max(0.0, self.start + self.seconds - now)


class Rates:
    """Counts requests by *clock*'s seconds; no *limits*, no limit."""

    def __init__(self, limits: Limits | None, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def request(self, hook: str) -> dict[str, str]:
        """Return the headers of the answer; ApiError when it is one too many."""
        if self._limits is None:
            return {}
        now = self._clock()
        everything = self._window("everything", self._limits.everything)
        if not everything.take(now):
            raise too_many(everything.left(now), "global", {})
        window = self._window(f"webhook {hook}", self._limits.webhook)
        good, left = window.take(now), window.left(now)
        headers = {
            "X-RateLimit-Limit": str(window.limit),
            "X-RateLimit-Remaining": str(max(0, window.limit - window.used)),
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": f"bucket-{hook}",
        }
        if not good:
            raise too_many(left, "user", headers)
        return headers

    def message(self, channel: str, headers: dict[str, str]) -> None:
        """Count a new message; ApiError when it is one too many for its channel."""
        if self._limits is None:
            return
        now = self._clock()
        window = self._window(f"channel {channel}", self._limits.channel)
        if not window.take(now):
            raise too_many(window.left(now), "shared", headers)

    def _window(self, name: str, limit: tuple[int, float]) -> _Window:
        return self._windows.setdefault(name, _Window(*limit))


def too_many(after: float, scope: str, headers: dict[str, str]) -> ApiError:
    words = "You are being rate limited."
    body = {"retry_after": round(after, 3), "global": scope == "global"}
    told = {"Retry-After": str(math.ceil(after)), "X-RateLimit-Scope": scope}
    if scope == "global":
        told["X-RateLimit-Global"] = "true"
    return ApiError(429, 0, words, body, {**headers, **told})
