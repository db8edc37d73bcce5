"""Share the answers of sources between jobs for some seconds.

Twenty subscriptions to one project at the same minute cost one request.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from wandbwatch.model.address import Address
from wandbwatch.model.ports import Source
from wandbwatch.model.source_proxy import SourceProxy

FRESH = 20.0
"""Seconds for which an answer is as good as a new one."""
KEPT = 64
"""Answers at most: a listing of a thousand runs takes some megabytes."""

T = TypeVar("T")


class Shared:
    """Opens sources that share their answers. Errors are not kept."""

    def __init__(
        self, source: Callable[[Address], Source], clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._clock = clock
        self._answers: dict[str, tuple[float, object]] = {}
        self._asked: dict[str, float] = {}
        self._since = -math.inf
        self._whose = ""

    def __call__(self, address: Address) -> Source:
        return _Sharing(address, self)

    def begin(self, subscription: str) -> None:
        """Begin a round of *subscription*: no answer is older than its last one.

        A list that comes every few seconds looks each time; and of two questions that
        overlap none is answered from before what the other one had told.
        """
        self._whose = subscription
        self._since = self._asked.get(subscription, -math.inf)

    def ask(self, address: Address, question: str, put: Callable[[Source], T]) -> T:
        """Return a fresh answer to *question* about *address*, or *put* it."""
        now = self._asked[self._whose] = self._clock()
        self._answers = {
            q: (at, a) for q, (at, a) in self._answers.items() if now - at <= FRESH
        }
        question = f"{address!r} {question}"
        if self._answers.get(question, (-math.inf,))[0] <= self._since:
            self._answers.pop(question, None)
        if question not in self._answers:
            answer = put(self._source(address))
            while len(self._answers) >= KEPT:
                self._answers.pop(next(iter(self._answers)))
            self._answers[question] = (self._clock(), answer)
        kept: T = self._answers[question][1]  # type: ignore[assignment]
        return kept


class _Sharing(SourceProxy):
    def __init__(self, address: Address, shared: Shared) -> None:
        self._address = address
        self._shared = shared

    def _ask(self, question: str, put: Callable[[Source], T]) -> T:
        return self._shared.ask(self._address, question, put)
