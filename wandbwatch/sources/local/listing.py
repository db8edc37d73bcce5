"""The ended runs of one directory, as they were read: they do not change.

A run counts that has its exit in each of its files, and whose files are as they were.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from wandbwatch.model.run import Run, State
from wandbwatch.sources.local.cache import Kept
from wandbwatch.sources.local.directories import MANY, SETTLED
from wandbwatch.sources.local.index import cores, forked
from wandbwatch.sources.local.reading import Want

_MOST = 50_000
_SHARED = 200
"""Runs for which it is worth starting another process."""
_SHARE = 100
"""The cache is written when one of so many runs is new."""
_TIMES = ("created", "heartbeat")
_TUPLES = ("tags", "caveats")
_WHOLE = 1
"""The only span: from its start to its last heartbeat."""


Stats: TypeAlias = dict[str, list[list[int]]]
"""How the files of runs are, by the runs' names in a `Listing`."""

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
    """The ended runs below *root*, of *count* runs, with what *want* reads of them.

    How the files are at this moment is asked once for all listings that share *stats*.
    """

    def __init__(self, root: Path, want: Want, count: int, stats: Stats) -> None:
        what = f"listing {root.absolute()} {want}"
        self._kept = Kept.of(what) if count >= MANY else None
        self._loaded: dict[str, Any] | None = None
        self._stats = stats
        self._read: dict[str, Run] = {}
        """Those of the kept ones that were asked for."""
        self._settled: Stats = {}
        """How the files were of which nothing is kept, before anybody read them."""
        self._fresh = 0
        """How many were put since they were saved."""
        self._now: set[str] = set()
        """The names of those that were as they are kept, at this moment."""

    def later(self) -> None:
        """Look at the files again from now on."""
        self._now.clear()

    @property
    def _runs(self) -> dict[str, Any]:
        if self._loaded is None:
            found = self._kept.load() if self._kept else None
            self._loaded = found if isinstance(found, dict) else {}
        return self._loaded

    def find(self, files: Sequence[str]) -> Run | None:
        """Return the run if it is kept and its files are as they were."""
        entry = self._runs.get(_name(files))
        return entry and self._same(files, entry, None)

    def get(self, files: Sequence[str]) -> Run | None:
        """Return the run as `find` does; a missing one may be `put` then."""
        if self._kept is None:
            return None
        return self._same(files, self._runs.get(_name(files)), self._settled)

    def gave(self, files: Sequence[str], run: Run) -> bool:
        """Whether *run* comes from here."""
        return self._read.get(_name(files)) is run

    def _same(
        self,
        files: Sequence[str],
        entry: Any,
        settled: Stats | None,
    ) -> Run | None:
        name = _name(files)
        if name in self._now:
            return self._read[name]
        try:
            stats = self._stats.get(name)
            if stats is None:
                stats = self._stats[name] = [_stat(file) for file in files]
            if entry is None or entry[0] != stats:
                before = time.time_ns() - SETTLED
                if settled is not None and all(one[-1] < before for one in stats):
                    settled[name] = stats
                return None
            if name not in self._read:
                self._read[name] = _run(entry[1])
            self._now.add(name)
            return self._read[name]
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def put(self, files: Sequence[str], run: Run) -> None:
        """Keep *run*, which has ended, unless its files were just being written."""
        name = _name(files)
        if stats := self._settled.pop(name, None):
            self._runs[name], self._read[name] = [stats, _spelled(run)], run
            self._fresh += 1

    def save(self) -> None:
        if self._kept and self._fresh > len(self._runs) // _SHARE:
            newest = list(self._runs.items())[-_MOST:]
            self._kept.save(dict(newest))
            self._fresh = 0


def _name(files: Sequence[str]) -> str:
    return files[0] if len(files) == 1 else "\0".join(files)


def _stat(file: str) -> list[int]:
    found = os.stat(file)  # noqa: PTH116 -- for thousands of files
    times = [found.st_mtime_ns, found.st_ctime_ns]
    return [found.st_dev, found.st_ino, found.st_size, *times]


def _spelled(run: Run) -> dict[str, Any]:
    """Return the fields of *run* that are not defaults, as JSON."""
    found = dict(vars(run))
    for name in _TIMES:
        found[name] = found[name] and found[name].isoformat()
    found["spans"] = [[a.isoformat(), b.isoformat()] for a, b in run.spans]
    if run.spans == ((run.created, run.heartbeat),):
        found["spans"] = _WHOLE
    return {name: value for name, value in found.items() if value not in _DEFAULTS}


_DEFAULTS: tuple[Any, ...] = (None, "", (), [], {})
_ABSENT = dict(vars(Run("", "", State.UNKNOWN)))
_STATES = {state.value: state for state in State}


def _run(found: dict[str, Any]) -> Run:
    run = object.__new__(Run)
    # A frozen class sets each of thirty fields by a call, which thousands of runs feel.
    given = run.__dict__
    given.update(_ABSENT)
    given.update(found)
    moment = datetime.fromisoformat
    for name in _TIMES:
        if name in found:
            given[name] = moment(found[name])
    for name in _TUPLES:
        if name in found:
            given[name] = tuple(found[name])
    if (spans := found.get("spans")) == _WHOLE:
        given["spans"] = ((given["created"], given["heartbeat"]),)
    elif spans:
        given["spans"] = tuple((moment(a), moment(b)) for a, b in spans)
    given["state"] = _STATES[found["state"]]
    if len(given) > len(_ABSENT):
        raise ValueError
    return run
