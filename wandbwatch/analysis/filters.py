"""MongoDB-style filters on runs, as ``wandb.Api.runs(filters=…)`` takes them.

They are read whole before any run is, and before a server is asked: a wrong one is a
UsageError for every source.
https://docs.wandb.ai/ref/python/public-api/runs/
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.cell import MISSING, Missing
from wandbwatch.model.errors import UsageError
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
    "duration": lambda run: run.runtime,
    "entity": lambda run: run.entity or None,
    "project": lambda run: run.project or None,
}
_ALSO = {
    "jobType": "job_type",
    "displayName": "display_name",
    "createdAt": "created_at",
    "heartbeatAt": "heartbeat_at",
    "user": "username",
    "description": "notes",
}
_TIMES = ("created_at", "heartbeat_at")
_CONFIG, _SUMMARY = "config.", "summary_metrics."
_ALSO_SUMMARY = "summaryMetrics."


@dataclass(frozen=True)
class RunField:
    """What a column reads of a run."""

    read: Callable[[Run], Value]
    config: tuple[str, ...] = ()
    """The config keys that runs must be read with."""
    summary: tuple[str, ...] = ()


def column(name: str) -> RunField:
    """Find a column; UsageError names the likely one, or all of them."""
    if name.startswith(_ALSO_SUMMARY):
        name = _SUMMARY + name.removeprefix(_ALSO_SUMMARY)
    if name.startswith(_CONFIG):
        keys = _config_keys(name.removeprefix(_CONFIG))
        return RunField(lambda run: _first(run.config, keys), config=keys)
    if name.startswith(_SUMMARY):
        key = name.removeprefix(_SUMMARY)
        return RunField(lambda run: _below(run.summary, key), summary=(key,))
    if read := _COLUMNS.get(_ALSO.get(name, name)):
        return RunField(read)
    if hint := did_you_mean(name, [*_COLUMNS, *_ALSO]):
        raise UsageError(f"runs have no {name!r}{hint}")
    known = ", ".join([*_COLUMNS, "config.KEY", "summary_metrics.KEY"])
    spelled = f"{_SUMMARY}{name} for a metric, {_CONFIG}{name} for a setting"
    raise UsageError(f"runs have no {name!r}; they have {known}; write {spelled}")


def _config_keys(name: str) -> tuple[str, ...]:
    """Return the keys that *name* may mean: the server stores a as a.value."""
    ways = [name, name.removesuffix(".value"), name.replace(".value.", ".", 1)]
    return tuple(dict.fromkeys(ways))


def _first(table: Mapping[str, Json], keys: tuple[str, ...]) -> Value:
    found = (_below(table, key) for key in keys)
    return next((value for value in found if value is not MISSING), MISSING)


def _below(table: Mapping[str, Json], key: str) -> Value:
    """Return the value of *key*, or a table of the keys below it."""
    if key in table:
        return table[key]
    prefix = f"{key}."
    below = {
        k.removeprefix(prefix): v for k, v in table.items() if k.startswith(prefix)
    }
    return below or MISSING


Test: TypeAlias = Callable[[Value], bool]

_KNOWN = "$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $not, $exists, $regex,"
_KNOWN += " $all, $size, $elemMatch"
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_MILLISECONDS = 1e11
"""Larger numbers are milliseconds: as seconds this would be the year 5138."""
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}


def condition(name: str, wanted: Json) -> Test:
    """Read the condition on one column: a value, or operators that must all hold."""
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
    if word == "$not":
        return _not(condition(name, operand))
    if word == "$regex":
        return _matches(operand, options)
    if word == "$elemMatch":
        return _element(name, word, operand)
    if word not in _OPERATORS:
        raise UsageError(f"filters: {name}: {word!r} is not one of {_KNOWN}")
    return _OPERATORS[word](word, operand)


def _not(test: Test) -> Test:
    return lambda value: not test(value)


def _exists(wanted: Json) -> Test:
    return lambda value: (value is not MISSING) is bool(wanted)


def _on_each(test: Test) -> Test:
    """Test a list, and also each of its members."""
    return lambda value: (
        test(value)
        or (isinstance(value, list | tuple) and any(test(member) for member in value))
    )


def _equals(wanted: Json) -> Test:
    if wanted is None:  # null is also what is not there
        return _on_each(lambda value: value is MISSING or value is None)
    test = _on_each(lambda value: _same(value, wanted))
    if not isinstance(wanted, str):
        return test
    return lambda value: value == wanted if isinstance(value, str) else test(value)


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
    texts = {wanted for wanted in operand if isinstance(wanted, str)}
    tests = [_equals(wanted) for wanted in operand]
    return lambda value: (
        value in texts if isinstance(value, str) else any(t(value) for t in tests)
    )


def _all_of(word: str, operand: Json) -> Test:
    if not isinstance(operand, list):
        raise UsageError(f"filters: {word} takes a list, not {operand!r}")
    tests = [_equals(wanted) for wanted in operand]
    return lambda value: bool(tests) and all(test(value) for test in tests)


def _sized(word: str, operand: Json) -> Test:
    if isinstance(operand, bool) or not isinstance(operand, int):
        raise UsageError(f"filters: {word} takes a number, not {operand!r}")
    return lambda value: isinstance(value, list | tuple) and len(value) == operand


def _element(name: str, word: str, operand: Json) -> Test:
    """Read the condition on a member of a list: operators, or fields of a table."""
    if not isinstance(operand, Mapping) or not operand:
        raise UsageError(f"filters: {word} takes a filter, not {operand!r}")
    if all(key.startswith("$") for key in operand):
        test = condition(name, operand)
    else:
        fields = {key: condition(key, wanted) for key, wanted in operand.items()}

        def test(value: Value) -> bool:
            return isinstance(value, Mapping) and all(
                holds(value.get(key, MISSING)) for key, holds in fields.items()
            )

    return lambda value: isinstance(value, list | tuple) and any(map(test, value))


_OPERATORS: Mapping[str, Callable[[str, Json], Test]] = {
    "$eq": lambda _, operand: _equals(operand),
    "$ne": lambda _, operand: _not(_equals(operand)),
    "$in": _in,
    "$nin": lambda word, operand: _not(_in(word, operand)),
    "$exists": lambda _, operand: _exists(operand),
    "$all": _all_of,
    "$size": _sized,
}


def _compares(name: str, operand: Json) -> Test:
    """Compare numbers with numbers, texts with texts, times with times: what is of
    another kind, or NaN, is neither greater nor less."""
    holds, moment = _ORDERS[name], _moment(operand)

    def test(value: Value) -> bool:
        if isinstance(value, datetime):
            return moment is not None and holds(value, moment)
        if isinstance(value, bool) or isinstance(operand, bool):
            return False
        if isinstance(value, int | float) and isinstance(operand, int | float):
            return holds(value, operand)
        if isinstance(value, str) and isinstance(operand, str):
            return holds(value, operand)
        return False

    return _on_each(test)


def _moment(wanted: Json) -> datetime | None:
    """Read a time as JSON has it: ISO 8601, of UTC if it names no zone, or the seconds
    or milliseconds since 1970."""
    try:
        if isinstance(wanted, int | float) and not isinstance(wanted, bool):
            seconds = wanted / 1000 if abs(wanted) > _MILLISECONDS else wanted
            return datetime.fromtimestamp(seconds, UTC)
        moment = datetime.fromisoformat(wanted) if isinstance(wanted, str) else None
    except (ValueError, OverflowError, OSError):
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
    return _on_each(lambda v: isinstance(v, str) and bool(compiled.search(v)))


@dataclass(frozen=True)
class Filter:
    """Whether a run matches, and the keys that it must be read with for that."""

    test: Callable[[Run], bool]
    columns: tuple[RunField, ...] = ()


def parse(filters: Mapping[str, Json]) -> Filter:
    """Read filters; all the parts of one object must hold."""
    return _all([_part(name, wanted) for name, wanted in filters.items()])


def worded(filters: Mapping[str, Json]) -> dict[str, Json]:
    """Return *filters* as W&B's server reads them: each time is ISO 8601 in UTC.

    Raises UsageError for what `parse` does not take.
    """
    parse(filters)
    known = _known(filters)
    return {name: _worded(name, wanted) for name, wanted in known.items()}


def _known(filters: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return *filters* without ``$all`` and ``$elemMatch``, which not every server
    knows, where others mean the same."""
    parts: list[Any] = [
        part for name, wanted in filters.items() for part in _parts(name, wanted)
    ]
    if len(parts) == len(filters):
        return {name: wanted for part in parts for name, wanted in part.items()}
    return {"$and": parts}


def _parts(name: str, wanted: Any) -> Iterator[dict[str, Any]]:
    if name in _JOINTS and isinstance(wanted, list):
        yield {name: [dict(_known(one)) for one in wanted]}
        return
    if name.startswith("$") or not isinstance(wanted, Mapping):
        yield {name: wanted}
        return
    left = dict(wanted)
    every, match = left.get("$all"), left.get("$elemMatch")
    if isinstance(every, list) and every and not any(map(_is_tree, every)):
        del left["$all"]
        yield from ({name: {"$in": [one]}} for one in every)
    if isinstance(match, Mapping) and match.keys() in ({"$eq"}, {"$in"}):
        del left["$elemMatch"]
        yield {name: {"$in": match.get("$in", [match.get("$eq")])}}
    if left or not wanted:
        yield {name: left}


def _is_tree(value: object) -> bool:
    return isinstance(value, Mapping | list)


def _worded(name: str, wanted: Json) -> Json:
    if isinstance(wanted, Mapping):
        inner = wanted.items()
        return {k: _worded(k if name[:1] == "$" else name, v) for k, v in inner}
    if isinstance(wanted, list):
        return [_worded(name, one) for one in wanted]
    if _ALSO.get(name, name) in _TIMES and (moment := _moment(wanted)):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return wanted


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
    if len(parts) == 1:
        return parts[0]
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
    """Make values comparable: numbers before texts; None for values without order."""
    match value:
        case datetime():
            return 0, value.timestamp(), ""
        case bool() | int() | float():
            return None if math.isnan(value) else (0, value, "")
        case str():
            return 1, 0.0, value
        case _:
            return None
