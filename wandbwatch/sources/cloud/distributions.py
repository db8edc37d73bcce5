"""Histograms of one run: the sampled rows of a key are what it logged, whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from wandbwatch.analysis.histograms import column
from wandbwatch.model.distribution import Distributions
from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.model.query import Axis
from wandbwatch.model.run import Run
from wandbwatch.sources.cloud import reading
from wandbwatch.sources.cloud.metrics import own_axes
from wandbwatch.sources.cloud.query import Node
from wandbwatch.sources.cloud.series import axis_key

SAMPLES = 300
"""Rows asked for of each key: a picture has not room for more columns."""


def specs(keys: Sequence[str], axis: Axis) -> tuple[str, ...]:
    asked = ((axis_key(axis), key) for key in keys)
    return tuple(json.dumps({"keys": pair, "samples": SAMPLES}) for pair in asked)


def distributions(
    run: Run, node: Node, keys: Sequence[str], axis: Axis
) -> Distributions:
    """Read the histograms of *run* in *node*, which was asked by `specs`."""
    rows = list(node.get("sampledHistory") or ())
    read = {
        key: tuple(_columns(some, axis_key(axis), key))
        for key, some in zip(keys, rows, strict=False)
    }
    found = {key: columns for key, columns in read.items() if columns}
    full = (key for key, columns in found.items() if len(columns) >= SAMPLES)
    return Distributions(run, found, own_axes(node, found), frozenset(full))


def _columns(rows: object, x: str, key: str) -> Iterable[HistogramColumn]:
    for row in rows if isinstance(rows, Iterable) else ():
        if not isinstance(row, Mapping):
            continue
        at = reading.number(row.get(x))
        one = None if at is None else column(at, reading.value(row.get(key)))
        if one:
            yield one
