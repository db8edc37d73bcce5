"""Messages of alerts: a card each, or one for many. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from wandbwatch import formatting as words
from wandbwatch.commands.alert.evaluate import Notification
from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.memory import Turn
from wandbwatch.commands.alert.rules import Rule
from wandbwatch.commands.alert.rules.facts import STEPS, Moment
from wandbwatch.commands.alert.rules.measures import Latest, Over
from wandbwatch.commands.alert.rules.predicates import LogMatch
from wandbwatch.commands.alert.rules.tree import Comparison, Statement
from wandbwatch.formatting import titles
from wandbwatch.formatting.run_blocks import MOST_CARDS, run_fields, runs_table
from wandbwatch.model.report import (
    MISSING,
    Block,
    Cell,
    Level,
    Line,
    Mark,
    Note,
    Plot,
    Report,
    Text,
)
from wandbwatch.model.run import Series

BEFORE = 3600.0
"""So many seconds before an alert its plot begins, and `_LEAST` points at least."""
_LEAST = 50
_KEYS = 2
"""A rule may be about many keys, such as those of all GPUs."""
_PLOT_LINES = 5


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
        ][:_PLOT_LINES]
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


_LINES = 5
_LEVELS = {
    Turn.FIRING: Level.BAD,
    Turn.STILL: Level.BAD,
    Turn.RESOLVED: Level.GOOD,
    Turn.OVER: Level.INFO,
}
_ONE = {Turn.FIRING: "", Turn.STILL: "still ", Turn.RESOLVED: "no longer "}
_FIELDS = {"state", "runtime", "last step", "group", "sweep", "host"}
_COLUMNS = ("name", "id", "group", "last step", "why", "for")


def reports(
    told: Iterable[Notification], project: str, url: str | None
) -> Iterator[Report]:
    """Tell of alerts, those that fire first; *project* is the name of their runs'."""
    alike: dict[tuple[Turn, str], list[Notification]] = {}
    for one in told:
        alike.setdefault((one.turn, one.rule.text), []).append(one)
    for turn in Turn:
        for (what, _), several in alike.items():
            if what is not turn:
                continue
            if len(several) > MOST_CARDS:
                yield _folded(several, project, url)
            else:
                yield from map(_card, several)


def _card(told: Notification) -> Report:
    run = told.seen.run
    blocks = (Note(_why(told)), run_fields(run, _FIELDS), *_shown(told))
    path = titles.of_run(run).removeprefix(run.name)
    title = f"{run.name}: {_what(told)}{path}"
    return Report(
        "alert",
        title,
        blocks,
        _LEVELS[told.turn],
        run.url,
        event=True,
        message_key=f"{_firing(told)} {run.id} {told.held.number:.0f} {told.rule.text}",
    )


def _firing(told: Notification) -> str:
    """Name the message: one that comes again at once is told where it was."""
    if told.turn is Turn.STILL:  # told anew, or nobody would see it
        return f"still {told.held.told:.0f}"
    what: str = told.turn.value
    return what


def _what(told: Notification) -> str:
    if told.turn is Turn.OVER:
        return f"{told.seen.run.state.value} while {told.rule.text}"
    return f"{_ONE[told.turn]}{told.rule.text}"


def _why(told: Notification) -> str:
    held, parts = told.held, [told.verdict.why]
    if span := _lasted(told):
        parts.append(f"for {words.duration(span)}")
    if held.times > 1:
        parts.append(f"{held.times} times, with breaks")
    return "; ".join(part for part in parts if part) or "since just now"


def _lasted(told: Notification) -> timedelta | None:
    held = told.held
    end = held.ended or max(held.told, told.seen.at)
    return timedelta(seconds=round(end - held.since)) if end > held.since else None


def _shown(told: Notification) -> Iterator[Block]:
    """Show the lines and the curves that it is about, while it fires."""
    if told.turn not in (Turn.FIRING, Turn.STILL):
        return
    moment = Moment(told.seen.facts, told.seen.at)
    for leaf in told.rule.leaves:
        if isinstance(leaf, Statement) and isinstance(leaf.claim, LogMatch):
            found = list(islice(leaf.claim.found(moment), _LINES))
            if found:
                yield Text("console", "\n".join(line.text for line in found[::-1]))
    since = told.held.since
    begun = (Mark(since, "since", upright=True),) if since < told.seen.at else ()
    yield from plots(told.rule, [told.seen], since - BEFORE, begun)


def _folded(several: Sequence[Notification], project: str, url: str | None) -> Report:
    first = several[0]
    rows = tuple(_row(one) for one in several)
    table = runs_table(_COLUMNS, rows, [one.seen.run.url for one in several])
    what = {Turn.OVER: "ended while "}.get(first.turn) or _ONE[first.turn]
    title = f"{len(several)} runs: {what}{first.rule.text} ({project})"
    level = _LEVELS[first.turn]
    return replace(Report("alert", title, (table,), level, url), event=True)


def _row(told: Notification) -> tuple[Cell, ...]:
    run = told.seen.run
    return (
        run.name,
        run.id,
        run.group or MISSING,
        MISSING if run.last_step is None else run.last_step,
        told.verdict.why or MISSING,
        _lasted(told) or MISSING,
    )
