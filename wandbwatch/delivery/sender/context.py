"""What the deliveries of all channels share."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from wandbwatch.delivery.outbox import Store
from wandbwatch.delivery.rate_limits import RateBuckets
from wandbwatch.model.delivery import Clock, Sink, Wording
from wandbwatch.model.errors import StateError
from wandbwatch.model.settings import Channel, Keep

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
    log_once: OnceLogger = field(default_factory=OnceLogger)

    def moment(self) -> float:
        """Return the time as the outbox keeps it: POSIX seconds."""
        return self.clock.now().timestamp()
