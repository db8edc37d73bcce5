"""One object of hyperparameters: read strictly, its paths, and checked by a schema."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import date, time
from typing import Any

import tomli

from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import ParameterRule, ParameterType, Schema
from wandbwatch.model.run import Json

Object = dict[str, Json]
Path = tuple[str, ...]
WORDS = "parameters"
"""The name in errors of an object on the command line."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_CONSTANTS = {"NaN", "Infinity", "-Infinity"}


def from_json(text: str, name: str) -> Object:
    """Read a JSON object. UsageError, which begins with *name*, line and column.

    Unlike the json module, refuse NaN, infinities and duplicate keys.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as e:
        hint = _quoting_hint(text, name) if e.msg.startswith("Expecting prop") else ""
        raise UsageError(f"{_place(name, text, e.pos)}: {e.msg}{hint}") from e
    except RecursionError as e:
        raise UsageError(f"{name}: nested too deeply") from e
    except ValueError as e:  # an integer with more digits than Python reads
        raise UsageError(f"{name}: {str(e).partition(';')[0]}") from e
    for offset, fault in faults(text):
        raise UsageError(f"{_place(name, text, offset)}: {fault}")
    if not isinstance(value, dict):
        raise UsageError(f'{name}: must be a JSON object such as {{"lr": 3e-4}}')
    return value


def from_toml(text: str, name: str) -> Object:
    """Read a TOML document as JSON values; dates and times become strings."""
    try:
        return {key: plain(v, name, key) for key, v in tomli.loads(text).items()}
    except tomli.TOMLDecodeError as e:
        raise UsageError(f"{name}:{e.lineno}:{e.colno}: {e.msg}") from e
    except RecursionError as e:
        raise UsageError(f"{name}: nested too deeply") from e
    except ValueError as e:
        raise UsageError(f"{name}: {e}") from e


def from_yaml(text: str, name: str) -> Object:
    """Read a YAML mapping as JSON values; dates become strings."""
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415 -- wandb brings it

    try:
        value = yaml.safe_load(text)
        tree = yaml.compose(text, yaml.SafeLoader)
        for mark, fault in _yaml_faults(tree) if tree else ():
            place = f"{name}:{mark.line + 1}:{mark.column + 1}"
            raise UsageError(f"{place}: {fault}")
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise UsageError(f"{place}: {e.problem or e.context}") from e
    except (yaml.YAMLError, RecursionError, ValueError) as e:
        raise UsageError(f"{name}: {' '.join(str(e).split())}") from e
    if not isinstance(value, dict):
        raise UsageError(f"{name}: must be a mapping such as lr: 3.0e-4")
    return {_key(key, name): plain(v, name, str(key)) for key, v in value.items()}


_EXPONENT = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+")


def _yaml_faults(node: Any) -> Iterator[tuple[Any, str]]:
    """Yield the mark and the message of what YAML reads otherwise than it is meant."""
    if isinstance(node.value, str):
        meant = _EXPONENT.fullmatch(node.value)
        if meant and node.tag.endswith(":str") and node.style is None:
            number = f"{float(node.value):.1e}"
            yield (
                node.start_mark,
                (
                    f"YAML reads {node.value} as a string: write {number},"
                    f" or '{node.value}' for a string"
                ),
            )
        return
    seen: set[str] = set()
    for one in node.value:
        for inner in one if isinstance(one, tuple) else (one,):
            yield from _yaml_faults(inner)
        if isinstance(one, tuple) and isinstance(one[0].value, str):
            if (key := one[0].value) in seen and key != "<<":
                yield one[0].start_mark, f"duplicate key {key!r}"
            seen.add(key)


def _key(key: object, name: str) -> str:
    if not isinstance(key, str):
        raise UsageError(f"{name}: the key {key!r} must be a text: write '{key}'")
    return key


def plain(value: object, name: str, path: str) -> Json:
    """Convert a TOML or YAML value to JSON. Errors begin with *name* and *path*."""
    match value:
        case float() if not math.isfinite(value):
            raise UsageError(f"{name}: {path}: {value} is not a JSON number")
        case None | bool() | int() | float() | str():
            return value
        case date() | time():
            return value.isoformat()
        case list():
            return [plain(v, name, f"{path}[{i}]") for i, v in enumerate(value)]
        case Mapping():
            return {
                _key(k, name): plain(v, name, f"{path}.{k}") for k, v in value.items()
            }
        case _:
            kind = type(value).__name__
            raise UsageError(f"{name}: {path}: JSON has no {kind}")


def faults(text: str) -> Iterator[tuple[int, str]]:
    """Yield the offset in characters and the message of each fault that json accepts.

    *text* is well-formed otherwise.
    """
    objects: list[set[str] | None] = []  # the keys of each open object; None: a list
    expects_key = False
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark in "{[":
            objects.append(set() if mark == "{" else None)
            expects_key = mark == "{"
        elif mark in "}]":
            objects.pop()
        elif mark == ",":
            expects_key = bool(objects) and objects[-1] is not None
        elif mark[0] == '"' and expects_key and objects[-1] is not None:
            expects_key, key = False, json.loads(mark)
            if key in objects[-1]:
                yield match.start(), f"duplicate key {key!r}"
            objects[-1].add(key)
        elif fault := _number_fault(mark):
            yield match.start(), fault


def _number_fault(mark: str) -> str:
    if mark in _CONSTANTS:
        return f"{mark} is not a JSON number"
    if mark[0] in "-0123456789" and not math.isfinite(float(mark)):
        return f"{mark[:40]} is too large for a number"
    return ""


def _place(name: str, text: str, offset: int) -> str:
    line, column = line_and_column(text, offset)
    return f"{name}:{line}:{column}"


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Count both from 1."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - text.rfind("\n", 0, offset)


def _quoting_hint(text: str, name: str) -> str:
    """Explain the missing double quotes: the shell removes them from a bare word."""
    if '"' in text or name != WORDS:
        return ""
    return "; in a shell, put the object in single quotes: '{\"lr\": 3e-4}'"


def leaves(values: Object, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Yield every value that is not a table, and the empty tables."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def dotted(path: Sequence[str]) -> str:
    return ".".join(path)


def is_inside(path: Path, other: Path) -> bool:
    """Whether *path* is *other*, or a part of it."""
    return path[: len(other)] == other


def check_clash(path: Path, seen: Collection[Path], place: str = "") -> None:
    """Refuse a path that is given twice, and ``a=1`` beside ``a.b=2``.

    UsageError, which begins with *place*.
    """
    if path in seen:
        raise UsageError(f"{place}{dotted(path)} is given twice")
    for other in seen:
        if is_inside(path, other) or is_inside(other, path):
            outer, inner = sorted((path, other), key=len)
            raise UsageError(
                f"{place}{dotted(inner)}: {dotted(outer)} has a value and is not a"
                " table"
            )


def put(values: Object, path: Sequence[str], value: Json) -> None:
    """Set the value at *path*; create missing tables on the way."""
    *outer, name = path
    for depth, part in enumerate(outer, 1):
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            there = dotted(path[:depth])
            raise UsageError(f"{dotted(path)}: {there} has a value and is not a table")
        values = inner
    values[name] = value


def replaced(values: Object, new: Mapping[Path, Json]) -> Object:
    """Return a copy of *values* with the *new* values at their paths."""
    copy = deepcopy(values)
    for path, value in new.items():
        put(copy, path, deepcopy(value))
    return copy


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
    for fault in schema_faults(complete, schema):
        raise UsageError(fault)
    return complete


def schema_faults(values: Object, schema: Schema) -> Iterator[str]:
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
