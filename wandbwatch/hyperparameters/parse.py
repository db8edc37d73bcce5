"""The words of a command line as one object: JSON, files and pairs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import tomli

from wandbwatch.hyperparameters.objects import (
    WORDS,
    Object,
    from_json,
    from_toml,
    plain,
)
from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json

_PART = r"""(?:"[^"]+"|'[^']+'|[^\s."'=\[\]{},]+)"""
_PAIR = re.compile(rf"({_PART}(?:\.{_PART})*)=(.*)", re.DOTALL)
_PARTS = re.compile(_PART)
_BARE = re.compile(r"[^\s#]+")
_LOOSE = re.compile(r"[+-]?(?:\.\d+|\d+\.)(?:[eE][+-]?\d+)?")
_NEARLY = {"True": "true", "False": "false", "None": "null", "NULL": "null"}


def is_pair(word: str) -> bool:
    return "=" in word


def pair(word: str) -> tuple[tuple[str, ...], Json]:
    """Read one ``key=value`` as the key's parts and its value."""
    found = _PAIR.fullmatch(word)
    if not found:
        raise UsageError(f"{word[:80]!r} is not KEY=VALUE")
    parts = tuple(part.strip("\"'") for part in _PARTS.findall(found[1]))
    return parts, _value(found[2], found[1])


def put(values: Object, path: Sequence[str], value: Json) -> None:
    """Set the value at *path*, in tables that are made where there are none."""
    *outer, name = path
    for depth, part in enumerate(outer, 1):
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            whole, there = ".".join(path), ".".join(path[:depth])
            raise UsageError(f"{whole}: {there} already has a value and is not a table")
        values = inner
    values[name] = value


def _value(text: str, key: str) -> Json:
    """Read a value: what is no TOML is a word, where it can be meant as one."""
    if text in _NEARLY:
        right = _NEARLY[text]
        raise UsageError(f"{key}={text}: write {right}, or '\"{text}\"' for the word")
    if text == "null":
        return None
    if _LOOSE.fullmatch(text):
        return float(text)
    quoted = text[:1] in ("[", "{", '"', "'")
    if not quoted and not _BARE.fullmatch(text):
        return text
    try:
        return plain(tomli.loads(f"value = {text}")["value"], f"{key}={text}"[:80], key)
    except (ValueError, RecursionError) as e:
        if not quoted:
            return text
        why = e.msg if isinstance(e, tomli.TOMLDecodeError) else e
        raise UsageError(f"{key}={text[:80]}: {why}") from e


Read = Callable[[str], str]
"""Returns a file's text; UsageError where there is none."""


@dataclass(frozen=True)
class Given:
    values: Object = field(default_factory=dict)
    text: str | None = None
    """The one JSON object that was written, as it was written; None where the
    object is made of something else."""


def is_parameters(word: str) -> bool:
    """Whether *word* says hyperparameters, and is not a name."""
    return word.lstrip()[:1] in ("{", "[", "@", '"') or is_pair(word) or not word


def given(words: Sequence[str], read: Read) -> Given:
    """Put together what *words* say: files and objects first, then the pairs.

    A later one of them has the last word on a key; a pair that stands twice is an
    error, as is all else that a user can hardly have meant.
    """
    whole = [w for w in words if not is_pair(w) or w.lstrip()[:1] in ("{", "[", "@")]
    objects = [_object(word, read) for word in whole]
    pairs = [pair(word) for word in words if word not in whole]
    if len(objects) == 1 and not pairs:
        return objects[0]
    values: Object = {}
    for one in objects:
        _merge(values, one.values)
    seen: set[tuple[str, ...]] = set()
    for path, value in pairs:
        if path in seen:
            raise UsageError(f"{'.'.join(path)} is given twice")
        seen.add(path)
        put(values, path, value)
    return Given(values)


def _object(word: str, read: Read) -> Given:
    place = word.strip().removeprefix("@")
    if not word.strip().startswith("@"):
        return Given(from_json(word, WORDS), word)
    if not place.endswith((".toml", ".json")):
        raise UsageError(f"{word[:80]!r}: write @FILE.json or @FILE.toml")
    text = read(place)
    if place.endswith(".toml"):
        return Given(from_toml(text, place))
    return Given(from_json(text, place), text.strip())


def _merge(values: Object, more: Object) -> None:
    for key, value in more.items():
        there = values.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            _merge(there, value)
        else:
            values[key] = deepcopy(value)
