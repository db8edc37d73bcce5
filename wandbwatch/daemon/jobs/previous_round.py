"""What a subscription knows of its previous round, and its lines showed last.

A line of a live message shows that while it fails and others work.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from wandbwatch.daemon.jobs.news import Known, LineResult
from wandbwatch.delivery.outbox import Outbox, RoundWriter
from wandbwatch.formatting import numbers
from wandbwatch.model import cell, drawing, report
from wandbwatch.model.cell import Bytes, Level, Missing
from wandbwatch.model.memory import LineRound, Memory, StoredJson
from wandbwatch.model.report import Note, Report
from wandbwatch.model.run import Series, State

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


SHOWN, SINCE = "(live) shown", "(live) not readable since"
"""The keys of a line's memory: its last reports, and when it began to fail."""
OLDEST = timedelta(days=7)
"""How long content is shown after its line began to fail."""
_MOST = 1 << 20
"""Characters of the reports that are kept of a line."""

Recall = Callable[[str], Mapping[str, str]]
"""What a line remembers, by its text."""


def completed(
    results: Sequence[LineResult], slot: datetime, recall: Recall
) -> list[LineResult]:
    """Give the lines that fail what they showed last, or at least say that they fail.

    Not where servers fail all of them: then the whole message stays as it is.
    """
    edited = any(r.error and not r.server for r in results)
    edited |= any(r.reports and not r.error for r in results)
    return [_completed(r, slot, recall) if edited and r.error else r for r in results]


def content_changes(
    results: Sequence[LineResult], slot: datetime, recall: Recall
) -> Iterator[tuple[str, str, str | None]]:
    """Yield what the lines remember for the next rounds: line, key and value."""
    for result in results:
        known = recall(result.line)
        if result.error:
            if SINCE not in known:
                yield result.line, SINCE, slot.isoformat()
            if SHOWN in known and slot - _since(known, slot) > OLDEST:
                yield result.line, SHOWN, None
            continue
        shown = _packed(_lasting(result.reports))
        for key, value in ((SINCE, None), (SHOWN, shown)):
            if value is not None or key in known:
                yield result.line, key, value


def _completed(result: LineResult, slot: datetime, recall: Recall) -> LineResult:
    known = recall(result.line)
    since = _since(known, slot)
    reports = _unpacked(known.get(SHOWN, "")) if slot - since <= OLDEST else []
    if _lasting(result.reports):
        return result
    if not reports:
        if not (SINCE in known or result.server):
            return result  # its failure is news, and so in the message already
        reports = [Report("failure", result.line)]
    note = Note(f"not readable since {numbers.moment(since)}: {result.error}")
    first, *rest = reports
    first = replace(first, blocks=(note, *first.blocks))
    return replace(result, reports=(*result.reports, first, *rest))


def _since(known: Mapping[str, str], slot: datetime) -> datetime:
    return datetime.fromisoformat(known.get(SINCE, slot.isoformat()))


def _lasting(reports: Sequence[Report]) -> list[Report]:
    return [r for r in reports if not r.event and not r.message_key]


def _packed(reports: Sequence[Report]) -> str | None:
    """Return *reports* as a text; None if there are none, or what can't be kept."""
    if not reports:
        return None
    plain = tuple(replace(report, fingerprint=None) for report in reports)
    try:
        packed = zlib.compress(json.dumps(_json(plain)).encode())
    except (TypeError, RecursionError):
        return None
    text = base64.b64encode(packed).decode()
    return text if len(text) <= _MOST else None


def _unpacked(text: str) -> list[Report]:
    """Return what `_packed` wrote; nothing of what another version wrote otherwise."""
    try:
        found = _value(json.loads(zlib.decompress(base64.b64decode(text))))
        return [one for one in found if isinstance(one, Report)]
    except (ValueError, TypeError, KeyError, RecursionError, zlib.error):
        return []


_PARTS: Sequence[tuple[Any, Callable[[Any], Iterable[object]]]] = (
    (Enum, lambda value: [value.value]),
    (Bytes, lambda value: [int(value)]),
    (datetime, lambda value: [value.isoformat()]),
    (timedelta, lambda value: [value.days, value.seconds, value.microseconds]),
    (Path, lambda value: [str(value)]),
    ((list, frozenset), list),
    (dict, dict.items),
    (Series, lambda s: [s.key, list(s.x), list(s.y), s.sampled, s.exact]),
)
"""Of which simpler values a value is made."""
_MAKERS: Mapping[str, Callable[..., Any]] = {
    **{
        name: one
        for module in (cell, report, drawing)
        for name, one in vars(module).items()
        if isinstance(one, type) and is_dataclass(one)
    },
    **{one.__name__: one for one in (Bytes, Level, Missing, State, timedelta)},
    "datetime": datetime.fromisoformat,
    type(Path()).__name__: Path,
    "list": lambda *items: list(items),
    "frozenset": lambda *items: frozenset(items),
    "dict": lambda *items: dict(items),
    "Series": lambda key, x, y, sampled, exact: Series(
        key, x, y, sampled=sampled, exact=exact
    ),
}
"""How it is made of them again, by the name of its class."""


def _json(value: object) -> Any:
    """Return *value* as JSON: a tuple as a list, others by the name of their class."""
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    name = type(value).__name__
    for kind, parts in _PARTS:
        if isinstance(value, kind):
            return {name: [_json(part) for part in parts(value)]}
    if name in _MAKERS and is_dataclass(value):
        given = {one.name: _json(getattr(value, one.name)) for one in fields(value)}
        return {name: given}
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{name} can't be kept")


def _value(kept: Any) -> Any:
    if isinstance(kept, list):
        return tuple(_value(item) for item in kept)
    if not isinstance(kept, dict):
        return kept
    [(name, given)] = kept.items()
    if isinstance(given, dict):
        return _MAKERS[name](**{key: _value(item) for key, item in given.items()})
    return _MAKERS[name](*(_value(item) for item in given))
