"""System metrics: what the SDK measured of the machine, every few seconds."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache

from wandbwatch.analysis.keys import is_glob
from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Series
from wandbwatch.sources.local import history
from wandbwatch.sources.local import items as values
from wandbwatch.sources.local.log import RunLog, until_exit
from wandbwatch.sources.local.records import identity
from wandbwatch.sources.local.wire import EXIT, STATS, fields, text, timestamp

_TIMESTAMP, _ITEM = 2, 3
_KEY, _VALUE_JSON = 1, 16


def last(logs: Sequence[RunLog]) -> dict[str, float]:
    """Return the last value of each system metric of one run's logs."""
    found: dict[str, float] = {}
    for log in reversed(logs):
        for _, data, at, end in until_exit(log, {STATS}, log.newest({STATS})):
            for key, value in _sample(data, at, end)[1].items():
                found.setdefault(key, value)
    return dict(sorted(found.items()))


def series(
    logs: Sequence[RunLog], keys: Sequence[str], axis: Axis
) -> dict[str, Series]:
    """Read system metrics over *axis*; a glob among *keys* stands for all that fit.

    They have a time but no step. Over steps or another key, each is placed at the last
    row logged before it (or the first row); if nothing was logged, at its seconds since
    the start.
    """
    xs: dict[str, array[float]] = defaultdict(lambda: array("d"))
    ys: dict[str, array[float]] = defaultdict(lambda: array("d"))
    fits = cache(lambda name: any(fnmatchcase(name, key) for key in globs))
    globs = [key for key in keys if is_glob(key)]
    rows = _rows(logs, axis)
    for log in logs:
        start = _start(log)
        for kind, data, at, end in log.forward({STATS, EXIT}):
            if kind == EXIT:
                break
            when, sample = _sample(data, at, end)
            x = _place(when, start, axis, rows)
            for key, value in sample.items():
                if key in keys or fits(key):
                    xs[key].append(x)
                    ys[key].append(value)
    return {key: Series(key, xs[key], ys[key]) for key in sorted(ys)}


def _place(when: float, start: float, axis: Axis, rows: Series | None) -> float:
    if axis.kind is AxisKind.WALL:
        return when
    if rows is None:
        return when - start
    return rows.y[max(bisect_right(rows.x, when) - 1, 0)]


def _rows(logs: Sequence[RunLog], axis: Axis) -> Series | None:
    """Return the values of *axis* over time; None for an axis of time."""
    if axis.kind in {AxisKind.RUNTIME, AxisKind.WALL}:
        return None
    key = axis.key or "_step"
    return history.series(logs, [key], Axis(AxisKind.WALL)).get(key)


def _start(log: RunLog) -> float:
    """Return when the run would have started without its interruptions."""
    found = identity(log, whole=False)
    return (found.started or 0.0) - found.runtime if found else 0.0


def _sample(data: bytes, at: int, end: int) -> tuple[float, dict[str, float]]:
    when, sample = 0.0, {}
    for number, start, stop in fields(data, at, end):
        if number == _TIMESTAMP:
            when = timestamp(data, start, stop)
        elif number == _ITEM:
            key, value = _item(data, start, stop)
            if value is not None:
                sample[key] = value
    return when, sample


def _item(data: bytes, at: int, end: int) -> tuple[str, float | None]:
    key, value = "", None
    for number, start, stop in fields(data, at, end):
        if number == _KEY:
            key = text(data, start, stop).removeprefix("system.")
        elif number == _VALUE_JSON:
            value = values.number(data[start:stop])
    return key, value
