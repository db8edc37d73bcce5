"""Add subscriptions to the text of a watch.toml, or remove them.

Not a byte of the rest changes: comments, order and spacing belong to the user.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wandbwatch.config import write
from wandbwatch.config.lines import KeyPath, TomlTree, tree
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.errors import ConfigError, UsageError

_KEY = "subscriptions"


def added(text: str, name: str, values: Mapping[str, write.Value | None]) -> str:
    """Return *text* with the subscription *values* at its end."""
    before = tree(text, name)
    block = ["[[subscriptions]]", *write.settings(values)]
    after = text + _gap(text) + "\n".join(block) + "\n"
    if "\r\n" in text:
        after = after.replace("\r\n", "\n").replace("\n", "\r\n")
    expected = [*_tables(before), {k: v for k, v in values.items() if v is not None}]
    _compare(after, name, before, expected)
    return after


def removed(text: str, name: str, subscription: str) -> str:
    """Return *text* without the named *subscription*; UsageError if there is none."""
    before = tree(text, name)
    tables = _tables(before)
    names = [str(t.get("name")) for t in tables if isinstance(t, dict)]
    if subscription not in names:
        hint = (
            did_you_mean(subscription, names)
            or f"; there is {', '.join(names) or 'none'}"
        )
        raise UsageError(f"no subscription {subscription!r} in {name}{hint}")
    index = names.index(subscription)
    lines = text.split("\n")
    first, end = _range(before, index, lines)
    after = "\n".join([*lines[:first], *lines[end:]])
    _compare(after, name, before, [*tables[:index], *tables[index + 1 :]])
    return after


def _gap(text: str) -> str:
    """Return the line breaks needed for *text* to end in a blank line."""
    if not text or text.endswith(("\n\n", "\n\r\n")):
        return ""
    return "\n" if text.endswith("\n") else "\n\n"


def _tables(read: TomlTree) -> list[Any]:
    tables = read.values.get(_KEY, [])
    return tables if isinstance(tables, list) else []


def _range(read: TomlTree, index: int, lines: list[str]) -> tuple[int, int]:
    """Return the first line of a subscription and the line after its last, from 0.

    Comments before its header or after its last setting are not part of it.
    """
    own: KeyPath = (_KEY, index)
    first = read.lines[own] - 1
    later = (n - 1 for path, n in read.lines.items() if path[:2] != own)
    end = min((n for n in later if n > first), default=len(lines))
    while _says_nothing(lines[end - 1]):
        end -= 1
    while end < len(lines) and not lines[end].strip():
        end += 1
    if end == len(lines):  # end the rest in one line break
        while first and not lines[first - 1].strip():
            first -= 1
        return (first, end - 1) if first and not lines[-1] else (first, end)
    return first, end


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _compare(after: str, name: str, before: TomlTree, expected: list[Any]) -> None:
    """Refuse an edit that would change anything else, as odd TOML could cause."""
    try:
        found = dict(tree(after, name).values)
    except ConfigError:
        found = {}
    wanted = {**before.values, _KEY: expected}
    if not expected:
        found.setdefault(_KEY, [])
    if found != wanted:
        odd = "its subscriptions can't be edited automatically"
        raise ConfigError([f"{name}: {odd}; use [[subscriptions]] for each"])
