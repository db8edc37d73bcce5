"""Series out of history rows: the asked keys over the asked axis."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from wandbwatch.analysis.histograms import column
from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Series
from wandbwatch.sources.local.items import items
from wandbwatch.sources.local.key_scanner import Needle
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.metrics import Metric, metric
from wandbwatch.sources.local.wire import (
    CONTINUES,
    EXIT,
    HISTORY,
    METRIC,
    fields,
    signed,
    varint,
)

Place: TypeAlias = Callable[[bytes, int, int, int], float | None]
"""Where a row (its bytes, start, end and number) stands on an axis, if anywhere."""

_ROWS = frozenset({HISTORY, EXIT, METRIC})
_STEP_FIELD = 2
_STEP_TAG, _VARINT_TAG = 0x12, 0x08
_STEP = Needle("_step")


def series(
    logs: Iterable[RunLog],
    keys: Sequence[str],
    axis: Axis,
    defined: list[Metric] | None = None,
) -> dict[str, Series]:
    """Read *keys* of one run's logs, which follow each other, over *axis*.

    Steps are W&B's ``_step``, also for a key that define_metric gives an axis of its
    own: that one is asked for by its name. A key that was never logged has no series.
    What define_metric said is added to *defined*.
    """
    place = places(axis)
    plan = [(Needle(key).value, array("d"), array("d")) for key in dict.fromkeys(keys)]
    number = 0
    for log in logs:
        for kind, data, at, end in log.forward(_ROWS):
            if kind == EXIT:
                break
            if kind == METRIC:
                if defined is not None:
                    defined.append(metric(data, at, end))
                continue
            x: float | None = None
            for value, xs, ys in plan:
                y = value(data, at, end)
                if y is None:
                    continue
                if x is None and (x := place(data, at, end, number)) is None:
                    break
                xs.append(x)
                ys.append(y)
            number += 1
    found = zip(dict.fromkeys(keys), plan, strict=True)
    return {key: Series(key, xs, ys) for key, (_, xs, ys) in found if ys}


def places(axis: Axis) -> Place:
    """Return what tells where a row stands on *axis*."""
    match axis.kind:
        case AxisKind.STEP:
            return step
        case AxisKind.RUNTIME:
            needle = Needle("_runtime")
        case AxisKind.WALL:
            needle = Needle("_timestamp")
        case AxisKind.KEY:
            needle = Needle(axis.key)
    return lambda data, at, end, _: needle.value(data, at, end)


def step(data: bytes, at: int, end: int, number: int) -> float:
    """Return a row's step: its own field, else its ``_step``, else its number.

    The field is the last one of the row, ``12 LENGTH 08 VARINT``, so it is read from
    the end; a JSON value cannot look like it, since it holds no control characters.
    """
    first = end - 1
    value = data[first]
    while data[first - 1] >= CONTINUES:
        first -= 1
        value = value << 7 | data[first] & 0x7F
    if data[first - 1] == _VARINT_TAG and data[first - 2] == end - first + 1:
        if data[first - 3] == _STEP_TAG:
            return value
    elif data[end - 2 : end] == b"\x12\x00":
        return 0
    return _searched_step(data, at, end, number)


def _searched_step(data: bytes, at: int, end: int, number: int) -> float:
    for field, start, stop in fields(data, at, end):
        if field == _STEP_FIELD:
            for inner, begin, _ in fields(data, start, stop):
                if inner == 1:
                    return signed(varint(data, begin)[0])
            return 0
    found = _STEP.value(data, at, end)
    return number if found is None else found


def distributions(
    logs: Iterable[RunLog], keys: Sequence[str], axis: Axis, defined: list[Metric]
) -> dict[str, tuple[HistogramColumn, ...]]:
    """Read *keys* of one run's logs, which follow each other, over *axis*.

    What define_metric said is added to *defined*.
    """
    place = places(axis)
    found: dict[str, list[HistogramColumn]] = {key: [] for key in keys}
    marks = {key: key.rpartition(".")[2].encode("utf-8", "replace") for key in keys}
    number = 0
    for log in logs:
        for kind, data, at, end in log.forward(_ROWS):
            if kind == EXIT:
                break
            if kind == METRIC:
                defined.append(metric(data, at, end))
                continue
            there = [k for k, mark in marks.items() if data.find(mark, at, end) >= 0]
            x = place(data, at, end, number) if there else None
            if x is not None:
                for key, value in _values(data, at, end, there).items():
                    if one := column(x, value):
                        found[key].append(one)
            number += 1
    return {key: tuple(columns) for key, columns in found.items() if columns}


def _values(
    data: bytes, at: int, end: int, keys: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Put the parts of a row that belong to *keys* together: each is its own item."""
    trees: dict[str, dict[str, Any]] = {}
    for path, value in items(data, at, end):
        name = ".".join(path)
        for key in keys:
            if name == key and isinstance(value, dict):
                trees[key] = value
            elif name.startswith(f"{key}."):
                _put(trees.setdefault(key, {}), name[len(key) + 1 :].split("."), value)
    return trees


def _put(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *parents, last = path
    for parent in parents:
        inner = tree.setdefault(parent, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    tree[last] = value
