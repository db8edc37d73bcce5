"""Histograms of one run: the sampled rows of a key are what it logged, whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from wandbwatch.histograms import column
from wandbwatch.model.drawing import Column
from wandbwatch.model.query import Axis
from wandbwatch.sources.cloud import reading
from wandbwatch.sources.cloud.asking import Node
from wandbwatch.sources.cloud.series import axis_key

SAMPLES = 300
"""Rows asked for of each key: a picture has not room for more columns."""


def specs(keys: Sequence[str], axis: Axis) -> tuple[str, ...]:
    asked = ((axis_key(axis), key) for key in keys)
    return tuple(json.dumps({"keys": pair, "samples": SAMPLES}) for pair in asked)


def distributions(
    node: Node, keys: Sequence[str], axis: Axis
) -> dict[str, tuple[Column, ...]]:
    """Read the histograms of *node*, which was asked by `specs`."""
    sampled = list(node.get("sampledHistory") or ())
    found = {}
    for key, rows in zip(keys, sampled, strict=False):
        if columns := tuple(_columns(rows, axis_key(axis), key)):
            found[key] = columns
    return found


def _columns(rows: object, x: str, key: str) -> Iterable[Column]:
    for row in rows if isinstance(rows, Iterable) else ():
        if not isinstance(row, Mapping):
            continue
        at = reading.number(row.get(x))
        one = None if at is None else column(at, reading.value(row.get(key)))
        if one:
            yield one
