"""What one line of a list keeps from round to round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class LineRound:
    """Which line of which list is answered, and for when."""

    subscription: str
    channel: str
    line: str
    slot: datetime

    @property
    def key(self) -> str:
        """The same when the same is done again, because nobody could write it down."""
        return f"{self.subscription} {self.slot.isoformat()} {self.line}"


@dataclass
class Memory:
    """Texts under names. What changes is written with what the round tells, or not
    at all: a killed or failed round leaves it as it was.

    There are two kinds. What is *remembered* goes with the round. What is
    remembered *once delivered* is found only if all that the round told stands in
    its channel, so that a comparison is with what its readers have seen.
    """

    told: Mapping[str, str] = field(default_factory=dict)
    """What was remembered before this round."""
    delivered: Mapping[str, str] = field(default_factory=dict)
    """What was remembered with the last list that was delivered."""
    changes: dict[str, str | None] = field(default_factory=dict)
    """This round's; None forgets."""
    on_delivery: dict[str, str] = field(default_factory=dict)
    round: LineRound | None = None

    def recall(self, key: str) -> str | None:
        """Return what was remembered as *key*, this round's included."""
        return self.changes.get(key, self.told.get(key))

    def remember(self, key: str, value: str) -> None:
        self.changes[key] = value

    def forget(self, key: str) -> None:
        self.changes[key] = None

    def seen(self, key: str) -> str | None:
        """Return what was remembered as *key* with the last delivered list."""
        return self.delivered.get(key)

    def once_delivered(self, key: str, value: str) -> None:
        """Remember *value* if what this round tells is delivered."""
        self.on_delivery[key] = value
