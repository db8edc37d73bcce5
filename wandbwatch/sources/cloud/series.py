"""The curves of one run: a separate sampledHistory spec for each key."""

from __future__ import annotations

import json
import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wandbwatch.analysis.curves import column
from wandbwatch.analysis.keys import expanded
from wandbwatch.model.drawing import Distributions, HistogramColumn
from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Run, Series
from wandbwatch.sources.cloud import reading
from wandbwatch.sources.cloud.query import OWN, Node
from wandbwatch.sources.cloud.tails import SAMPLES, step_of

_STEP_METRIC, _STEP_INDEX = "4", "5"


def beside(config: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Add the keys that `own_axes` reads to the *config* keys to request."""
    return None if config is None else (*config, OWN)


def own_axes(node: Node, keys: Iterable[str]) -> dict[str, str]:
    """Return the step metric of each of *keys* that has one; exact names beat globs."""
    metrics = reading.metrics(reading.table(node.get("config")))
    names, globs = {}, {}
    for metric in metrics:
        over = _over(metric, metrics)
        name, glob = _text(metric, reading.NAME), _text(metric, reading.GLOB)
        if over and name:
            names[name.replace("\\.", ".")] = over
        elif over and glob:
            globs[glob.removesuffix("*")] = over
    found = {}
    for key in keys:
        fitting = (over for start, over in globs.items() if key.startswith(start))
        over = names.get(key) or next(fitting, "")
        if over and over != key:
            found[key] = over
    return found


def _over(metric: Mapping[str, Any], metrics: list[Mapping[str, Any]]) -> str:
    """Return its step metric, given by name or by its position in *metrics*, from 1."""
    if name := _text(metric, _STEP_METRIC):
        return name
    at = metric.get(_STEP_INDEX)
    if isinstance(at, int | float) and 1 <= at <= len(metrics):
        return _text(metrics[int(at) - 1], reading.NAME).replace("\\.", ".")
    return ""


def _text(metric: Mapping[str, Any], field: str) -> str:
    return reading.text(metric.get(field))


SYSTEM = "system/"
_AXES = {
    AxisKind.STEP: "_step",
    AxisKind.RUNTIME: "_runtime",
    AxisKind.WALL: "_timestamp",
}


def specs(keys: Sequence[str], axis: Axis, samples: int = SAMPLES) -> tuple[str, ...]:
    """Return one spec per key, with only its step and x value: a spec returns only rows
    that have all of its keys."""
    asked = [(axis_key(axis), key) for key in logged(keys)]
    if _needs_rows(keys, axis):
        asked.append(("_timestamp", axis_key(axis)))
    wanted = (tuple(dict.fromkeys(("_step", *pair))) for pair in asked)
    return tuple(json.dumps({"keys": some, "samples": samples}) for some in wanted)


def logged(keys: Iterable[str]) -> list[str]:
    return [key for key in dict.fromkeys(keys) if not key.startswith(SYSTEM)]


def axis_key(axis: Axis) -> str:
    return _AXES.get(axis.kind, axis.key)


def series(node: Node, keys: Sequence[str], axis: Axis) -> dict[str, Series]:
    """Read the non-empty series of *node*, in the order of *keys*."""
    sampled = list(node.get("sampledHistory") or ())
    found = dict(zip(logged(keys), sampled, strict=False))
    known = dict(zip(logged(keys), node.get("exact") or (), strict=False))
    places = sampled[-1] if _needs_rows(keys, axis) and sampled else []
    read: dict[str, Series] = {}
    measured = any(key.startswith(SYSTEM) for key in keys)
    events = list(_tables(_read(node.get("events")))) if measured else []
    few = len(events) < SAMPLES and "events" in node
    last = None if few or not measured else _last_measured(node)
    for key in expanded(keys, _measured([*events, *([last] if last else ())])):
        if key.startswith(SYSTEM):
            one = _system(events, key, axis, places, last)
        else:
            one = _sampled(key, found.get(key), axis_key(axis), known.get(key))
        if len(one.x):
            read[key] = one
    return read


def _measured(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of the system metrics in *events*."""
    names = {SYSTEM + name.removeprefix("system.") for row in events for name in row}
    return sorted(names)


def _sampled(key: str, rows: Any, axis: str, exact: float | None) -> Series:
    """Read a key's rows, which are complete from the step *exact* on."""
    xs, ys = _points(rows, axis, key)
    if exact is None or exact == -math.inf:
        return Series(key, xs, ys)
    late = (row for row in _tables(rows) if (step_of(row) or 0) >= exact)
    first = next((reading.number(row.get(axis)) for row in late), None)
    return Series(key, xs, ys, sampled=True, exact=math.inf if first is None else first)


def _points(rows: Any, x: str, y: str) -> tuple[array[float], array[float]]:
    xs, ys = array("d"), array("d")
    for row in _tables(rows):
        if y not in row:
            continue
        at, value = reading.number(row.get(x)), _drawn(row[y])
        if at is not None and value is not None:
            xs.append(at)
            ys.append(value)
    return xs, ys


def _drawn(value: Any) -> float | None:
    """Return a point's value; W&B sends null for NaN and infinities."""
    return math.nan if value is None else reading.number(value)


def _needs_rows(keys: Sequence[str], axis: Axis) -> bool:
    timed = axis.kind in {AxisKind.RUNTIME, AxisKind.WALL}
    return not timed and any(key.startswith(SYSTEM) for key in keys)


def _system(
    events: Sequence[Mapping[str, Any]],
    key: str,
    axis: Axis,
    places: Any,
    last: Mapping[str, Any] | None,
) -> Series:
    """Read one system metric from the rows of all. It has a time, but no step.

    Over steps or another key, each point takes the x of the last row logged before it
    (before the first row, the first); without any row, its seconds since the start.
    """
    times, values = _points(places, "_timestamp", axis_key(axis))
    name = key.removeprefix(SYSTEM)
    xs, ys = array("d"), array("d")
    for row in (*events, *([last] if last else ())):
        value = reading.number(row.get(f"system.{name}", row.get(name)))
        at = _when(row, axis, times, values)
        if value is not None and at is not None:
            xs.append(at)
            ys.append(value)
    sampled = last is not None
    exact = xs[-1] if sampled and last and xs else None
    return Series(key, xs, ys, sampled=sampled, exact=exact)


def _last_measured(node: Node) -> Mapping[str, Any] | None:
    """Return the newest values of the system metrics as a row, which a random sample
    may lack."""
    given = node.get("lastSystem") or node.get("systemMetrics")
    values = reading.table(given)
    beat, began = (
        reading.moment(node.get(name)) for name in ("heartbeatAt", "createdAt")
    )
    if not values or beat is None or began is None:
        return None
    seconds = (beat - began).total_seconds()
    return {"_timestamp": beat.timestamp(), "_runtime": seconds} | values


def _when(
    row: Mapping[str, Any], axis: Axis, times: array[float], values: array[float]
) -> float | None:
    if axis.kind is AxisKind.WALL:
        return reading.number(row.get("_timestamp"))
    when = reading.number(row.get("_timestamp"))
    if axis.kind is AxisKind.RUNTIME or not times or when is None:
        return reading.number(row.get("_runtime"))
    return values[max(bisect_right(times, when) - 1, 0)]


def _read(lines: Any) -> Iterator[Any]:
    for line in lines if isinstance(lines, list) else ():
        if not isinstance(line, str):
            yield line
            continue
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            continue


def _tables(rows: Any) -> Iterator[Mapping[str, Any]]:
    for row in rows if isinstance(rows, Iterable) else ():
        if isinstance(row, (dict, Mapping)):  # dict first: the fast check
            yield row


HISTOGRAM_SAMPLES = 300
"""Rows asked for of each key: a picture has not room for more columns."""


def distribution_specs(keys: Sequence[str], axis: Axis) -> tuple[str, ...]:
    asked = ((axis_key(axis), key) for key in keys)
    return tuple(
        json.dumps({"keys": pair, "samples": HISTOGRAM_SAMPLES}) for pair in asked
    )


def read_distributions(
    run: Run, node: Node, keys: Sequence[str], axis: Axis
) -> Distributions:
    """Read the histograms of *run* in *node*, requested by `distribution_specs`."""
    rows = list(node.get("sampledHistory") or ())
    read = {
        key: tuple(_columns(some, axis_key(axis), key))
        for key, some in zip(keys, rows, strict=False)
    }
    found = {key: columns for key, columns in read.items() if columns}
    full = (key for key, columns in found.items() if len(columns) >= HISTOGRAM_SAMPLES)
    return Distributions(run, found, own_axes(node, found), frozenset(full))


def _columns(rows: object, x: str, key: str) -> Iterable[HistogramColumn]:
    for row in rows if isinstance(rows, Iterable) else ():
        if not isinstance(row, Mapping):
            continue
        at = reading.number(row.get(x))
        one = None if at is None else column(at, reading.value(row.get(key)))
        if one:
            yield one
