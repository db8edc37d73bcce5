"""What one line of a subscription remembers between jobs, and how it is stored."""

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
    """How a memory is stored in state.db: as JSON, with the number of its shape.

    The number is the first item of a list, and `shape` in an object. It goes up when
    the stored value changes its form. The rest keeps texts as they always were.
    """

    shape: int | None = None
    """None: the value has always had one form, and no number."""
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
        """Return the value; None without a text, or if it has another shape."""
        value = json.loads(text) if text else None
        if value is None or self.shape is None:
            return value
        shape = value.pop(0 if isinstance(value, list) else "shape")
        return value if shape == self.shape else None


def stored_fields(value: DataclassInstance, least: int) -> list[Any]:
    """Return the fields of *value*, at *least* so many: later ones that have their
    defaults are left out, so that a text without them stays as it always was."""
    found = [(one, getattr(value, one.name)) for one in fields(value)]
    while len(found) > least and found[-1][1] == _default(found[-1][0]):
        found.pop()
    return [kept for _, kept in found]


def _default(field: Field[Any]) -> Any:
    made = field.default_factory
    return field.default if made is MISSING else made()


@dataclass(frozen=True)
class LineRound:
    """Which line of which list is answered, and for when."""

    subscription: str
    channel: str
    line: str
    slot: datetime
    overlap: bool = False
    """Whether its trainings start although those of an earlier slot still run."""

    @property
    def key(self) -> str:
        """The same when a job is repeated because its result could not be stored."""
        return f"{self.slot_key}{self.line}"

    @property
    def slot_key(self) -> str:
        """The beginning of the keys of all lines of the slot."""
        return f"{self.subscription} {self.slot.isoformat()} "


@dataclass
class Memory:
    """Texts by name. Changes are stored together with the round's messages, or not at
    all: a killed or failed round changes nothing.

    There are two kinds. *Remembered* texts are stored with the round. Texts remembered
    *once delivered* are found only after all messages of the round are in the
    channel, so that a comparison is with what its readers have seen.
    """

    stored: Mapping[str, str] = field(default_factory=dict)
    """What was remembered before this round."""
    delivered: Mapping[str, str] = field(default_factory=dict)
    """What was remembered with the last list that was delivered."""
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
        """Return what was remembered as *key*, this round's included."""
        return self.changes.get(key, self.stored.get(key))

    def remember(self, key: str, value: str) -> None:
        self.changes[key] = value

    def forget(self, key: str) -> None:
        self.changes[key] = None

    def seen(self, key: str) -> str | None:
        """Return what was remembered as *key* with the last delivered list."""
        return self.delivered.get(key)

    def once_delivered(self, key: str, value: str) -> None:
        """Remember *value* once this round's messages are delivered."""
        self.on_delivery[key] = value

    def do_afterwards(self, work: Callable[[Memory], Iterator[Report]]) -> None:
        self.afterwards.append(work)

    def claim(self, key: str) -> bool:
        """Note at once that something is about to be done; False if it was noted
        before, by a process that was killed. `forget` it with the outcome."""
        return self.claims(key)


class ScopedMemory(Memory):
    """The part of *whole* that one address of several has, by its *scope*."""

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
