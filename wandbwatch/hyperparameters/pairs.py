"""``key=value``: typed as TOML would, nested by dots."""

from __future__ import annotations

import re
from collections.abc import Sequence

import tomli

from wandbwatch.hyperparameters.objects import Object, plain
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
            raise UsageError(f"{whole}: {there} has a value already, and is no table")
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
