"""Choose rows of a history as W&B does."""

from __future__ import annotations

import itertools
import random
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

Row = TypeVar("Row")


def sampled(
    rows: Sequence[Mapping[str, Any]], spec: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the rows that have all of the spec's keys, at most ``samples`` of them."""
    keys = list(dict.fromkeys(spec["keys"]))
    if set(keys) <= {"_step"}:
        return []
    found = []
    highest = spec.get("maxStep")
    beyond = None if highest is None else highest + 1
    for row in between(rows, spec.get("minStep"), beyond):
        values = [dig(row, key) for key in keys]
        if None not in values:
            found.append(dict(zip(keys, values, strict=True)))
    return list(pick(found, spec.get("samples", 500)))


def between(
    rows: Sequence[Mapping[str, Any]], lowest: int | None, beyond: int | None
) -> list[Mapping[str, Any]]:
    first = 0 if lowest is None else bisect_left(rows, lowest, key=_step)
    last = len(rows) if beyond is None else bisect_left(rows, beyond, key=_step)
    return list(rows[first:last])


def _step(row: Mapping[str, Any]) -> int:
    return int(row["_step"])


def pick(rows: Sequence[Row], count: int) -> Sequence[Row]:
    """Pick one row of each equal bucket: at random, so that the ends can be missing."""
    if len(rows) <= count:
        return rows
    chance = random.Random()  # noqa: S311 (W&B draws a new sample at each request)
    edges = [bucket * len(rows) // count for bucket in range(count + 1)]
    return [
        rows[chance.randrange(low, high)] for low, high in itertools.pairwise(edges)
    ]


def dig(values: Any, key: str) -> Any:
    """Return ``values[key]``; a dot may be part of a key or go down a level."""
    if not isinstance(values, Mapping):
        return None
    if key in values:
        return values[key]
    for dot, letter in enumerate(key):
        if letter == "." and key[:dot] in values:
            found = dig(values[key[:dot]], key[dot + 1 :])
            if found is not None:
                return found
    return None
