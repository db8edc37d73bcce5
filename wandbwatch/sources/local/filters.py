"""MongoDB's filters over local runs: what ``wandb.Api.runs(filters=…)`` takes.

They are read whole before any run is: a wrong one is a UsageError.
https://docs.wandb.ai/ref/python/public-api/runs/
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from wandbwatch.model.errors import UsageError
from wandbwatch.model.report import MISSING, Missing
from wandbwatch.model.run import Json, Run

Value: TypeAlias = Json | datetime | Missing

_COLUMNS: dict[str, Callable[[Run], Value]] = {
    "state": lambda run: run.state.value,
    "group": lambda run: run.group or None,
    "job_type": lambda run: run.job_type or None,
    "tags": lambda run: run.tags,
    "display_name": lambda run: run.name,
    "name": lambda run: run.id,
    "created_at": lambda run: run.created,
    "heartbeat_at": lambda run: run.heartbeat,
    "username": lambda run: run.user or None,
    "sweep": lambda run: run.sweep or None,
    "host": lambda run: run.host or None,
    "notes": lambda run: run.notes or None,
}
_ALSO = {
    "jobType": "job_type",
    "displayName": "display_name",
    "createdAt": "created_at",
    "heartbeatAt": "heartbeat_at",
    "user": "username",
}
_CONFIG, _SUMMARY = "config.", "summary_metrics."


@dataclass(frozen=True)
class RunField:
    read: Callable[[Run], Value]
    config: tuple[str, ...] = ()
    """The config keys that a run must have been read with."""
    summary: tuple[str, ...] = ()


def column(name: str) -> RunField:
    """Find a column; UsageError says which there are."""
    if name.startswith(_CONFIG):
        keys = _config_keys(name.removeprefix(_CONFIG))
        return RunField(lambda run: _first(run.config, keys), config=keys)
    if name.startswith(_SUMMARY):
        key = name.removeprefix(_SUMMARY)
        return RunField(lambda run: _below(run.summary, key), summary=(key,))
    if read := _COLUMNS.get(_ALSO.get(name, name)):
        return RunField(read)
    known = ", ".join([*_COLUMNS, "config.KEY", "summary_metrics.KEY"])
    raise UsageError(f"runs have no {name!r}; they have {known}")


def _config_keys(name: str) -> tuple[str, ...]:
    """Return the keys that *name* may mean: the server keeps a's value in a.value."""
    ways = [name, name.removesuffix(".value"), name.replace(".value.", ".", 1)]
    return tuple(dict.fromkeys(ways))


def _first(table: Mapping[str, Json], keys: tuple[str, ...]) -> Value:
    found = (_below(table, key) for key in keys)
    return next((value for value in found if value is not MISSING), MISSING)


def _below(table: Mapping[str, Json], key: str) -> Value:
    """Return the value of *key*, or the table of what lies below it."""
    if key in table:
        return table[key]
    prefix = f"{key}."
    below = {
        k.removeprefix(prefix): v for k, v in table.items() if k.startswith(prefix)
    }
    return below or MISSING


Test: TypeAlias = Callable[[Value], bool]

_KNOWN = "$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $not, $exists, $regex"
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}


def condition(name: str, wanted: Json) -> Test:
    """Read what is wanted of one column: a value, or operators that must all hold."""
    if not (isinstance(wanted, Mapping) and any(k.startswith("$") for k in wanted)):
        return _equals(wanted)
    options = wanted.get("$options", "")
    tests = [
        _operator(name, word, operand, options)
        for word, operand in wanted.items()
        if word != "$options"
    ]
    return lambda value: all(test(value) for test in tests)


def _operator(name: str, word: str, operand: Json, options: Json) -> Test:
    if word in _ORDERS:
        return _compares(word, operand)
    match word:
        case "$eq":
            test = _equals(operand)
        case "$ne":
            test = _not(_equals(operand))
        case "$in":
            test = _in(word, operand)
        case "$nin":
            test = _not(_in(word, operand))
        case "$not":
            test = _not(condition(name, operand))
        case "$exists":
            test = _exists(operand)
        case "$regex":
            test = _matches(operand, options)
        case _:
            raise UsageError(f"filters: {name}: {word!r} is not one of {_KNOWN}")
    return test


def _not(test: Test) -> Test:
    return lambda value: not test(value)


def _exists(wanted: Json) -> Test:
    return lambda value: (value is not MISSING) is bool(wanted)


def _each(value: Value) -> Sequence[Value]:
    """Return what a condition looks at: of a list also each of its members."""
    return (value, *value) if isinstance(value, list | tuple) else (value,)


def _equals(wanted: Json) -> Test:
    if wanted is None:  # null is also what is not there
        return lambda value: value is MISSING or any(v is None for v in _each(value))
    return lambda value: any(_same(v, wanted) for v in _each(value))


def _same(value: Value, wanted: Json) -> bool:
    if isinstance(value, datetime):
        return value == _moment(wanted)
    if isinstance(value, bool) is not isinstance(wanted, bool):
        return False
    if isinstance(value, tuple):
        return list(value) == wanted
    return value == wanted


def _in(word: str, operand: Json) -> Test:
    if not isinstance(operand, list):
        raise UsageError(f"filters: {word} takes a list, not {operand!r}")
    tests = [_equals(wanted) for wanted in operand]
    return lambda value: any(test(value) for test in tests)


def _compares(name: str, operand: Json) -> Test:
    """Compare numbers with numbers, texts with texts, times with times: what is of
    another kind, or NaN, is neither greater nor less."""
    holds = _ORDERS[name]

    def test(value: Value) -> bool:
        if isinstance(value, datetime):
            return (moment := _moment(operand)) is not None and holds(value, moment)
        if isinstance(value, bool) or isinstance(operand, bool):
            return False
        if isinstance(value, int | float) and isinstance(operand, int | float):
            return holds(value, operand)
        if isinstance(value, str) and isinstance(operand, str):
            return holds(value, operand)
        return False

    return lambda value: any(test(v) for v in _each(value))


def _moment(wanted: Json) -> datetime | None:
    """Read a time as JSON has it: ISO 8601, of UTC if it names no zone."""
    try:
        moment = datetime.fromisoformat(wanted) if isinstance(wanted, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and not moment.tzinfo else moment


def _matches(pattern: Json, options: Json) -> Test:
    if not isinstance(pattern, str) or not isinstance(options, str):
        raise UsageError(f"filters: $regex takes a text, not {pattern!r}")
    flags = re.NOFLAG
    for letter in options:
        if letter not in _FLAGS:
            raise UsageError(f"filters: $options has {letter!r}, none of i, m, s, x")
        flags |= _FLAGS[letter]
    try:
        compiled = re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError) as e:
        raise UsageError(f"filters: $regex {pattern!r}: {e}") from e
    return lambda value: any(
        isinstance(v, str) and bool(compiled.search(v)) for v in _each(value)
    )


@dataclass(frozen=True)
class Filter:
    """Whether a run is wanted, and the keys it must have been read with for that."""

    test: Callable[[Run], bool]
    columns: tuple[RunField, ...] = ()


def parse(filters: Mapping[str, Json]) -> Filter:
    """Read filters; all the parts of one object must hold."""
    return _all([_part(name, wanted) for name, wanted in filters.items()])


def _part(name: str, wanted: Json) -> Filter:
    if not name.startswith("$"):
        return _on_column(column(name), name, wanted)
    if name == "$not":  # MongoDB has it within a key alone, W&B before a filter too
        if not isinstance(wanted, Mapping):
            raise UsageError(f"filters: $not takes a filter, not {wanted!r}")
        return _none([parse(wanted)])
    if name not in _JOINTS:
        known = ", ".join((*_JOINTS, "$not"))
        raise UsageError(f"filters: {name!r} is not one of {known}")
    return _JOINTS[name](_listed(name, wanted))


def _listed(name: str, wanted: Json) -> list[Filter]:
    if not isinstance(wanted, list) or not wanted:
        raise UsageError(f"filters: {name} takes a list of filters")
    parts = []
    for part in wanted:
        if not isinstance(part, Mapping):
            raise UsageError(f"filters: {name} takes a list of filters, not {part!r}")
        parts.append(parse(part))
    return parts


def _all(parts: Sequence[Filter]) -> Filter:
    return Filter(lambda run: all(p.test(run) for p in parts), _columns(parts))


def _any(parts: Sequence[Filter]) -> Filter:
    return Filter(lambda run: any(p.test(run) for p in parts), _columns(parts))


def _none(parts: Sequence[Filter]) -> Filter:
    return Filter(lambda run: not any(p.test(run) for p in parts), _columns(parts))


_JOINTS = {"$and": _all, "$or": _any, "$nor": _none}


def _columns(parts: Sequence[Filter]) -> tuple[RunField, ...]:
    return tuple(column for part in parts for column in part.columns)


def _on_column(on: RunField, name: str, wanted: Json) -> Filter:
    test = condition(name, wanted)
    return Filter(lambda run: test(on.read(run)), (on,))


T = TypeVar("T")


def by(order: str) -> RunField:
    """Find the column that an order names; UsageError if there is none."""
    return column(order.lstrip("+-"))


def ordered(found: Iterable[tuple[Run, T]], order: str) -> list[tuple[Run, T]]:
    """Sort runs (and what comes with each) by a column, ``+`` or nothing before it
    for ascending, ``-`` for descending.

    Runs without a value, or with NaN, come last either way.
    """
    read = by(order).read
    ranked = [(_rank(read(pair[0])), pair) for pair in found]
    there = [(rank, pair) for rank, pair in ranked if rank is not None]
    there.sort(key=lambda one: one[0], reverse=order.startswith("-"))
    return [pair for _, pair in there] + [pair for rank, pair in ranked if rank is None]


def _rank(value: Value) -> tuple[int, float, str] | None:
    """Make values comparable: numbers before texts; None for what has no place."""
    match value:
        case datetime():
            return 0, value.timestamp(), ""
        case bool() | int() | float():
            return None if math.isnan(value) else (0, value, "")
        case str():
            return 1, 0.0, value
        case _:
            return None
