"""The ended runs of one directory, as they were read: they do not change.

A run counts that has its exit in each of its files, and whose files are as they were.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from wandbwatch.model.run import Run, State
from wandbwatch.sources.local.cache import Kept
from wandbwatch.sources.local.reading import Want
from wandbwatch.sources.local.scan import cores, forked

_LEAST = 50
"""The fewest runs of a directory for which they are kept."""
_SETTLED = 2_000_000_000
"""Nanoseconds after which a change of a file shows in its times."""
_MOST = 50_000
_SHARED = 200
"""Runs for which it is worth starting another process."""
_TIMES = ("created", "heartbeat")
_TUPLES = ("tags", "caveats")


_A = TypeVar("_A")
_B = TypeVar("_B")


def shared(read: Callable[[_A], _B], what: Sequence[_A]) -> list[_B]:
    """Read many things in their order: half of them in another process, if there are
    many, and cores."""
    half = len(what) // 2 if len(what) >= _SHARED and cores() > 1 else len(what)
    many = half < len(what)
    result = forked(lambda: [read(one) for one in what[half:]]) if many else None
    first = [read(one) for one in what[:half]]
    rest = result() if result else None
    return [*first, *([read(one) for one in what[half:]] if rest is None else rest)]


class Listing:
    """The ended runs below *root*, of *count* runs, with what *want* reads of them."""

    def __init__(self, root: Path, want: Want, count: int) -> None:
        what = f"listing {root.absolute()} {want}"
        self._kept = Kept.of(what) if count >= _LEAST else None
        found = self._kept.load() if self._kept else None
        self._runs: dict[str, Any] = found if isinstance(found, dict) else {}
        self._read: dict[str, Run] = {}
        """Those of the kept ones that were asked for."""
        self._settled: dict[str, list[list[int]]] = {}
        """How the files were of which nothing is kept, before anybody read them."""
        self._changed = False

    def get(self, files: Sequence[Path]) -> Run | None:
        if self._kept is None:
            return None
        name = _name(files)
        entry = self._runs.get(name)
        try:
            stats = [_stat(file) for file in files]
            if entry is None or entry[0] != stats:
                before = time.time_ns() - _SETTLED
                if all(times[-1] < before for times in stats):
                    self._settled[name] = stats
                return None
            if name not in self._read:
                self._read[name] = _run(entry[1])
            return self._read[name]
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def put(self, files: Sequence[Path], run: Run) -> None:
        """Keep *run*, which has ended, unless its files were just being written."""
        name = _name(files)
        if stats := self._settled.pop(name, None):
            self._runs[name], self._read[name] = [stats, _spelled(run)], run
            self._changed = True

    def save(self) -> None:
        if self._kept and self._changed:
            newest = list(self._runs.items())[-_MOST:]
            self._kept.save(dict(newest))
            self._changed = False


def _name(files: Sequence[Path]) -> str:
    return str(files[0]) if len(files) == 1 else "\0".join(map(str, files))


def _stat(file: Path) -> list[int]:
    found = os.stat(file)  # noqa: PTH116 -- for thousands of files
    times = [found.st_mtime_ns, found.st_ctime_ns]
    return [found.st_dev, found.st_ino, found.st_size, *times]


def _spelled(run: Run) -> dict[str, Any]:
    """Return the fields of *run* that are not defaults, as JSON."""
    found = {one.name: getattr(run, one.name) for one in fields(run)}
    for name in _TIMES:
        found[name] = found[name] and found[name].isoformat()
    found["spans"] = [[a.isoformat(), b.isoformat()] for a, b in run.spans]
    return {name: value for name, value in found.items() if value not in _DEFAULTS}


_DEFAULTS: tuple[Any, ...] = (None, "", (), [], {})


def _run(found: dict[str, Any]) -> Run:
    given = dict(found)
    for name in _TIMES:
        if name in given:
            given[name] = datetime.fromisoformat(given[name])
    for name in _TUPLES:
        if name in given:
            given[name] = tuple(given[name])
    if spans := given.get("spans"):
        moment = datetime.fromisoformat
        given["spans"] = tuple((moment(a), moment(b)) for a, b in spans)
    given["state"] = State(given["state"])
    return Run(**given)
