"""The files beside a .wandb file, for runs whose file was cut short.

The SDK writes ``files/wandb-summary.json``, ``files/wandb-metadata.json``,
``files/config.yaml`` and ``logs/debug.log`` by other ways than the .wandb file, which
a full disk, a quota or a kill can leave behind them, or empty.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import NOT_FINITE, Json, flat
from wandbwatch.sources.local.items import plottable


def open_own(path: Path, directory: Path) -> BinaryIO:
    """Open a file below *directory* of a run; OSError for a link to another's file.

    The SDK links what `wandb.save` is given, and a script can link anything; somebody
    else may read it with more rights. So a link is followed only to a file that the
    run's owner owns: not to what only we may read.
    """
    linked = _is_link(path, directory)
    file = path.open("rb")
    if linked and os.fstat(file.fileno()).st_uid != directory.stat().st_uid:
        file.close()
        why = "it links to a file of another user"
        raise PermissionError(errno.EPERM, why, str(path))
    return file


def follows(path: Path, directory: Path) -> bool:
    """Whether *path* is no link, or one to a file of the owner of *directory*."""
    return (
        not _is_link(path, directory) or path.stat().st_uid == directory.stat().st_uid
    )


def _is_link(path: Path, directory: Path) -> bool:
    return path.resolve() != directory.resolve() / path.relative_to(directory)


_LARGEST = 64 << 20
_LARGEST_CONFIG = 1 << 20
_TAIL = 1 << 16
_EXIT = re.compile(rb"(?:got exitcode|handling exit code): (-?\d+)")
_DIRECTORY = re.compile(r"(?:offline-)?run-(\d{8}_\d{6})-")


_PLACES = {AxisKind.STEP: "_step", AxisKind.RUNTIME: "_runtime"}


@dataclass(frozen=True)
class Beside:
    """Missing values are None or empty. Times are POSIX seconds."""

    summary: Mapping[str, Json] = field(default_factory=dict)
    """Flat."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int | None = None

    def __bool__(self) -> bool:
        return bool(self.summary or self.metadata or self.exit_code is not None)

    @property
    def step(self) -> int | None:
        found = self._number("_step")
        return None if found is None else int(found)

    @property
    def heard(self) -> float | None:
        """When the last row of the summary was logged."""
        return self._number("_timestamp")

    @property
    def runtime(self) -> float:
        return self._number("_wandb.runtime") or self._number("_runtime") or 0.0

    def place(self, axis: Axis) -> float | None:
        """Return where the summary's last row is on *axis*, which is no wall time."""
        return self._number(axis.key or _PLACES.get(axis.kind, ""))

    @property
    def started(self) -> float | None:
        try:
            found = datetime.fromisoformat(str(self.metadata.get("startedAt")))
        except ValueError:
            return None
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()

    def text(self, key: str) -> str:
        found = self.metadata.get(key)
        return found if isinstance(found, str) else ""

    def _number(self, key: str) -> float | None:
        found = plottable(self.summary.get(key))
        return found if found is not None and abs(found) < 1e15 else None  # noqa: PLR2004 -- and no NaN


def beside(path: Path) -> Beside:
    """Read the files beside the .wandb file at *path*."""
    directory = path.parent
    return Beside(
        _spelled(_table(directory / "files" / "wandb-summary.json")),
        _table(directory / "files" / "wandb-metadata.json"),
        _exit_code(directory / "logs"),
    )


def config_file(path: Path) -> dict[str, Json]:
    """Return the flat ``files/config.yaml`` beside the .wandb file at *path*.

    Empty where there is none that can be read.
    """
    file = path.parent / "files" / "config.yaml"
    try:
        if file.stat().st_size > _LARGEST_CONFIG:
            return {}
        with open_own(file, file.parent.parent) as opened:
            tree = _yaml(opened.read().decode())
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
    values = {
        key: entry["value"]
        for key, entry in tree.items()
        if key != "_wandb" and isinstance(entry, dict) and "value" in entry
    }
    return dict(sorted(_spelled(values).items()))


def _yaml(text: str) -> dict[str, Any]:
    """Read a YAML table as JSON values; ValueError, TypeError or RecursionError."""
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415 -- wandb brings it

    try:
        # An alias can stand for billions of values; wandb writes none.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            return {}
        found = json.loads(json.dumps(yaml.safe_load(text), default=str))
    except yaml.YAMLError as e:
        raise ValueError(str(e)) from e
    return found if isinstance(found, dict) else {}


def directory_time(path: Path) -> float | None:
    """Return the time in the name of a run's directory, in this machine's zone."""
    if not (found := _DIRECTORY.match(path.resolve().parent.name)):
        return None
    try:
        return datetime.strptime(found[1], "%Y%m%d_%H%M%S").astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _table(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            return {}
        with open_own(path, path.parent.parent) as file:
            found = json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _spelled(tree: Mapping[str, Json]) -> dict[str, Json]:
    return {
        key: NOT_FINITE.get(value, value) if isinstance(value, str) else value
        for key, value in flat(tree).items()
    }


def _exit_code(logs: Path) -> int | None:
    """Return the exit code that the SDK noted last in its own logs."""
    for name in ("debug.log", "debug-internal.log"):
        try:
            with open_own(logs / name, logs.parent) as file:
                file.seek(max(0, file.seek(0, 2) - _TAIL))
                found = _EXIT.findall(file.read(_TAIL))
        except OSError:
            continue
        if found:
            return int(found[-1])
    return None
