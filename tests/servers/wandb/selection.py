"""Filter and order runs as ``wandb.Api.runs`` asks W&B to."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.servers.wandb.sampling import dig
from tests.servers.wandb.store import Run

_COMPARE = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_NAMES = {
    "createdAt": "created_at",
    "heartbeatAt": "heartbeat_at",
    "displayName": "display_name",
    "jobType": "job_type",
    "sweep": "sweep_name",
}


def selected(runs: Iterable[Run], filters: Mapping[str, Any]) -> list[Run]:
    return [run for run in runs if matches(run, filters)]


def matches(run: Run, filters: Mapping[str, Any]) -> bool:
    return all(_holds(run, key, want) for key, want in filters.items())


def _holds(run: Run, key: str, want: Any) -> bool:
    if key == "$and":
        return all(matches(run, part) for part in want)
    if key == "$or":
        return any(matches(run, part) for part in want)
    if key == "$not":
        return not matches(run, want)
    have = value(run, key)
    if isinstance(want, dict) and all(op.startswith("$") for op in want):
        return all(_operator(op, have, operand) for op, operand in want.items())
    return _equal(have, want)


def _operator(op: str, have: Any, want: Any) -> bool:
    if op in _COMPARE:
        return _comparable(have, want) and bool(_COMPARE[op](have, want))
    return _OTHERS[op](have, want)


def _comparable(have: Any, want: Any) -> bool:
    numbers = isinstance(have, int | float) and isinstance(want, int | float)
    return numbers or (isinstance(have, str) and isinstance(want, str))


def _equal(have: Any, want: Any) -> bool:
    if isinstance(have, list) and not isinstance(want, list):
        return want in have
    return bool(have == want)


_OTHERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": _equal,
    "$ne": lambda have, want: not _equal(have, want),
    "$in": lambda have, want: any(_equal(have, one) for one in want),
    "$nin": lambda have, want: not any(_equal(have, one) for one in want),
    "$exists": lambda have, want: (have is not None) is bool(want),
    "$regex": lambda have, want: (
        isinstance(have, str) and re.search(want, have) is not None
    ),
    "$all": lambda have, want: bool(want) and all(_equal(have, one) for one in want),
    "$size": lambda have, want: isinstance(have, list) and len(have) == want,
    "$elemMatch": lambda have, want: (
        isinstance(have, list)
        and any(all(_operator(op, e, w) for op, w in want.items()) for e in have)
    ),
    "$not": lambda have, want: (
        not all(_operator(op, have, one) for op, one in want.items())
    ),
}


def value(run: Run, key: str) -> Any:
    """Return what a filter's or an order's key stands for in *run*."""
    head, _, rest = key.partition(".")
    if head == "config":
        found = dig(run.settings, rest)
        if found is None and rest.endswith(".value"):
            found = dig(run.settings, rest.removesuffix(".value"))
        return found
    if head in ("summary_metrics", "summaryMetrics"):
        return dig(run.summary, rest)
    if key == "duration":
        return run.summary.get("_runtime")
    return getattr(run, _NAMES.get(key, key), None)


def ordered(runs: Sequence[Run], order: str | None) -> list[Run]:
    """Order runs; one without the key sorts below all others, as NULL does."""
    order = order or "+created_at"
    key = order.lstrip("+-")

    def place(run: Run) -> tuple[int, Any]:
        found = value(run, key)
        if found is None or (isinstance(found, float) and math.isnan(found)):
            return (0, 0)
        return (2, found) if isinstance(found, str) else (1, found)

    return sorted(runs, key=place, reverse=order.startswith("-"))
