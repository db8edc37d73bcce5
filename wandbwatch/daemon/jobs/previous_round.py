"""What a subscription knows of its previous round, and what its lines remember."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wandbwatch.daemon.jobs.news import Known, LineResult
from wandbwatch.delivery.outbox import Outbox, RoundWriter
from wandbwatch.model.memory import LineRound, Memory, StoredJson

_STORED = StoredJson(compact=False, ascii=True)
_KEPT = "kept "
CONTENT = "content"
"""The key of the hash of what the list reported."""


@dataclass(frozen=True)
class PreviousRound:
    """The previous round: its memory once it is delivered, and until then."""

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
        if not self.slot or outbox.settled(subscription, self.slot):
            return self.after
        # Queued news stays queued, so it is not reported again.
        if self.reports_news and outbox.is_leaving(subscription, self.slot):
            return self.after
        return self.before

    @property
    def reports_news(self) -> bool:
        """Whether it contains one-time news: a failure, its end, or something bad."""

        def once(known: Known) -> Known:
            other = (CONTENT, _KEPT)
            return {k: v for k, v in known.items() if not k.startswith(other)}

        return once(self.after) != once(self.before)

    def write(self, round_: RoundWriter, subscription: str) -> None:
        slot = self.slot.isoformat() if self.slot else ""
        text = _STORED.dump([slot, dict(self.after), dict(self.before)])
        round_.remember(subscription, "", "last", text)


def memory(outbox: Outbox, round_: LineRound, known: Known) -> Memory:
    """Return the memory of *round_*'s line."""
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
    """Return the lines' memory of delivered content, once this round is delivered.

    Reports that are not *posted* do not change it.
    """
    old = {key: value for key, value in known.items() if key.startswith(_KEPT)}
    new = {
        _KEPT + _STORED.dump([result.line, name]): value
        for result in results
        for name, value in result.memory.on_delivery.items()
    }
    return old | new if posted else old


def changes(results: Sequence[LineResult]) -> Iterator[tuple[str, str, str | None]]:
    """Yield the changes to the lines' memories: line, name and value."""
    for result in results:
        for name, value in result.memory.changes.items():
            yield result.line, name, value


def remember(round_: RoundWriter, name: str, results: Sequence[LineResult]) -> None:
    keep(round_, name, changes(results))


def keep(
    round_: RoundWriter, name: str, changed: Iterator[tuple[str, str, str | None]]
) -> None:
    for line, key, value in changed:
        if value is None:
            round_.forget(name, line, key)
        else:
            round_.remember(name, line, key, value)
