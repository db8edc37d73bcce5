"""What is known of a log's first blocks: which kinds and labels they have, and where,
and the numbers of some keys in their rows.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, ClassVar, Self, TypeAlias

from wandbwatch.analysis.keys import is_glob
from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.sources.local.cache import Stored
from wandbwatch.sources.local.items import (
    REMOVE,
    UPDATE,
    VALUE_JSON,
    KeyScanner,
    label,
    number,
    row_step,
)
from wandbwatch.sources.local.wire import (
    EXIT,
    HISTORY,
    STATS,
    SUMMARY,
    Kinds,
    Record,
    fields,
    text,
    timestamp,
)

BITS = 31
"""The highest bit of a block's mask, of this kind and all above."""
_ALWAYS = 1
"""The bit of a block that is damaged: it is read whatever is wanted."""
_SETS = frozenset({"damaged", "others"})
_ALL = frozenset(range(1, 64))


class Known:
    """Something learnt from a log's records, block by block."""

    wanted: Kinds
    together = True
    """Whether `columns` can learn it from many blocks at once."""
    kept: ClassVar[tuple[str, ...]] = ()
    """The names of what is learnt."""

    def __init__(self) -> None:
        self.upto = 0
        """How many blocks are known."""
        self.first = 0
        self.damaged: set[int] = set()
        """The damaged blocks in which *wanted* records were looked for."""

    def block(self, number: int, found: Iterable[Record]) -> None:
        """Learn from the *wanted* records of one block."""
        raise NotImplementedError

    def fresh(self, first: int = 0) -> Self:
        """Return one that is to learn from the blocks from *first* on."""
        found = self.empty()
        found.first = found.upto = first
        return found

    def empty(self) -> Self:
        """Return one that knows nothing yet."""
        return type(self)()

    def extend(self, later: Self) -> None:
        """Add what *later* learnt from the blocks behind these."""
        self.damaged |= later.damaged
        self.upto = later.upto

    @property
    def apart(self) -> bool:
        """Whether it would have learnt the same with the blocks before `first`."""
        return True

    def state(self) -> dict[str, Any]:
        """Return what is known as JSON with arrays."""
        names = ("upto", "damaged", *self.kept)
        found = {name: getattr(self, name) for name in names}
        return {k: sorted(v) if isinstance(v, set) else v for k, v in found.items()}

    def restore(self, state: dict[str, Any]) -> Self:
        for name, value in state.items():
            setattr(self, name, set(value) if name in _SETS else unstored(value))
        return self


def unstored(value: Any) -> Any:
    """Return an array that is only stored, or any other *value* itself."""
    return value.array() if isinstance(value, Stored) else value


class KindsOfBlocks(Known):
    """Which kinds of records begin in each block."""

    wanted = _ALL
    kept = ("masks",)

    def __init__(self) -> None:
        super().__init__()
        self.masks = array("I")
        """For each block a bit per kind, and `_ALWAYS`."""

    def block(self, number: int, found: Iterable[Record]) -> None:
        mask = _ALWAYS if number in self.damaged else 0
        for kind in {kind for kind, *_ in found}:
            mask |= bit(kind)
        self.masks.append(mask)

    def extend(self, later: Self) -> None:
        super().extend(later)
        self.masks += later.masks

    def to_read(self, kinds: Kinds, first: int, last: int) -> list[int]:
        """Return which blocks from *first* to *last* may have one of *kinds*."""
        mask = _ALWAYS
        for kind in kinds:
            mask |= bit(kind)
        masks = self.masks[first:last]
        return [n for n, one in enumerate(masks, first) if one & mask]


def bit(kind: int) -> int:
    """Return what stands for *kind* in a block's mask."""
    return 1 << min(kind, BITS) if kind > 0 else 0


ITEMS = {HISTORY: UPDATE, SUMMARY: UPDATE, STATS: 3}
"""The field of a record's items, by its kind."""


class NewestLabels(Known):
    """In which blocks the newest item of each label is, before the exit and after it.

    An item of system metrics counts if it has a number. Blocks that remove a value or
    that have the exit are among them.
    """

    kept = ("before", "after", "others", "exited")

    def __init__(self, kinds: Kinds) -> None:
        super().__init__()
        self.kinds = kinds
        self.wanted = kinds | {EXIT}
        self.before: dict[str, int] = {}
        """Blocks by label, as long as there was no exit, or before the newest one."""
        self.after: dict[str, int] = {}
        self.others: set[int] = set()
        self.exited = False

    def block(self, number: int, found: Iterable[Record]) -> None:
        for kind, data, at, end in found:
            if kind == EXIT:
                self.before |= self.after
                self.after = {}
                self.exited = True
                self.others.add(number)
                continue
            field_of_items = ITEMS[kind]
            for field, start, stop in fields(data, at, end):
                if field == field_of_items and (
                    kind != STATS or _counts(data, start, stop)
                ):
                    self.current[label(data, start, stop).decode("latin-1")] = number
                elif field == REMOVE and kind == SUMMARY:
                    self.others.add(number)

    @property
    def current(self) -> dict[str, int]:
        return self.after if self.exited else self.before

    def empty(self) -> Self:
        return type(self)(self.kinds)

    def extend(self, later: Self) -> None:
        super().extend(later)
        if later.exited:
            self.before |= self.after | later.before
            self.after, self.exited = later.after, True
        else:
            self.current.update(later.before)
        self.others |= later.others

    def blocks(self) -> frozenset[int]:
        """Return the blocks to read for the newest values; damaged ones are not."""
        return frozenset({*self.before.values(), *self.after.values(), *self.others})


def _counts(data: bytes, at: int, end: int) -> bool:
    """Return whether an item has a number, as system metrics must."""
    return any(
        field == VALUE_JSON and number(data[start:stop]) is not None
        for field, start, stop in fields(data, at, end)
    )


_TIMESTAMP, _ITEM, _KEY = 2, 3, 1


def sample(data: bytes, at: int, end: int) -> tuple[float, dict[str, float]]:
    """Return the time of a record of system metrics, in POSIX seconds, and these."""
    when, found = 0.0, {}
    for field, start, stop in fields(data, at, end):
        if field == _TIMESTAMP:
            when = timestamp(data, start, stop)
        elif field == _ITEM:
            key, value = _item(data, start, stop)
            if value is not None:
                found[key] = value
    return when, found


def _item(data: bytes, at: int, end: int) -> tuple[str, float | None]:
    key, value = "", None
    for field, start, stop in fields(data, at, end):
        if field == _KEY:
            key = text(data, start, stop).removeprefix("system.")
        elif field == VALUE_JSON:
            value = number(data[start:stop])
    return key, value


Place: TypeAlias = Callable[[bytes, int, int, int], float | None]
"""Where a row (its bytes, start, end and number) stands on an axis, if anywhere."""
Columns: TypeAlias = tuple["array[float]", ...]
"""x, y, and the step of each point where x is something else and it matters."""


class Points(Known):
    """The points of some keys in one log, up to its exit."""

    points: dict[str, Columns]
    ended = False

    def block(self, number: int, found: Iterable[Record]) -> None:
        del number
        self.add(found)

    def add(self, found: Iterable[Record]) -> None:
        """Add the points in some records, until there is an exit."""
        raise NotImplementedError

    def restore(self, state: dict[str, Any]) -> Self:
        super().restore(state)
        self.points = {k: tuple(map(unstored, v)) for k, v in self.points.items()}
        return self

    def copy(self) -> Self:
        found = self.empty().restore(self.state())
        found.points = deepcopy(self.points)
        return found

    def extend(self, later: Self) -> None:
        super().extend(later)
        if not self.ended:
            for key, columns in later.points.items():
                if key not in self.points:
                    self.points[key] = columns
                    continue
                for mine, more in zip(self.points[key], columns, strict=True):
                    mine.extend(more)


class Measures(Points):
    """System metrics by their names or globs, over POSIX seconds."""

    wanted = frozenset({STATS, EXIT})
    kept = ("points", "ended")

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(names)
        self.points = {}
        globs = [name for name in names if is_glob(name)]
        self._fits = cache(
            lambda key: key in names or any(fnmatchcase(key, glob) for glob in globs)
        )

    def add(self, found: Iterable[Record]) -> None:
        for kind, data, at, end in found:
            if self.ended or kind == EXIT:
                self.ended = True
                return
            when, values = sample(data, at, end)
            for key, one in values.items():
                if self._fits(key):
                    new = array("d"), array("d")
                    times, numbers = self.points.setdefault(key, new)
                    times.append(when)
                    numbers.append(one)

    def empty(self) -> Self:
        return type(self)(self.names)

    def extend(self, later: Self) -> None:
        super().extend(later)
        self.ended |= later.ended


class CurveScanner(Points):
    """The points of some keys, from the first row."""

    wanted = frozenset({HISTORY, EXIT})
    kept = ("points", "number", "ended", "counted")

    def __init__(
        self, keys: Sequence[str], axis: Axis, *, steps: bool, number: int = 0
    ) -> None:
        super().__init__()
        self.keys, self.axis, self.steps = tuple(keys), axis, steps
        self.points = {key: (array("d"), array("d"), array("d")) for key in keys}
        self.number = number
        """The number of the next row."""
        self.counted = False
        """Whether a row's number had to be its step."""
        self.scanners = {key: KeyScanner(key) for key in keys}
        self.across = axis_key(axis)
        every = [*self.scanners.values(), *filter(None, [self.across])]
        self.together = not any(scanner.deep for scanner in every)

    def add(self, found: Iterable[Record]) -> None:
        place = places(self.axis)
        scanners, points = self.scanners.values(), self.points.values()
        plan = [
            (s.value, xs, ys, steps)
            for s, (xs, ys, steps) in zip(scanners, points, strict=True)
        ]
        for kind, data, at, end in found:
            if self.ended or kind == EXIT:
                self.ended = True
                return
            x: float | None = None
            for value, xs, ys, steps in plan:
                y = value(data, at, end)
                if y is None:
                    continue
                if x is None and (x := place(data, at, end, self.number)) is None:
                    break
                xs.append(x)
                ys.append(y)
                if self.steps:
                    steps.append(row_step(data, at, end, self.number))
            self._count(data, at, end)
            self.number += 1

    def _count(self, data: bytes, at: int, end: int) -> None:
        if not self.counted and (self.steps or self.axis.kind is AxisKind.STEP):
            mine, other = self.number, self.number + 1
            step = row_step(data, at, end, mine)
            self.counted = step == mine and row_step(data, at, end, other) == other

    def empty(self) -> Self:
        return type(self)(self.keys, self.axis, steps=self.steps)

    @property
    def apart(self) -> bool:
        return not self.counted

    def extend(self, later: Self) -> None:
        super().extend(later)
        if not self.ended:
            self.number += later.number
            self.ended = later.ended


def axis_key(axis: Axis) -> KeyScanner | None:
    """Return what is looked for on *axis*, None for steps."""
    match axis.kind:
        case AxisKind.STEP:
            return None
        case AxisKind.RUNTIME:
            return KeyScanner("_runtime")
        case AxisKind.WALL:
            return KeyScanner("_timestamp")
        case AxisKind.KEY:
            return KeyScanner(axis.key)


def places(axis: Axis) -> Place:
    """Return what tells where a row stands on *axis*."""
    scanner = axis_key(axis)
    if scanner is None:
        return row_step
    value = scanner.value
    return lambda data, at, end, _: value(data, at, end)
