"""The previous job of a subscription: its memory, and whether it was delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wandbwatch.daemon.jobs.news import Known, LineResult
from wandbwatch.delivery.outbox import Outbox
from wandbwatch.delivery.outbox import RoundWriter as Written
from wandbwatch.model.memory import LineRound, Memory, StoredJson

_STORED = StoredJson(compact=False, ascii=True)
_KEPT = "kept "
CONTENT = "content"
"""Under it stands what the list said, hashed."""


@dataclass(frozen=True)
class PreviousRound:
    """The last round: what is known once it is delivered, and until then."""

    slot: datetime | None = None
    after: Known = field(default_factory=dict)
    before: Known = field(default_factory=dict)

    @classmethod
    def read(cls, outbox: Outbox, subscription: str) -> PreviousRound:
        stored = _STORED.load(outbox.recall(subscription, "").get("last"))
        if stored is None:
            return cls()
        slot, after, before = stored
        return cls(datetime.fromisoformat(slot), after, before)

    def known(self, outbox: Outbox, subscription: str) -> Known:
        if self.slot and not outbox.settled(subscription, self.slot):
            return self.before
        return self.after

    def write(self, round_: Written, subscription: str) -> None:
        slot = self.slot.isoformat() if self.slot else ""
        text = _STORED.dump([slot, dict(self.after), dict(self.before)])
        round_.remember(subscription, "", "last", text)


def memory(outbox: Outbox, round_: LineRound, known: Known) -> Memory:
    """Return what the line of *round_* remembers."""
    line = round_.line
    delivered = {}
    for key, value in known.items():
        if key.startswith(_KEPT):
            whose, name = _STORED.load(key.removeprefix(_KEPT))
            if whose == line:
                delivered[name] = value
    stored = outbox.recall(round_.subscription, line)
    return Memory(stored, delivered, round=round_)


def kept(results: Sequence[LineResult], known: Known, *, posted: bool) -> Known:
    """Return what the lines keep of what was delivered, once this round is.

    What is not *posted* changes nothing of it.
    """
    old = {key: value for key, value in known.items() if key.startswith(_KEPT)}
    new = {
        _KEPT + _STORED.dump([result.line, name]): value
        for result in results
        for name, value in result.memory.on_delivery.items()
    }
    return old | new if posted else old


def changes(results: Sequence[LineResult]) -> Iterator[tuple[str, str, str | None]]:
    """Yield what the lines remember from now on: line, name and value."""
    for result in results:
        for name, value in result.memory.changes.items():
            yield result.line, name, value
