"""What all channels' deliveries work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from wandbwatch.delivery.outbox import Store
from wandbwatch.delivery.sender.once_logger import OnceLogger
from wandbwatch.delivery.sender.rate_buckets import RateBuckets
from wandbwatch.model.delivery import Clock, Sink, Wording

TROUBLE = 15.0
"""Seconds of rest when the state can't be read or written."""


@dataclass(frozen=True)
class SenderContext:
    store: Store
    sink: Sink
    wording: Wording
    clock: Clock
    lanes: RateBuckets
    ending: Callable[[], bool]
    """Whether all is to end, now."""
    once: bool = False
    """Whether to end when nothing can be sent soon."""
    voice: OnceLogger = field(default_factory=OnceLogger)

    def moment(self) -> float:
        """Return the time as the outbox keeps it: POSIX seconds."""
        return self.clock.now().timestamp()
