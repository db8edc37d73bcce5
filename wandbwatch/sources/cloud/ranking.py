"""The order of runs, where W&B's own would not do."""

from __future__ import annotations

import math
from collections.abc import Iterable

from wandbwatch.model.run import Json, flat
from wandbwatch.sources.cloud import reading
from wandbwatch.sources.cloud.query import Node, ordered_by


def first(found: Iterable[Node], order: str, limit: int) -> list[Node]:
    """Take the first *limit* runs (0 is all), those without a value being the last.

    W&B sorts the others well. Where it puts a run that lacks the value, or has NaN,
    differs; with us it comes last, so we read on until there are enough others.
    """
    placed: list[Node] = []
    last: list[Node] = []
    for node in found:
        (placed if _has_place(node, order) else last).append(node)
        if limit and len(placed) == limit:
            break
    return (placed + last)[: limit or None]


def _has_place(node: Node, order: str) -> bool:
    keys = ordered_by(order)
    if not keys:
        return True
    value: Json = None
    if "summary" in keys:
        value = flat(reading.table(node.get("summaryMetrics"))).get(keys["summary"])
    else:
        config = reading.unwrapped(reading.table(node.get("config")))
        value = flat(config).get(keys["config"])
    return value is not None and not (isinstance(value, float) and math.isnan(value))
