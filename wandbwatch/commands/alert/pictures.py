"""The curves behind an alert: its keys, thresholds and windows. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wandbwatch.analysis.keys import SYSTEM, expanded
from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.rules import Rule
from wandbwatch.commands.alert.rules.evidence import Evidence, clock, device
from wandbwatch.commands.alert.rules.facts import STEPS, Facts
from wandbwatch.commands.alert.rules.measures import Latest, Over
from wandbwatch.commands.alert.rules.tree import Comparison
from wandbwatch.model.report import Line, Mark, Plot, Shade
from wandbwatch.model.run import Series

BEFORE = 3600.0
"""The plot starts this many seconds before the alert, or `_LEAST` points."""
_LEAST = 50
_KEYS = 2
"""Plots per rule: it may use many keys, such as those of all GPUs."""
_LINES, _DEVICES = 5, 24


@dataclass(frozen=True)
class Stretch:
    """When an alert held, POSIX seconds; *end* is None while it fires."""

    since: float
    end: float | None = None


def pictures(
    rule: Rule, seen: Observation, found: Sequence[Evidence], held: Stretch
) -> Iterator[Plot]:
    """Draw what *rule* saw of one run: a picture for each condition."""
    drawn: set[tuple[str, ...]] = set()
    for one in found:
        if one.keys and one.keys not in drawn and len(drawn) < _KEYS:
            drawn.add(one.keys)
            yield from _peers(seen, one) if one.peers else _wall(rule, seen, one, held)


def _wall(
    rule: Rule, seen: Observation, one: Evidence, held: Stretch
) -> Iterator[Plot]:
    shades = one.shades
    if held.end is not None:
        shades = (Shade(held.since, held.end),)
    elif not shades and held.since < seen.at:
        shades = (Shade(held.since, seen.at),)
    start = min([held.since - BEFORE, *(shade.start for shade in shades)])
    lines = [
        Line(
            seen.run.id,
            seen.run.name,
            _from(seen.facts.series[key], start, seen.at),
            called=_called(key) if len(one.keys) > 1 else "",
        )
        for key in one.keys[:_DEVICES]
        if key in seen.facts.series
    ]
    if lines:
        marks = [Mark(at, "threshold") for k in one.keys for at in thresholds(rule, k)]
        if held.since < seen.at:
            name = f"since {clock(held.since, seen.at)}"
            marks.append(Mark(held.since, name, upright=True))
        if STEPS in one.keys:  # the axis continues after the last row
            marks.append(Mark(seen.at, clock(seen.at, seen.at), upright=True))
        yield Plot(
            _title(one.keys), "wall", tuple(lines), marks=tuple(marks), shades=shades
        )


def _title(keys: Sequence[str]) -> str:
    if len(keys) > 1 and all(key.startswith(SYSTEM) for key in keys):
        return f"{device(keys[0]).split()[0]} in use (%)"
    if keys == (STEPS,):
        return "step"
    return ", ".join(keys)


def _called(key: str) -> str:
    return device(key) if key.startswith(SYSTEM) else key


def _peers(seen: Observation, one: Evidence) -> Iterator[Plot]:
    """Draw a run and others of its group over their steps."""
    (key,) = one.keys
    several = [
        seen.facts,
        *seen.facts.peers[: _LINES - 1],
    ]
    lines = [
        Line(facts.run, facts.name, over_steps(facts, key))
        for facts in several
        if key in facts.series
    ]
    yield Plot(key, "step", tuple(lines))


def over_steps(facts: Facts, key: str) -> Series:
    """Return *key* over the steps at which it was logged."""
    series, steps = facts.series[key], facts.series.get(STEPS)
    if steps is None or not len(steps.x):
        return Series(key, (), ())
    places = [max(bisect_right(steps.x, at) - 1, 0) for at in series.x]
    xs = [steps.y[place] for place in places]
    return Series(key, xs, series.y, sampled=series.sampled)


def plots(
    rule: Rule, runs: Sequence[Observation], start: float, marks: Sequence[Mark]
) -> Iterator[Plot]:
    """Draw the keys of *rule* from *start* on, with its thresholds and *marks*."""
    drawn = 0
    known = dict.fromkeys(key for seen in runs for key in seen.facts.series)
    for key in expanded(rule.needs.keys, known):
        if key == STEPS or drawn == _KEYS:
            continue
        lines = [
            Line(
                seen.run.id,
                seen.run.name,
                _from(seen.facts.series[key], start, seen.at),
            )
            for seen in runs
            if key in seen.facts.series
        ][:_LINES]
        if lines:
            drawn += 1
            levels = tuple(Mark(at, "threshold") for at in thresholds(rule, key))
            yield Plot(key, "wall", tuple(lines), marks=(*levels, *marks))


def thresholds(rule: Rule, key: str) -> Iterator[float]:
    """Yield the thresholds that values of *key* are compared with."""
    for leaf in rule.leaves:
        if not isinstance(leaf, Comparison) or leaf.percent:
            continue
        if isinstance(leaf.measure, Latest | Over) and leaf.measure.key == key:
            yield leaf.threshold


def _from(series: Series, start: float, end: float) -> Series:
    last = bisect_right(series.x, end)
    first = max(min(bisect_left(series.x, start), last - _LEAST), 0)
    x, y = series.x[first:last], series.y[first:last]
    return Series(series.key, x, y, sampled=series.sampled, exact=series.exact)
