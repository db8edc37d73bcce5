"""Messages of alerts: a card each, or one for many. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from wandbwatch import formatting as words
from wandbwatch.analysis.keys import expanded
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
from wandbwatch.formatting.short_names import short_names
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
"""The plot starts this many seconds before the alert, or `_LEAST` points."""
_LEAST = 50
_KEYS = 2
"""Plots per rule: it may use many keys, such as those of all GPUs."""
_PLOT_LINES = 5


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
            Line(seen.run.id, seen.run.name, _from(seen.facts.series[key], start, seen))
            for seen in runs
            if key in seen.facts.series
        ][:_PLOT_LINES]
        if lines:
            drawn += 1
            levels = tuple(Mark(at, "threshold") for at in _thresholds(rule, key))
            yield Plot(key, "wall", tuple(lines), marks=(*levels, *marks))


def _thresholds(rule: Rule, key: str) -> Iterator[float]:
    """Yield the thresholds that values of *key* are compared with."""
    for leaf in rule.leaves:
        if not isinstance(leaf, Comparison) or leaf.percent:
            continue
        if isinstance(leaf.measure, Latest | Over) and leaf.measure.key == key:
            yield leaf.threshold


def _from(series: Series, start: float, seen: Observation) -> Series:
    end = bisect_right(series.x, seen.at)
    first = max(min(bisect_left(series.x, start), end - _LEAST), 0)
    x, y = series.x[first:end], series.y[first:end]
    return Series(series.key, x, y, sampled=series.sampled, exact=series.exact)


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
    sent: Iterable[Notification], project: str, url: str | None
) -> Iterator[Report]:
    """Report alerts, firing ones first; *project* is the name of the runs' project."""
    sent = tuple(sent)
    called = short_names(one.seen.run.name for one in sent)
    alike: dict[tuple[Turn, str], list[Notification]] = {}
    for one in sent:
        alike.setdefault((one.turn, one.rule.text), []).append(one)
    for turn in Turn:
        for (what, _), several in alike.items():
            if what is not turn:
                continue
            if len(several) > MOST_CARDS:
                yield _folded(several, project, url)
            else:
                yield from (_card(one, called[one.seen.run.name]) for one in several)


def _card(sent: Notification, called: str) -> Report:
    run = sent.seen.run
    remark = (Note(sent.remark),) if sent.remark else ()
    fields = run_fields(run, _FIELDS)
    blocks = (Note(_why(sent)), *remark, fields, *_evidence(sent))
    path = titles.of_run(run).removeprefix(run.name)
    title = f"{run.name}: {_what(sent)}{path}"
    return Report(
        "alert",
        title,
        blocks,
        _LEVELS[sent.turn],
        run.url,
        event=True,
        message_key=f"{_firing(sent)} {run.id} {sent.held.number:.0f} {sent.rule.text}",
        headline=f"{called}: {_what(sent)} ({_why(sent)})",
        runs=(run.id,),
        rule=sent.rule.text,
    )


def _firing(sent: Notification) -> str:
    """Start the message key: an alert that fires again soon edits its message."""
    if sent.turn is Turn.STILL:  # a new message, because nobody notices an edit
        return f"still {sent.held.sent:.0f}"
    what: str = sent.turn.value
    return what


def _what(sent: Notification) -> str:
    if sent.turn is Turn.OVER:
        return f"{sent.seen.run.state.value} while {sent.rule.text}"
    return f"{_ONE[sent.turn]}{sent.rule.text}"


def _why(sent: Notification) -> str:
    held, parts = sent.held, [sent.verdict.why]
    if span := _lasted(sent):
        parts.append(f"for {words.duration(span)}")
    if held.times > 1:
        parts.append(f"{held.times} times, with breaks")
    return "; ".join(part for part in parts if part) or "since just now"


def _lasted(sent: Notification) -> timedelta | None:
    held = sent.held
    end = held.ended or max(held.sent, sent.seen.at)
    return timedelta(seconds=round(end - held.since)) if end > held.since else None


def _evidence(sent: Notification) -> Iterator[Block]:
    """Show the console lines and curves behind a firing alert."""
    if sent.turn not in (Turn.FIRING, Turn.STILL):
        return
    moment = Moment(sent.seen.facts, sent.seen.at)
    for leaf in sent.rule.leaves:
        if isinstance(leaf, Statement) and isinstance(leaf.claim, LogMatch):
            found = list(islice(leaf.claim.found(moment), _LINES))
            if found:
                yield Text("console", "\n".join(line.text for line in found[::-1]))
    since = sent.held.since
    start = (Mark(since, "since", upright=True),) if since < sent.seen.at else ()
    yield from plots(sent.rule, [sent.seen], since - BEFORE, start)


def _folded(several: Sequence[Notification], project: str, url: str | None) -> Report:
    first = several[0]
    rows = tuple(_row(one) for one in several)
    table = runs_table(_COLUMNS, rows, [one.seen.run.url for one in several])
    what = {Turn.OVER: "ended while "}.get(first.turn) or _ONE[first.turn]
    title = f"{len(several)} runs: {what}{first.rule.text} ({project})"
    level = _LEVELS[first.turn]
    remarks = dict.fromkeys(one.remark for one in several if one.remark)
    blocks: tuple[Block, ...] = (*(Note(remark) for remark in remarks), table)
    report = Report("alert", title, blocks, level, url)
    return replace(
        report,
        event=True,
        headline=title,
        runs=tuple(one.seen.run.id for one in several),
        rule=first.rule.text,
    )


def _row(sent: Notification) -> tuple[Cell, ...]:
    run = sent.seen.run
    return (
        run.name,
        run.id,
        run.group or MISSING,
        MISSING if run.last_step is None else run.last_step,
        sent.verdict.why or MISSING,
        _lasted(sent) or MISSING,
    )
