"""What a filter asks of one value, in MongoDB's words.

https://www.mongodb.com/docs/manual/reference/operator/query/
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from wandbwatch.model.errors import UsageError
from wandbwatch.model.report import MISSING
from wandbwatch.model.run import Json
from wandbwatch.sources.local.run_fields import Value

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
