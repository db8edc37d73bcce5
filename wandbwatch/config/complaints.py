"""Collect the errors and warnings of a configuration, each with its place and line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wandbwatch.config.lines import KeyPath, Lines
from wandbwatch.config.redaction import redact
from wandbwatch.model.errors import ConfigError, printable

_NAMED = ("channels", "accounts", "subscriptions", "experiments")
_KEY = re.compile(r"\b[0-9a-f]{40}\b|\bwandb_v\d+_\w+")
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
                words += f' "{name}"'
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
    return printable(_KEY.sub("…", redact(text)))


def _dotted(path: KeyPath) -> str:
    words = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return words.removeprefix(".")


def _line(complaint: tuple[int, str]) -> int:
    return complaint[0]
