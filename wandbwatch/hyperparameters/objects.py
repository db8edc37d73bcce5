"""One object of hyperparameters, read strictly from JSON or TOML."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, time

import tomli

from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_CONSTANTS = {"NaN", "Infinity", "-Infinity"}


def faults(text: str) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with *text*, which is well-formed but for that, and where.

    A place is an offset in characters.
    """
    objects: list[set[str] | None] = []  # the names of each open object; None: a list
    naming = False
    for found in _TOKEN.finditer(text):
        mark = found[0]
        if mark in "{[":
            objects.append(set() if mark == "{" else None)
            naming = mark == "{"
        elif mark in "}]":
            objects.pop()
        elif mark == ",":
            naming = bool(objects) and objects[-1] is not None
        elif mark[0] == '"' and naming and objects[-1] is not None:
            naming, name = False, json.loads(mark)
            if name in objects[-1]:
                yield found.start(), f"{name!r} appears twice"
            objects[-1].add(name)
        elif why := _no_number(mark):
            yield found.start(), why


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Count both from 1."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - text.rfind("\n", 0, offset)


def _no_number(mark: str) -> str:
    if mark in _CONSTANTS:
        return f"{mark} is not a JSON number"
    if mark[0] in "-0123456789" and not math.isfinite(float(mark)):
        return f"{mark[:40]} is too large"
    return ""


Object = dict[str, Json]


def from_json(text: str, name: str) -> Object:
    """Read a JSON object; *name* says in a complaint where it stands.

    NaN, the infinities and a name that stands twice are no JSON.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as e:
        hint = _unquoted(text, name) if e.msg.startswith("Expecting property") else ""
        raise UsageError(f"{_at(name, text, e.pos)}: {e.msg}{hint}") from e
    except RecursionError as e:
        raise UsageError(f"{name}: nested too deeply") from e
    except ValueError as e:  # a whole number of more digits than Python reads
        raise UsageError(f"{name}: {str(e).partition(';')[0]}") from e
    for offset, why in faults(text):
        raise UsageError(f"{_at(name, text, offset)}: {why}")
    if not isinstance(value, dict):
        raise UsageError(f'{name}: not a JSON object such as {{"lr": 3e-4}}')
    return value


def from_toml(text: str, name: str) -> Object:
    """Read a TOML document as JSON would hold it: times are text."""
    try:
        return {key: plain(v, name, key) for key, v in tomli.loads(text).items()}
    except tomli.TOMLDecodeError as e:
        raise UsageError(f"{name}:{e.lineno}:{e.colno}: {e.msg}") from e
    except RecursionError as e:
        raise UsageError(f"{name}: nested too deeply") from e
    except ValueError as e:
        raise UsageError(f"{name}: {e}") from e


def plain(value: object, name: str, path: str) -> Json:
    """Return a TOML value as JSON holds it; *path* says where it stands."""
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
            return {k: plain(v, name, f"{path}.{k}") for k, v in value.items()}
        case _:
            kind = type(value).__name__
            raise UsageError(f"{name}: {path}: JSON has no {kind}")


def _at(name: str, text: str, offset: int) -> str:
    line, column = line_and_column(text, offset)
    return f"{name}:{line}:{column}"


def _unquoted(text: str, name: str) -> str:
    """Remind of the shell, which takes away the quotes of a word without its own."""
    if '"' in text or name != WORDS:
        return ""
    return "; in a shell, put the whole in single quotes: '{\"lr\": 3e-4}'"


WORDS = "parameters"
"""How what stands on the command line itself is called in a complaint."""
