"""Histograms out of history rows: the asked keys over the asked axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wandbwatch.analysis.histograms import column
from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.model.query import Axis
from wandbwatch.sources.local.history import places
from wandbwatch.sources.local.items import items
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.metrics import Metric, metric
from wandbwatch.sources.local.proto_fields import EXIT, HISTORY, METRIC

_ROWS = frozenset({HISTORY, EXIT, METRIC})


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
