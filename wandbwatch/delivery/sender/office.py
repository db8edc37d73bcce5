"""What all channels' deliveries work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from wandbwatch.delivery.outbox import Store
from wandbwatch.delivery.sender.lane import Lanes
from wandbwatch.delivery.sender.voice import Voice
from wandbwatch.model.delivery import Clock, Sink, Wording

TROUBLE = 15.0
"""Seconds of rest when the state can't be read or written."""


@dataclass(frozen=True)
class Office:
    store: Store
    sink: Sink
    wording: Wording
    clock: Clock
    lanes: Lanes
    ending: Callable[[], bool]
    """Whether all is to end, now."""
    once: bool = False
    """Whether to end when nothing can be sent soon."""
    voice: Voice = field(default_factory=Voice)

    def moment(self) -> float:
        """Return the time as the outbox keeps it: POSIX seconds."""
        return self.clock.now().timestamp()
