"""The memory of one line of a subscription between jobs, and its stored form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from wandbwatch.model.report import Report


@dataclass(frozen=True)
class StoredJson:
    """The stored form of a memory in state.db: JSON, with the version of its shape.

    The version is the first item of a list, or `shape` in an object. It goes up when
    the shape changes. Otherwise stored texts must stay as they are.
    """

    shape: int | None = None
    """None: the value's shape has never changed, and has no version."""
    compact: bool = True
    ascii: bool = False
    sort: bool = False

    def dump(self, value: list[Any] | dict[str, Any]) -> str:
        if self.shape is not None:
            if isinstance(value, list):
                value = [self.shape, *value]
            else:
                value = {"shape": self.shape, **value}
        return json.dumps(
            value,
            separators=(",", ":") if self.compact else None,
            ensure_ascii=self.ascii,
            sort_keys=self.sort,
        )

    def load(self, text: str | None) -> Any:
        """Return the value; None without a text, or if its shape's version differs."""
        value = json.loads(text) if text else None
        if value is None or self.shape is None:
            return value
        shape = value.pop(0 if isinstance(value, list) else "shape")
        return value if shape == self.shape else None


def stored_fields(value: DataclassInstance, least: int) -> list[Any]:
    """Return the fields of *value*, at *least* that many: later fields with their
    default values are left out, so that texts stored before stay equal."""
    found = [(one, getattr(value, one.name)) for one in fields(value)]
    while len(found) > least and found[-1][1] == _default(found[-1][0]):
        found.pop()
    return [kept for _, kept in found]


def _default(field: Field[Any]) -> Any:
    made = field.default_factory
    return field.default if made is MISSING else made()


@dataclass(frozen=True)
class LineRound:
    """One line of one subscription at one slot."""

    subscription: str
    channel: str
    line: str
    slot: datetime
    overlap: bool = False
    """Whether its experiments start while those of an earlier slot still run."""
    cards: bool = False
    """Whether its channel has a thread for each run, with a card of the run first."""

    @property
    def key(self) -> str:
        """The same key if a job is repeated because its result was not stored."""
        return f"{self.slot_key}{self.line}"

    @property
    def slot_key(self) -> str:
        """The common prefix of the keys of all lines of the slot."""
        return f"{self.subscription} {self.slot.isoformat()} "


@dataclass
class Memory:
    """Texts by name. Changes are stored in one transaction with the round's messages:
    a killed or failed round changes nothing.

    There are two kinds. *Remembered* texts are stored with the round. Texts remembered
    *once delivered* take effect only after all messages of the round are in the
    channel, so that later rounds compare with what readers have seen.
    """

    stored: Mapping[str, str] = field(default_factory=dict)
    """The texts remembered before this round."""
    delivered: Mapping[str, str] = field(default_factory=dict)
    """The texts remembered with the last delivered round."""
    changes: dict[str, str | None] = field(default_factory=dict)
    """This round's; None forgets."""
    on_delivery: dict[str, str] = field(default_factory=dict)
    round: LineRound | None = None
    afterwards: list[Callable[[Memory], Iterator[Report]]] = field(default_factory=list)
    """What to do once this round is stored, with a new memory: what it reports and
    remembers is stored after it."""
    claims: Callable[[str], bool] = lambda _: True
    """Notes a name at once, on disk; False if it was noted before."""

    def recall(self, key: str) -> str | None:
        """Return the text remembered as *key*, including this round's."""
        return self.changes.get(key, self.stored.get(key))

    def remember(self, key: str, value: str) -> None:
        self.changes[key] = value

    def forget(self, key: str) -> None:
        self.changes[key] = None

    def seen(self, key: str) -> str | None:
        """Return the text remembered as *key* by the last delivered round."""
        return self.delivered.get(key)

    def once_delivered(self, key: str, value: str) -> None:
        """Remember *value* once this round's messages are delivered."""
        self.on_delivery[key] = value

    def do_afterwards(self, work: Callable[[Memory], Iterator[Report]]) -> None:
        self.afterwards.append(work)

    def claim(self, key: str) -> bool:
        """Store at once that an action is about to start; False if a process that was
        killed has stored it before. `forget` it once the outcome is known."""
        return self.claims(key)


class ScopedMemory(Memory):
    """The part of *whole* that belongs to one of several addresses, its *scope*."""

    def __init__(self, whole: Memory, scope: str) -> None:
        super().__init__(round=whole.round)
        self._whole = whole
        self._scope = scope

    def _key(self, key: str) -> str:
        return f"{self._scope} {key}"

    def recall(self, key: str) -> str | None:
        return self._whole.recall(self._key(key))

    def remember(self, key: str, value: str) -> None:
        self._whole.remember(self._key(key), value)

    def forget(self, key: str) -> None:
        self._whole.forget(self._key(key))

    def seen(self, key: str) -> str | None:
        return self._whole.seen(self._key(key))

    def once_delivered(self, key: str, value: str) -> None:
        self._whole.once_delivered(self._key(key), value)

    def do_afterwards(self, work: Callable[[Memory], Iterator[Report]]) -> None:
        scope = self._scope
        self._whole.do_afterwards(lambda later: work(ScopedMemory(later, scope)))

    def claim(self, key: str) -> bool:
        return self._whole.claim(self._key(key))
