"""Replace a file as a whole, or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

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
                lines.append(f"{key} = {text(value)}")
            case _:
                lines += [f"{key} = [", *(f"  {text(item)}," for item in value), "]"]
    return lines


def text(value: str) -> str:
    """Return a TOML basic string; UsageError for bytes that are not text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{value!r} is not valid text") from None
    # JSON's escapes are valid in TOML, which needs one more.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
