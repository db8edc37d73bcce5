"""How many steps a run is to take, as a user says it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # an option's words are read without all that they are asked of
    from wandbwatch.model.query import Query
    from wandbwatch.model.run import Json, Run


@dataclass(frozen=True)
class Total:
    """How many steps a run is to take: a number, or where the run says it."""

    number: float | None = None
    key: str = ""
    config: bool = False
    """Whether the key is one of the configuration, not of the summary."""

    @classmethod
    def read(cls, text: str) -> Total:
        """Read ``10000``, ``1e6``, ``config.KEY`` or ``KEY``; else ValueError."""
        text = text.strip()
        try:
            number = float(text)
        except ValueError:
            key = text.removeprefix("config.")
            if not key or not text.isprintable():
                raise ValueError("a total is a number, KEY or config.KEY") from None
            return cls(key=key, config=key != text)
        if not (number > 0 and math.isfinite(number)):
            raise ValueError(f"{text!r} is no number of steps")
        return cls(number)

    def of(self, run: Run) -> float | None:
        """Return what *run* says; None where that is no number of steps."""
        if self.number is not None:
            return self.number
        value: Json = (run.config if self.config else run.summary).get(self.key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if 0 < value < math.inf else None

    def asked(self, query: Query) -> Query:
        """Let *query* bring what `of` needs to know."""
        if not self.key:
            return query
        if self.config:
            keys = query.config
            return replace(query, config=None if keys is None else (*keys, self.key))
        keys = query.summary
        return replace(query, summary=None if keys is None else (*keys, self.key))
