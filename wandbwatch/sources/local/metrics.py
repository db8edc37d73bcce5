"""What a run declared with define_metric.

https://github.com/wandb/wandb/blob/main/core/internal/runmetric/runmetric.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wandbwatch.model.run import Json
from wandbwatch.sources.local.items import Path, items, plottable
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.wire import EXIT, HISTORY, METRIC, fields, text, varint

_NAME, _GLOB, _STEP_METRIC, _SUMMARY = 1, 2, 4, 7
_KINDS = {1: "min", 2: "max", 3: "mean", 5: "last", 6: "none", 8: "first"}


@dataclass(frozen=True)
class Metric:
    name: str
    """A key, or the start of keys where *glob* says so."""
    step_metric: str = ""
    kinds: frozenset[str] = frozenset()
    """Which values its summary has: of min, max, mean, last, first, none."""
    glob: bool = False

    def matches(self, key: str) -> bool:
        if not self.glob:
            return key == self.name
        return key.startswith(self.name) and not key.startswith("_")


def metric(data: bytes, at: int, end: int) -> Metric:
    """Read a metric record."""
    name = glob = step_metric = ""
    kinds: frozenset[str] = frozenset()
    for number, start, stop in fields(data, at, end):
        if number == _NAME:
            name = text(data, start, stop)
        elif number == _GLOB:
            glob = text(data, start, stop)
        elif number == _STEP_METRIC:
            step_metric = text(data, start, stop)
        elif number == _SUMMARY:
            kinds = _kinds(data, start, stop)
    if glob and not name:
        return Metric(glob.removesuffix("*"), step_metric, kinds, glob=True)
    return Metric(name.replace("\\.", "."), step_metric, kinds)


def _kinds(data: bytes, at: int, end: int) -> frozenset[str]:
    return frozenset(
        _KINDS[number]
        for number, start, _ in fields(data, at, end)
        if number in _KINDS and varint(data, start)[0]
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


@dataclass
class _Tally:
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
    """Yield the path and summary of each key that define_metric has a word on.

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
    """Return what is asked of a key: by its own name, else by a glob; the last wins."""
    key = ".".join(path)
    found = [m for m in defined if m.matches(key)]
    exact = [m for m in found if not m.glob]
    return (exact or found)[-1].kinds if found else frozenset()
