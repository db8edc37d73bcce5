"""From a file to its TOML tree, or the one complaint that it is none."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from wandbwatch.config.lines import Lines, lines
from wandbwatch.model.errors import ConfigError

LARGEST = 1 << 20
"""Bytes; a thousand subscriptions take a fifth of it."""


@dataclass(frozen=True)
class ConfigText:
    text: str
    open_to_others: bool
    """Whether users other than its owner may read the file."""


@dataclass(frozen=True)
class TomlTree:
    values: dict[str, Any]
    lines: Lines


def read(path: Path) -> ConfigText:
    """Read *path*; raises ConfigError."""
    try:
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
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = content.count(b"\n", 0, e.start) + 1
        byte = content[e.start]
        complaint = f"{path}:{line}: not UTF-8 (byte 0x{byte:02x}); save it as UTF-8"
        raise ConfigError([complaint]) from e
