"""Add subscriptions to the text of a watch.toml, or remove them; replace a file whole.

Not a byte of the rest changes: comments, order and spacing belong to the user.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from wandbwatch.config.lines import KeyPath, TomlTree, tree
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.errors import ConfigError, UsageError

PRIVATE = 0o600
"""For a new file: a webhook or key may come to stand in it."""


def replace(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Write *text* to *path* atomically, keeping its mode and owner.

    A new file gets *mode*; a link stays a link. After an OSError the file is
    unchanged.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            _keep_owner(file.fileno(), target, mode)
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_directory(target.parent)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock for editing *path*; it excludes others who take it here.

    Raises ConfigError where there is no such directory.
    """
    try:
        directory = os.open(path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as e:
        raise ConfigError([f"{path}: {e.strerror}"]) from e
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _keep_owner(handle: int, target: Path, mode: int) -> None:
    mine = os.fstat(handle)
    try:
        kept = target.stat()
    except FileNotFoundError:
        os.fchmod(handle, mode)
        return
    if (mine.st_uid, mine.st_gid) != (kept.st_uid, kept.st_gid):
        os.fchown(handle, kept.st_uid, kept.st_gid)
    os.fchmod(handle, kept.st_mode & 0o7777)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


Value: TypeAlias = str | bool | Sequence[str]


def settings(values: Mapping[str, Value | None]) -> list[str]:
    """Return a line for each of *values*; an array has a line for each item."""
    lines = []
    for key, value in values.items():
        match value:
            case None:
                continue
            case bool():
                lines.append(f"{key} = {str(value).lower()}")
            case str():
                lines.append(f"{key} = {quoted(value)}")
            case _:
                lines += [f"{key} = [", *(f"  {quoted(item)}," for item in value), "]"]
    return lines


def quoted(value: str) -> str:
    """Return a TOML basic string; UsageError for bytes that are not text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{value!r} is not valid text") from None
    # JSON's escapes are valid in TOML, which needs one more.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


_KEY = "subscriptions"


def added(text: str, name: str, values: Mapping[str, Value | None]) -> str:
    """Return *text* with the subscription *values* at its end."""
    before = tree(text, name)
    block = ["[[subscriptions]]", *settings(values)]
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
