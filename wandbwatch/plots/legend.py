"""The legend below a plot: which run stands where, and how much of its name fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wandbwatch.plots import palette
from wandbwatch.plots.labels import shorten

SAMPLE = 30
"""Pixels of line before a name."""
GAP = 8
_BETWEEN = 14
_LEAST_NAME = 104
_MOST_COLUMNS = 3
_FEW_ROWS = 4

Measure = Callable[[str], float]


@dataclass(frozen=True)
class LegendEntry:
    """One run's place; ``name`` is empty where the id says it all."""

    row: int
    x: float
    name: str
    run: str
    run_x: float
    look: palette.LineStyle


@dataclass(frozen=True)
class Legend:
    entries: tuple[LegendEntry, ...]
    rows: int


def legend(runs: Sequence[tuple[str, str]], width: float, measure: Measure) -> Legend:
    """Lay out the names and ids of *runs* in columns over *width* pixels.

    A name is cut in its middle where it must be; an id only if it is wider than
    all there is. Runs that have no look of their own are left to a hint.
    """
    named = runs[: palette.NAMED]
    columns = _columns(named, width, measure)
    whole = max((_width(name, run, measure) for name, run in named), default=0.0)
    column = min(width / columns, whole)
    entries = []
    for place, (name, run) in enumerate(named):
        row, at = divmod(place, columns)
        free = column - _BETWEEN - SAMPLE - GAP
        name_fit, run_fit = _fit(name, run, free, measure)
        start = at * column
        run_x = start + SAMPLE + GAP + (measure(name_fit) + GAP if name_fit else 0)
        entry = LegendEntry(row, start, name_fit, run_fit, run_x, palette.look(place))
        entries.append(entry)
    return Legend(tuple(entries), math.ceil(len(named) / columns))


def _columns(named: Sequence[tuple[str, str]], width: float, measure: Measure) -> int:
    """Return how many columns keep the legend low; many rows cost long names."""
    for columns in range(min(_MOST_COLUMNS, len(named)), 1, -1):
        low = math.ceil(len(named) / (columns - 1)) <= _FEW_ROWS
        most = math.inf if low else _LEAST_NAME
        needed = (_width(name, run, measure, most) for name, run in named)
        if max(needed) <= width / columns:
            return columns
    return 1


def _width(name: str, run: str, measure: Measure, most: float = math.inf) -> float:
    """Return an entry's width with *most* pixels of its name."""
    name_width = min(measure(name), most) + GAP if name else 0.0
    return SAMPLE + GAP + name_width + measure(run) + _BETWEEN


def _fit(name: str, run: str, free: float, measure: Measure) -> tuple[str, str]:
    reserve = min(measure(name), _LEAST_NAME) + GAP if name else 0.0
    run = shorten(run, lambda text: measure(text) <= free - reserve)
    left = free - measure(run) - GAP
    return shorten(name, lambda text: measure(text) <= left), run
