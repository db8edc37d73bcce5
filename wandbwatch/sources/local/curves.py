"""The numbers of some keys in a log's rows, over one axis."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any, Self, TypeAlias

from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.sources.local.framing import Record
from wandbwatch.sources.local.key_scanner import KeyScanner, row_step
from wandbwatch.sources.local.known import Known, unstored
from wandbwatch.sources.local.wire import EXIT, HISTORY

Place: TypeAlias = Callable[[bytes, int, int, int], float | None]
"""Where a row (its bytes, start, end and number) stands on an axis, if anywhere."""
Columns: TypeAlias = tuple["array[float]", "array[float]", "array[float]"]
"""x, y, and the step of each point where x is something else and it matters."""


class CurveScanner(Known):
    """The points of some keys in one log, from its first row to its exit."""

    wanted = frozenset({HISTORY, EXIT})
    kept = ("points", "number", "ended", "counted")

    def __init__(
        self, keys: Sequence[str], axis: Axis, *, steps: bool, number: int = 0
    ) -> None:
        super().__init__()
        self.keys, self.axis, self.steps = tuple(keys), axis, steps
        self.points: dict[str, Columns] = {
            key: (array("d"), array("d"), array("d")) for key in keys
        }
        self.number = number
        """The number of the next row."""
        self.ended = False
        self.counted = False
        """Whether a row's number had to be its step."""
        self.scanners = {key: KeyScanner(key) for key in keys}
        self.across = axis_key(axis)
        every = [*self.scanners.values(), *filter(None, [self.across])]
        self.together = not any(scanner.deep for scanner in every)

    def block(self, number: int, found: Iterable[Record]) -> None:
        del number
        self.add(found)

    def add(self, found: Iterable[Record]) -> None:
        """Add the rows among some records, until there is an exit."""
        place = places(self.axis)
        scanners, points = self.scanners.values(), self.points.values()
        plan = [
            (s.value, *columns) for s, columns in zip(scanners, points, strict=True)
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

    def restore(self, state: dict[str, Any]) -> Self:
        super().restore(state)
        self.points = {
            key: (unstored(x), unstored(y), unstored(steps))
            for key, (x, y, steps) in self.points.items()
        }
        return self

    def copy(self) -> Self:
        found = self.empty().restore(self.state())
        found.points = deepcopy(self.points)
        return found

    @property
    def apart(self) -> bool:
        return not self.counted

    def extend(self, later: Self) -> None:
        super().extend(later)
        if not self.ended:
            for key, columns in self.points.items():
                for mine, more in zip(columns, later.points[key], strict=True):
                    mine.extend(more)
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
