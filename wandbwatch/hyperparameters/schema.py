"""Hyperparameters checked against the schema of an experiment."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy

from wandbwatch.formatting.text import did_you_mean
from wandbwatch.hyperparameters.objects import Object, Path, dotted, replaced
from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json
from wandbwatch.model.settings import ParameterRule, ParameterType, Schema

_KINDS: Mapping[ParameterType, tuple[tuple[type, ...], str]] = {
    ParameterType.INT: ((int,), "a whole number"),
    ParameterType.FLOAT: ((int, float), "a number"),
    ParameterType.BOOL: ((bool,), "true or false"),
    ParameterType.STRING: ((str,), "a string"),
    ParameterType.LIST: ((list,), "a list"),
    ParameterType.TABLE: ((dict,), "a table"),
}


def with_defaults(values: Object, schema: Schema) -> Object:
    """Return *values* with the schema's defaults. UsageError for the first fault."""
    complete = deepcopy(values)
    for path, rule in schema.rules.items():
        if rule.default is not None and not _at(complete, path):
            complete = replaced(complete, {path: rule.default})
    for fault in faults(complete, schema):
        raise UsageError(fault)
    return complete


def faults(values: Object, schema: Schema) -> Iterator[str]:
    """Yield each fault of *values* as one line."""
    if not schema.rules:
        return
    known = schema.rules.keys()
    for path in _paths(values, known):
        if path not in known:
            names = [dotted(p) for p in known]
            listed = f"; the schema has {', '.join(names)}"
            hint = did_you_mean(dotted(path), names) or listed
            yield f"unknown parameter {dotted(path)!r}{hint}"
    for path, rule in schema.rules.items():
        for value in _at(values, path):
            if reason := fault(value, rule):
                yield f"{dotted(path)} = {_json(value)}: {reason}"
        if rule.required and not _at(values, path):
            yield f"{dotted(path)} is required: add {dotted(path)}=VALUE"


def fault(value: Json, rule: ParameterRule) -> str:
    """Say why *rule* forbids *value*; empty if it does not.

    Whole numbers are numbers; true and false are not.
    """
    return (
        _kind_fault(value, rule)
        or _choice_fault(value, rule)
        or _range_fault(value, rule)
    )


def _kind_fault(value: Json, rule: ParameterRule) -> str:
    if rule.kind is None:
        return ""
    types, name = _KINDS[rule.kind]
    fits = bool in types if isinstance(value, bool) else isinstance(value, types)
    return "" if fits else f"must be {name}"


def _choice_fault(value: Json, rule: ParameterRule) -> str:
    if rule.choices is None or any(_same(value, c) for c in rule.choices):
        return ""
    return f"must be one of {', '.join(map(_json, rule.choices))}"


def _range_fault(value: Json, rule: ParameterRule) -> str:
    if rule.low is None and rule.high is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    if rule.low is not None and value < rule.low:
        return f"must be at least {rule.low}"
    if rule.high is not None and value > rule.high:
        return f"must be at most {rule.high}"
    return ""


def _paths(values: Object, known: Collection[Path], path: Path = ()) -> Iterator[Path]:
    """Yield the paths that need a rule: down to a known one, or to a value."""
    for key, value in values.items():
        here = (*path, key)
        if here not in known and isinstance(value, dict) and value:
            yield from _paths(value, known, here)
        else:
            yield here


def _at(values: Object, path: Path) -> tuple[Json, ...]:
    """Return the value at *path*, or nothing; null is a value."""
    here: Json = values
    for part in path:
        if not isinstance(here, Mapping) or part not in here:
            return ()
        here = here[part]
    return (here,)


def _same(one: Json, other: Json) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]
