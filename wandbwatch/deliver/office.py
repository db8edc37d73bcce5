"""What all channels' deliveries work with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from wandbwatch.deliver.lane import Lanes
from wandbwatch.model.delivery import Clock, Sink, Wording
from wandbwatch.model.errors import StateError
from wandbwatch.outbox import Store

log = logging.getLogger(__name__)

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

    def moment(self) -> float:
        """Return the time as the outbox keeps it: POSIX seconds."""
        return self.clock.now().timestamp()


def say(trouble: StateError) -> None:
    """Log it without a traceback: its one line says all."""
    log.error("%s", trouble)
