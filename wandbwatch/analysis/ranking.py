"""Which run is the best: by a finite value, smaller or larger."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wandbwatch.model.run import Run

_DECADES = 3
"""Values that differ by this factor are on a logarithmic scale."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Objective:
    """A summary key, and whether larger is better."""

    key: str
    largest: bool = False

    def __str__(self) -> str:
        return f"{self.key}:{'max' if self.largest else 'min'}"

    @classmethod
    def read(cls, text: str) -> Objective:
        """Read ``KEY:min`` or ``KEY:max``; for a KEY alone, smaller is better.

        Raises ValueError, whose text is one line.
        """
        key, colon, way = text.rpartition(":")
        if not colon:
            key, way = text, "min"
        if way not in _WAYS or not key.strip():
            raise ValueError(f"{text!r} is not KEY:min or KEY:max")
        return cls(key.strip(), _WAYS[way])

    def value(self, run: Run) -> float | None:
        """Return the run's value; None if it has none that can be ranked."""
        found = next((key for key in self.keys if key in run.summary), self.key)
        return finite(run.summary.get(found))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a summary that have its value, the first first: after
        ``define_metric(summary="min")``, only the smallest value may be there."""
        kinds = ("best", "max" if self.largest else "min", "last")
        return (self.key, *(f"{self.key}.{kind}" for kind in kinds))

    def better(self, one: float, other: float) -> bool:
        return one > other if self.largest else one < other

    def ranked(self, runs: Iterable[Run]) -> list[tuple[Run, float]]:
        """Return the runs that have a finite value, the best first."""
        valued = [
            (run, value) for run in runs if (value := self.value(run)) is not None
        ]
        return sorted(valued, key=lambda pair: -pair[1] if self.largest else pair[1])


_WAYS = {
    "min": False,
    "minimize": False,
    "max": True,
    "maximize": True,
}


def span_decades(values: Sequence[float]) -> bool:
    """Return whether the finite *values* are all above 0 and go over decades."""
    if not values or min(values) <= 0:
        return False
    apart = math.log10(max(values)) - math.log10(min(values))
    return apart >= _DECADES - _ROUNDING


def finite(value: object) -> float | None:
    """Return a finite number as a float; None for all else, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
