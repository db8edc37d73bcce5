"""What the first blocks of .wandb files name, for a shell's completion.

A shell does not wait for whole files, nor for the import of what reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from wandbwatch.model.errors import SourceError
from wandbwatch.model.run import flat
from wandbwatch.sources.local import directories
from wandbwatch.sources.local.items import UPDATE, item, items, label
from wandbwatch.sources.local.wire import (
    BLOCK,
    CONFIG,
    HEADER,
    HISTORY,
    RUN,
    fields,
    text,
    walk,
)

_TYPE = "._type"
_NEWEST = 20
"""Runs whose first block is read."""
_CONFIG, _NAME, _SWEEP = 4, 8, 12


def names(path: Path) -> Mapping[str, list[str]]:
    """Return the names in the runs of *path*, newest first, by their kind: runs,
    sweeps, keys, config; nothing where wandb did not write to *path* itself."""
    found: dict[str, dict[str, None]] = {}
    try:
        files = directories.here(path.expanduser())[::-1]
    except (OSError, RuntimeError, SourceError):
        return {}
    for number, file in enumerate(files):
        found.setdefault("runs", {})[file.stem.removeprefix("run-")] = None
        for kind, name in _read(file) if number < _NEWEST else ():
            if name[:1] != "_":
                found.setdefault(kind, {})[name] = None
    return {
        kind: _whole(of_kind) if kind == "keys" else list(of_kind)
        for kind, of_kind in found.items()
    }


def _whole(keys: Iterable[str]) -> list[str]:
    """Return *keys* with one for each image, table and the like, not its parts."""
    typed = {key.removesuffix(_TYPE) for key in keys if key.endswith(_TYPE)}
    whole = (
        next((one for one in typed if key.startswith(f"{one}.")), key) for key in keys
    )
    return list(dict.fromkeys(whole))


def _read(file: Path) -> Iterator[tuple[str, str]]:
    try:
        with file.open("rb") as opened:
            data = opened.read(BLOCK)
    except OSError:
        return
    wanted = {RUN, CONFIG, HISTORY}
    seen: set[bytes] = set()
    records = walk(data, HEADER, BLOCK, len(data), wanted=wanted, parts=[], lost=[])
    for kind, message, at, end in records:
        if kind == RUN:
            yield from _of_run(message, at, end)
        elif kind == CONFIG:
            yield from _config(message, at, end)
        else:
            yield from _keys(message, at, end, seen)


def _of_run(message: bytes, at: int, end: int) -> Iterator[tuple[str, str]]:
    for number, start, stop in fields(message, at, end):
        if number in (_NAME, _SWEEP):
            kind = "runs" if number == _NAME else "sweeps"
            yield kind, text(message, start, stop)
        elif number == _CONFIG:
            yield from _config(message, start, stop)


def _config(message: bytes, at: int, end: int) -> Iterator[tuple[str, str]]:
    for path, value in items(message, at, end):
        if path[0] != "_wandb":
            yield from (("config", key) for key in flat({".".join(path): value}))


def _keys(
    message: bytes, at: int, end: int, seen: set[bytes]
) -> Iterator[tuple[str, str]]:
    for number, start, stop in fields(message, at, end):
        named = label(message, start, stop) if number == UPDATE else b""
        if named and named not in seen:
            seen.add(named)
            yield "keys", ".".join(item(message, start, stop)[0])
