"""Plots of what rules are about. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.rules import Rule
from wandbwatch.commands.alert.rules.facts import STEPS
from wandbwatch.commands.alert.rules.measures import Latest, Over
from wandbwatch.commands.alert.rules.tree import Comparison
from wandbwatch.model.report import Line, Mark, Plot
from wandbwatch.model.run import Series

BEFORE = 3600.0
"""So many seconds before an alert its plot begins, and `_LEAST` points at least."""
_LEAST = 50
_KEYS = 2
"""A rule may be about many keys, such as those of all GPUs."""
_LINES = 5


def plots(
    rule: Rule, runs: Sequence[Observation], start: float, marks: Sequence[Mark]
) -> Iterator[Plot]:
    """Draw what *rule* is about from *start* on, with its thresholds and *marks*."""
    drawn = 0
    for key in rule.needs.keys:
        if key == STEPS or drawn == _KEYS:
            continue
        lines = [
            Line(seen.run.id, seen.run.name, _from(seen.facts.series[key], start, seen))
            for seen in runs
            if key in seen.facts.series
        ][:_LINES]
        if lines:
            drawn += 1
            levels = tuple(Mark(at, "threshold") for at in _thresholds(rule, key))
            yield Plot(key, "wall", tuple(lines), marks=(*levels, *marks))


def _thresholds(rule: Rule, key: str) -> Iterator[float]:
    """Yield what values of *key* are compared with themselves."""
    for leaf in rule.leaves:
        if not isinstance(leaf, Comparison) or leaf.percent:
            continue
        if isinstance(leaf.measure, Latest | Over) and leaf.measure.key == key:
            yield leaf.threshold


def _from(series: Series, start: float, seen: Observation) -> Series:
    end = bisect_right(series.x, seen.at)
    first = max(min(bisect_left(series.x, start), end - _LEAST), 0)
    x, y = series.x[first:end], series.y[first:end]
    return Series(series.key, x, y, sampled=series.sampled)
