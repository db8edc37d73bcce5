"""Series out of history rows: the asked keys over the asked axis."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Json, Series
from wandbwatch.sources.local.items import Path, items, plottable, row_step
from wandbwatch.sources.local.known import Columns, CurveScanner, places
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.wire import EXIT, HISTORY, METRIC, fields, integer, text

if TYPE_CHECKING:
    from wandbwatch.model.drawing import HistogramColumn

_NAME, _GLOB, _STEP_METRIC, _SUMMARY, _GOAL = 1, 2, 4, 7, 8
_GOALS = {1: False, 2: True}
_KINDS = {1: "min", 2: "max", 3: "mean", 5: "last", 6: "none", 8: "first"}


@dataclass(frozen=True)
class Metric:
    """A ``define_metric``."""

    name: str
    """A key, or with *glob* the start of keys."""
    step_metric: str = ""
    kinds: frozenset[str] = frozenset()
    """The values in its summary: min, max, mean, last, first, none."""
    glob: bool = False
    goal: bool | None = None
    """Whether a larger value is better, where define_metric says it."""

    def matches(self, key: str) -> bool:
        if not self.glob:
            return key == self.name
        return key.startswith(self.name) and not key.startswith("_")


def metric(data: bytes, at: int, end: int) -> Metric:
    """Read a metric record."""
    name = glob = step_metric = ""
    kinds: frozenset[str] = frozenset()
    goal = None
    for number, start, stop in fields(data, at, end):
        if number == _NAME:
            name = text(data, start, stop)
        elif number == _GLOB:
            glob = text(data, start, stop)
        elif number == _STEP_METRIC:
            step_metric = text(data, start, stop)
        elif number == _SUMMARY:
            kinds = _kinds(data, start, stop)
        elif number == _GOAL:
            goal = _GOALS.get(integer(data, start))
    if glob and not name:
        return Metric(glob.removesuffix("*"), step_metric, kinds, glob=True, goal=goal)
    return Metric(name.replace("\\.", "."), step_metric, kinds, goal=goal)


def _kinds(data: bytes, at: int, end: int) -> frozenset[str]:
    return frozenset(
        _KINDS[number]
        for number, start, _ in fields(data, at, end)
        if number in _KINDS and integer(data, start)
    )


def own_axes(defined: Sequence[Metric], keys: Iterable[str]) -> dict[str, str]:
    """Return the step metric of each of *keys* that has one, a name before a glob."""
    found: dict[str, str] = {}
    for key in keys:
        fitting = [m for m in defined if m.matches(key) and m.step_metric]
        fitting.sort(key=lambda m: m.glob)
        if fitting and fitting[0].step_metric != key:
            found[key] = fitting[0].step_metric
    return found


def metrics(log: RunLog) -> list[Metric]:
    """Return a run's metrics in the order they were defined."""
    found = log.forward({METRIC})
    return [metric(data, at, end) for _, data, at, end in found]


def goals(logs: Sequence[RunLog]) -> dict[str, bool]:
    """Return `Run.goals`: whether larger is better, by key or glob."""
    defined = [one for log in logs for one in metrics(log)]
    return {
        f"{one.name}*" if one.glob else one.name: one.goal
        for one in defined
        if one.goal is not None
    }


@dataclass
class _Tally:
    """The sums that a summary of a metric needs."""

    first: Json
    last: Json = None
    least: float = 0.0
    most: float = 0.0
    total: float = 0.0
    count: int = 0

    def add(self, value: Json) -> None:
        self.last = value
        if (number := plottable(value)) is None:
            return
        self.least = min(self.least, number) if self.count else number
        self.most = max(self.most, number) if self.count else number
        self.total += number
        self.count += 1

    def values(self, kinds: frozenset[str]) -> dict[str, Json]:
        mean = self.total / self.count if self.count else None
        all_kinds: dict[str, Json] = {
            "min": self.least,
            "max": self.most,
            "mean": mean,
            "first": self.first,
            "last": self.last,
        }
        return {kind: all_kinds[kind] for kind in sorted(kinds & all_kinds.keys())}


def tallied(log: RunLog) -> Iterator[tuple[Path, Json]]:
    """Yield the path and summary of each key that define_metric gives a summary.

    A key that is to have none comes with None.
    """
    defined = [m for m in metrics(log) if m.kinds]
    if not defined:
        return
    tallies: dict[Path, _Tally] = {}
    for kind, data, at, end in log.forward({HISTORY, EXIT}):
        if kind == EXIT:
            break
        for path, value in items(data, at, end):
            if _asked_kinds(defined, path):
                tallies.setdefault(path, _Tally(value)).add(value)
    for path, tally in tallies.items():
        kinds = _asked_kinds(defined, path)
        yield path, None if "none" in kinds else tally.values(kinds)


def _asked_kinds(defined: Sequence[Metric], path: Path) -> frozenset[str]:
    """Return what is defined for a key: by its name, else by a glob; the last wins."""
    key = ".".join(path)
    found = [m for m in defined if m.matches(key)]
    exact = [m for m in found if not m.glob]
    return (exact or found)[-1].kinds if found else frozenset()


_ROWS = frozenset({HISTORY, EXIT, METRIC})


def series(
    logs: Sequence[RunLog],
    keys: Sequence[str],
    axis: Axis,
    defined: list[Metric] | None = None,
) -> dict[str, Series]:
    """Read *keys* of one run's logs, which follow each other, over *axis*.

    Steps are W&B's ``_step``, also for a key that define_metric gives an axis of its
    own: that one is asked for by its name. A key that was never logged has no series.
    A run that was resumed from an earlier step has one value a step, the later one.
    What define_metric said is added to *defined*.
    """
    steps = _needs_steps(logs, axis)
    found: dict[str, list[Columns]] = {}
    number = 0
    for log in logs:
        after = number
        for curves in _read(log, keys, axis, number=number, steps=steps):
            after = curves.number
            for key, points in curves.points.items():
                if points[1] and key in keys:
                    found.setdefault(key, []).append(points)
        number = after
        if defined is not None:
            defined += _defined(log)
    return {key: _joined(key, found[key], axis) for key in keys if key in found}


def expect(logs: Sequence[RunLog], keys: Sequence[str], axis: Axis) -> None:
    """Announce that `series` will be asked for these, to read large logs once."""
    for log in logs if keys else ():
        if log.index:
            log.index.expect_curves(keys, axis, steps=_needs_steps(logs, axis))


def _needs_steps(logs: Sequence[RunLog], axis: Axis) -> bool:
    return len(logs) > 1 and axis.kind is not AxisKind.STEP


def _defined(log: RunLog) -> Iterator[Metric]:
    """Yield what a log defines before its exit."""
    for kind, data, at, end in log.forward({METRIC, EXIT}):
        if kind == EXIT:
            return
        yield metric(data, at, end)


def _read(
    log: RunLog, keys: Sequence[str], axis: Axis, *, number: int, steps: bool
) -> Iterator[CurveScanner]:
    """Yield the points of a log, of which *number* is that of the first row."""
    known = log.index.curves(keys, axis, steps=steps) if log.index else []
    if not log.index or (number and any(one.counted for one in known)):
        known = [CurveScanner(keys, axis, steps=steps, number=number)]
    for one in known:
        found = one
        if one.upto:
            found = one.copy()
            found.number += number
        log.damaged |= found.damaged
        found.add(log.after(found.upto, found.wanted))
        yield found


def _joined(key: str, parts: Sequence[Columns], axis: Axis) -> Series:
    """Join the points of a run's parts: of each step the later one."""
    if len(parts) == 1:
        return Series(key, parts[0][0], parts[0][1])
    kept: list[tuple[float, float, float]] = []
    seen: set[float] = set()
    for xs, ys, its_steps in reversed(parts):
        steps = its_steps or xs
        points = zip(steps, xs, ys, strict=True)
        kept += [p for p in reversed(list(points)) if p[0] not in seen]
        seen.update(steps)
    kept.reverse()
    if axis.kind in (AxisKind.STEP, AxisKind.KEY):
        kept.sort(key=lambda point: point[0])
    return Series(
        key, array("d", (p[1] for p in kept)), array("d", (p[2] for p in kept))
    )


def distributions(
    logs: Sequence[RunLog], keys: Sequence[str], axis: Axis, defined: list[Metric]
) -> dict[str, tuple[HistogramColumn, ...]]:
    """Read *keys* of one run's logs, which follow each other, over *axis*.

    There is one of each step, the later one. What define_metric said is added to
    *defined*.
    """
    from wandbwatch.analysis.curves import column  # noqa: PLC0415 -- seldom drawn

    place = places(axis)
    found: dict[str, dict[float, HistogramColumn]] = {key: {} for key in keys}
    marks = {key: key.rpartition(".")[2].encode("utf-8", "replace") for key in keys}
    number = 0
    for log in logs:
        for kind, data, at, end in log.forward(_ROWS):
            if kind == EXIT:
                break
            if kind == METRIC:
                defined.append(metric(data, at, end))
                continue
            there = [k for k, mark in marks.items() if data.find(mark, at, end) >= 0]
            x = place(data, at, end, number) if there else None
            if x is not None:
                step = row_step(data, at, end, number)
                for key, value in _values(data, at, end, there).items():
                    if one := column(x, value):
                        found[key].pop(step, None)
                        found[key][step] = one
            number += 1
    if axis.kind in (AxisKind.STEP, AxisKind.KEY):
        found = {key: dict(sorted(columns.items())) for key, columns in found.items()}
    return {key: tuple(columns.values()) for key, columns in found.items() if columns}


def _values(
    data: bytes, at: int, end: int, keys: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Put the parts of a row that belong to *keys* together: each is its own item."""
    trees: dict[str, dict[str, Any]] = {}
    for path, value in items(data, at, end):
        name = ".".join(path)
        for key in keys:
            if name == key and isinstance(value, dict):
                trees[key] = value
            elif name.startswith(f"{key}."):
                _put(trees.setdefault(key, {}), name[len(key) + 1 :].split("."), value)
    return trees


def _put(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *parents, last = path
    for parent in parents:
        inner = tree.setdefault(parent, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    tree[last] = value
