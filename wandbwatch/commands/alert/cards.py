"""Messages of alerts: a card each, or one for many. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from wandbwatch import formatting as words
from wandbwatch.commands.alert.evaluate import Notification
from wandbwatch.commands.alert.plotting import BEFORE, plots
from wandbwatch.commands.alert.rules import Turn
from wandbwatch.commands.alert.rules.facts import Moment
from wandbwatch.commands.alert.rules.logged import LogMatch
from wandbwatch.commands.alert.rules.tree import Statement
from wandbwatch.formatting import titles
from wandbwatch.model.report import (
    MISSING,
    Block,
    Cell,
    Fields,
    Level,
    Mark,
    Note,
    Report,
    Table,
    Text,
)
from wandbwatch.model.run import Run

MOST = 3
"""More than so many runs of which the same is to be told are told in one message."""
_LINES = 5
_LEVELS = {
    Turn.FIRING: Level.BAD,
    Turn.STILL: Level.BAD,
    Turn.RESOLVED: Level.GOOD,
    Turn.OVER: Level.INFO,
}
_ONE = {Turn.FIRING: "", Turn.STILL: "still ", Turn.RESOLVED: "no longer "}
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
            if len(several) > MOST:
                yield _folded(several, project, url)
            else:
                yield from map(_card, several)


def _card(told: Notification) -> Report:
    run = told.seen.run
    blocks = (Note(_why(told)), _about(run), *_shown(told))
    path = titles.of_run(run).removeprefix(run.name)
    title = f"{run.name}: {_what(told)}{path}"
    return Report(
        "alert",
        title,
        blocks,
        _LEVELS[told.turn],
        run.url,
        event=True,
        standing=f"{_firing(told)} {run.id} {told.held.number:.0f} {told.rule.text}",
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
        parts.append(f"{held.times} times, with moments between")
    return "; ".join(part for part in parts if part) or "seen just now"


def _lasted(told: Notification) -> timedelta | None:
    held = told.held
    end = held.ended or max(held.told, told.seen.at)
    return timedelta(seconds=round(end - held.since)) if end > held.since else None


def _about(run: Run) -> Fields:
    items: dict[str, Cell] = {
        "state": run.state,
        "runtime": None if run.runtime is None else timedelta(seconds=run.runtime),
        "last step": run.last_step,
        "group": run.group,
        "sweep": run.sweep,
        "host": run.host,
    }
    return Fields("run", tuple((k, v) for k, v in items.items() if v not in (None, "")))


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
    shown = [i for i in range(len(_COLUMNS)) if any(r[i] is not MISSING for r in rows)]
    table = Table(
        "runs",
        tuple(_COLUMNS[i] for i in shown),
        tuple(tuple(row[i] for i in shown) for row in rows),
        tuple(one.seen.run.url for one in several),
    )
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
