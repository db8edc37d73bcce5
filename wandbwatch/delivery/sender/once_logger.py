"""Trouble with the state, said once and not by each channel at each try."""

from __future__ import annotations

import logging
import threading

from wandbwatch.model.errors import StateError

log = logging.getLogger(__name__)


class OnceLogger:
    """What has been said and is not over yet. It may be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: set[str] = set()

    def say(self, trouble: StateError) -> None:
        """Log it without a traceback: its one line says all."""
        with self._lock:
            if str(trouble) not in self._said:
                self._said.add(str(trouble))
                log.error("%s", trouble)

    def over(self) -> None:
        """The state was written again: what troubles it next is news."""
        with self._lock:
            self._said.clear()
