"""Find the line of each key in a TOML text, and complain about a place with its line.

The text is well-formed, as tomli has parsed it before; this only scans it.
"""

from __future__ import annotations

import os
import re
import stat
from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import tomli

from wandbwatch.config.redaction import redact
from wandbwatch.model.errors import ConfigError, printable

KeyPath: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a value."""
Lines: TypeAlias = Mapping[KeyPath, int]

_SKIPPED = re.compile(r"(?:\s+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")
_STRING = re.compile(
    r"""
      \"{3} (?:\\.|[^\\])*? \"{3,5}
    | '{3} .*? '{3,5}
    | "(?:[^"\\]|\\.)*"
    | '[^']*'
    """,
    re.VERBOSE | re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\n]*")


def lines(text: str) -> Lines:
    """Map the path of each table, key and array item of *text* to its line, from 1."""
    walker = _Walker(text)
    walker.document()
    return walker.found


class _Walker:
    def __init__(self, text: str) -> None:
        self.found: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._line, self._counted = 1, 0
        self._last: dict[KeyPath, int] = {}  # the latest index of each array of tables

    def document(self) -> None:
        table: KeyPath = ()
        while self._more():
            if self._taken("[["):
                *outer, name = self._keys()
                array = (*self._resolved((), outer), name)
                self._last[array] = self._last.get(array, -1) + 1
                table = (*array, self._last[array])
                self._note(table)
                self._taken("]]")
            elif self._taken("["):
                table = self._resolved((), self._keys())
                self._note(table)
                self._taken("]")
            else:
                self._pair(table)

    def _pair(self, table: KeyPath) -> None:
        path = (*table, *self._keys())
        self._note(path)
        self._taken("=")
        self._more()
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._taken("["):
            index = 0
            while self._more() and not self._taken("]"):
                self._note((*path, index))
                self._value((*path, index))
                index += 1
                self._comma()
        elif self._taken("{"):
            while self._more() and not self._taken("}"):
                self._pair(path)
                self._comma()
        else:
            found = _STRING.match(self._text, self._at) or self._match(_BARE)
            self._at = found.end()

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._at = self._match(_SPACE).end()
            found = self._match(_KEY)
            self._at = found.end()
            keys.append(_plain(found[0]))
            self._at = self._match(_SPACE).end()
            if not self._taken("."):
                return keys

    def _resolved(self, path: KeyPath, keys: list[str]) -> KeyPath:
        """Resolve arrays of tables to their latest element, as TOML does."""
        for key in keys:
            path = (*path, key)
            if path in self._last:
                path = (*path, self._last[path])
        return path

    def _note(self, path: KeyPath) -> None:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        while path and path not in self.found:  # then all its parents are there too
            self.found[path] = self._line
            path = path[:-1]

    def _more(self) -> bool:
        self._at = self._match(_SKIPPED).end()
        return self._at < len(self._text)

    def _comma(self) -> None:
        self._more()
        self._taken(",")

    def _taken(self, mark: str) -> bool:
        taken = self._text.startswith(mark, self._at)
        self._at += len(mark) * taken
        return taken

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if not found:
            raise ValueError(f"invalid TOML at character {self._at}")
        return found


def _plain(key: str) -> str:
    if key[0] not in "\"'":
        return key
    plain: str = tomli.loads(f"key = {key}")["key"]
    return plain


LARGEST = 1 << 20
"""Bytes; a thousand subscriptions take a fifth of it."""


class ConfigText(NamedTuple):
    text: str
    open_to_others: bool
    """Whether users other than its owner may read the file."""


class TomlTree(NamedTuple):
    values: dict[str, Any]
    lines: Lines


def read(path: Path) -> ConfigText:
    """Read *path*; raises ConfigError."""
    try:
        # A shell's <(…) is a pipe with a writer; opening another one may block forever.
        if path.is_fifo() and not path.is_relative_to("/dev"):
            raise ConfigError([f"{path}: cannot be read: not a regular file"])
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
            mode = os.fstat(file.fileno()).st_mode
    except (OSError, ValueError) as e:
        why = getattr(e, "strerror", None) or e
        raise ConfigError([f"{path}: cannot be read: {why}"]) from e
    if len(content) > LARGEST:
        raise ConfigError([f"{path}: larger than {LARGEST:,} bytes"])
    others = bool(mode & (stat.S_IRGRP | stat.S_IROTH))
    return ConfigText(_decoded(content, path), others)


def tree(text: str, name: str) -> TomlTree:
    """Read TOML; raises ConfigError, whose complaint begins with *name*."""
    try:
        return TomlTree(tomli.loads(text), lines(text))
    except tomli.TOMLDecodeError as e:
        complaint = f"{name}:{e.lineno}: {e.msg} (column {e.colno})"
        raise ConfigError([complaint]) from e
    except RecursionError as e:
        raise ConfigError([f"{name}: nested too deeply"]) from e
    except ValueError as e:
        raise ConfigError([f"{name}: {e}"]) from e


def _decoded(content: bytes, path: Path) -> str:
    content = content.removeprefix(BOM_UTF8)
    try:
        return content.decode()
    except UnicodeDecodeError as e:
        line = content.count(b"\n", 0, e.start) + 1
        byte = content[e.start]
        complaint = f"{path}:{line}: not UTF-8 (byte 0x{byte:02x}); save it as UTF-8"
        raise ConfigError([complaint]) from e


_NAMED = ("channels", "accounts", "subscriptions", "experiments")
_QUOTED_KEY = re.compile(r"\b[0-9a-f]{40}\b|\bwandb_v\d+_\w+")
"""An API key of W&B, which somebody may have pasted where a name belongs."""


class Complaints:
    """Collects errors (`add`) and warnings (`warn`)."""

    def __init__(self, name: str, values: Mapping[str, Any], lines: Lines) -> None:
        self.known: dict[str, set[str]] = {}
        """The settings that there are, by their table."""
        self._name = name
        self._values = values
        self._lines = lines
        self._wrong: list[tuple[int, str]] = []
        self._unwise: list[tuple[int, str]] = []

    def add(self, path: KeyPath, text: str) -> None:
        self._wrong.append(self._placed(path, text))

    def warn(self, path: KeyPath, text: str) -> None:
        self._unwise.append(self._placed(path, text))

    def warnings(self) -> tuple[str, ...]:
        """Return the warnings in the file's order; raise ConfigError for errors."""
        if self._wrong:
            raise ConfigError([text for _, text in sorted(self._wrong, key=_line)])
        return tuple(text for _, text in sorted(self._unwise, key=_line))

    def _placed(self, path: KeyPath, text: str) -> tuple[int, str]:
        line = self.line(path)
        where = f"{self._name}:{line}" if line else self._name
        whole = ": ".join(part for part in (where, self._place(path), text) if part)
        return line, shown(whole)

    def line(self, path: KeyPath) -> int:
        """Return the line of *path*, or of its nearest parent; 0 if there is none."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 0)

    def _place(self, path: KeyPath) -> str:
        """Format *path* as ``subscriptions[2] "gpt-hourly": commands[1]``."""
        length = 2 if path[:1] and path[0] in _NAMED else 1
        owner, rest = path[:length], path[length:]
        words = _dotted(owner)
        match self._named(owner):
            case {"name": str(name)}:
                words += f' "{name[:80]}"'
            case _:
                pass
        return ": ".join(part for part in (words, _dotted(rest)) if part)

    def _named(self, owner: KeyPath) -> Any:
        match owner, self._values:
            case ["subscriptions", int(index)], {"subscriptions": list(tables)}:
                return tables[index]
            case _:
                return None


def shown(text: str) -> str:
    """Make *text* safe for a terminal and a log: printable, without a pasted secret."""
    return printable(_QUOTED_KEY.sub("…", redact(text)))


def _dotted(path: KeyPath) -> str:
    words = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return words.removeprefix(".")


def _line(complaint: tuple[int, str]) -> int:
    return complaint[0]
