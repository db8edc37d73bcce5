"""Summary values that define_metric asks for, made from history.

Only for runs that wrote no summary themselves; the others have it in their records.
https://github.com/wandb/wandb/blob/main/core/internal/runsummary/metricsummary.go
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wandbwatch.model.run import Json
from wandbwatch.sources.local.items import Path, items
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.metrics import Metric, metrics
from wandbwatch.sources.local.proto_fields import EXIT, HISTORY
from wandbwatch.sources.local.values import plottable


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
            if _kinds(defined, path):
                tallies.setdefault(path, _Tally(value)).add(value)
    for path, tally in tallies.items():
        kinds = _kinds(defined, path)
        yield path, None if "none" in kinds else tally.values(kinds)


def _kinds(defined: Sequence[Metric], path: Path) -> frozenset[str]:
    """Return what is asked of a key: by its own name, else by a glob; the last wins."""
    key = ".".join(path)
    found = [m for m in defined if m.matches(key)]
    exact = [m for m in found if not m.glob]
    return (exact or found)[-1].kinds if found else frozenset()
