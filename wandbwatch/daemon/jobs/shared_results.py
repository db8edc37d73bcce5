"""Share sources' answers between jobs for some seconds.

Twenty subscriptions to one project at the same minute cost one request.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from wandbwatch.model.address import Address
from wandbwatch.model.ports import Source, SourceProxy

FRESH = 20.0
"""Seconds for which an answer is as good as a new one."""
KEPT = 64
"""Answers at most: a listing of a thousand runs takes some megabytes."""

T = TypeVar("T")


class SharedResults:
    """Opens sources that share their answers. Errors are not kept."""

    def __init__(
        self, source: Callable[[Address], Source], clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._clock = clock
        self._results: dict[str, tuple[float, object]] = {}
        self._last_asked: dict[str, float] = {}
        self._since = -math.inf
        self._subscription = ""

    def __call__(self, address: Address) -> Source:
        return _SharedSource(address, self)

    def begin(self, subscription: str) -> None:
        """Start a round of *subscription*: no answer is older than its last one.

        A subscription that runs every few seconds reads anew each time; and of two
        overlapping queries, neither gets older data than the other reported.
        """
        self._subscription = subscription
        self._since = self._last_asked.get(subscription, -math.inf)

    def opened(self, address: Address) -> Source:
        """Open the source itself: actions such as a stop must not be cached."""
        return self._source(address)

    def ask(self, address: Address, question: str, put: Callable[[Source], T]) -> T:
        """Return the cached answer to *question* about *address*, or *put* it."""
        now = self._last_asked[self._subscription] = self._clock()
        self._results = {
            q: (at, a) for q, (at, a) in self._results.items() if now - at <= FRESH
        }
        question = f"{address!r} {question}"
        if self._results.get(question, (-math.inf,))[0] <= self._since:
            self._results.pop(question, None)
        if question not in self._results:
            result = put(self._source(address))
            while len(self._results) >= KEPT:
                self._results.pop(next(iter(self._results)))
            # It may have been read when it was asked for, however long it took.
            self._results[question] = (now, result)
        kept: T = self._results[question][1]  # type: ignore[assignment]
        return kept


class _SharedSource(SourceProxy):
    def __init__(self, address: Address, shared: SharedResults) -> None:
        self._address = address
        self._shared = shared

    def _ask(self, question: str, put: Callable[[Source], T]) -> T:
        return self._shared.ask(self._address, question, put)

    def stop(self, run_id: str, /) -> None:
        self._shared.opened(self._address).stop(run_id)
