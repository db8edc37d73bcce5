"""Messages of alerts: a card each, or one for many. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice

from wandbwatch.commands.alert.evaluate import Notification
from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.memory import FLAPS, Timing, Turn
from wandbwatch.commands.alert.pictures import BEFORE, Stretch, pictures, plots
from wandbwatch.commands.alert.rules.evidence import Evidence, clock, evidence, span
from wandbwatch.commands.alert.rules.facts import Moment
from wandbwatch.commands.alert.rules.predicates import LogMatch
from wandbwatch.commands.alert.rules.tree import Statement
from wandbwatch.formatting.run_blocks import (
    MOST_CARDS,
    run_fields,
    run_subject,
    run_title,
    runs_table,
)
from wandbwatch.formatting.text import short_names
from wandbwatch.model.cell import MISSING, Cell, Level
from wandbwatch.model.report import Block, Note, Report, Table, Text

_LINES = 5
_LEVELS = {
    Turn.FIRING: Level.BAD,
    Turn.STILL: Level.BAD,
    Turn.RESOLVED: Level.GOOD,
    Turn.OVER: Level.INFO,
}
_ENDS = (Turn.RESOLVED, Turn.OVER)
_ONE = {Turn.FIRING: "", Turn.STILL: "still ", Turn.RESOLVED: "no longer "}
_FIELDS = {"state", "runtime", "last step", "group", "sweep", "host"}
_COLUMNS = ("name", "id", "group", "last step", "why", "for")


@dataclass(frozen=True)
class AlertedProject:
    """The project of the runs, and what its messages have reported."""

    project: str
    url: str | None
    timing: Timing
    folded: Sequence[Notification] = ()
    """The alerts of messages about many runs, as they are now."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Short names by run id."""


def reports(sent: Iterable[Notification], page: AlertedProject) -> Iterator[Report]:
    """Report alerts, firing ones first.

    An end edits the message that reported the firing, and has a message of its own
    where the alert lasted long.
    """
    sent = tuple(sent)

    def called(one: Notification) -> str:
        return page.labels.get(one.seen.run.id, one.seen.run.name)

    again = [one for one in sent if _edits_fold(one)]
    for turn in Turn:
        alike: dict[str, list[Notification]] = {}
        for one in sent:
            if one.turn is not turn or (turn is Turn.FIRING and _edits_fold(one)):
                continue
            if turn in _ENDS and not one.held.fold:
                yield _card(one, called(one), _firing(one))
            if turn not in _ENDS or _lasted_long(one, page.timing):
                alike.setdefault(one.rule.text, []).append(one)
        for several in alike.values():
            if len(several) > MOST_CARDS:
                yield _folded(several, page)
            else:
                yield from (_card(one, called(one)) for one in several)
    for fold, rule in dict.fromkeys((one.held.fold, one.rule.text) for one in again):
        ends = [one for one in again if (one.held.fold, one.rule.text) == (fold, rule)]
        yield _folded_again(ends, page)


def _edits_fold(one: Notification) -> bool:
    """Whether it changes a message about many runs that is posted already."""
    ends = one.turn in _ENDS
    return bool(one.held.fold) and (ends or one.held.fold != one.held.fired)


def _lasted_long(one: Notification, timing: Timing) -> bool:
    """Whether it held for ten minutes, or for as long again as it had to (`--for`)."""
    held, hold = one.held, timing.hold or 0.0
    return (held.ended or one.seen.at) - held.since - hold > (hold or FLAPS)


def _card(sent: Notification, called: str, message: str = "") -> Report:
    run = sent.seen.run
    remark = (Note(sent.remark),) if sent.remark else ()
    fields = run_fields(run, _FIELDS)
    shown = _evidence(sent) if message or sent.turn not in _ENDS else ()
    blocks = (Note(_why(sent)), *remark, fields, *shown)
    path = run_title(run).removeprefix(run.name)
    title = f"{run.name}: {_what(sent, sent.rule.text)}{path}"
    return Report(
        "alert",
        title,
        blocks,
        _LEVELS[sent.turn],
        run.url,
        event=True,
        message_key=message or _key(sent),
        headline=f"{called}{_headline(sent)}",
        runs=(run.id,),
        subject=run_subject(run),
        rule=sent.rule.text,
    )


def _key(sent: Notification) -> str:
    """Name the message: an alert that fires again soon edits it."""
    if sent.turn is Turn.STILL:  # a new message, because nobody notices an edit
        return f"still {sent.held.sent:.0f} {_whose(sent)}"
    return f"{sent.turn.value} {_whose(sent)}"


def _firing(sent: Notification) -> str:
    """Name the message that reported the firing."""
    return f"{Turn.FIRING.value} {_whose(sent)}"


def _whose(sent: Notification) -> str:
    return f"{sent.seen.run.id} {sent.held.number:.0f} {sent.rule.text}"


def _what(sent: Notification, rule: str) -> str:
    if sent.turn is Turn.OVER:
        return f"{sent.seen.run.state.value} while {rule}"
    return f"{_ONE[sent.turn]}{rule}"


_BRIEF = 60
"""Longer evidence of an alert that was reported before stands below the headline."""


def _headline(sent: Notification) -> str:
    """Say, behind the name, what the rule saw in place of its text or, at its end,
    beside it; long evidence stands below the headline."""
    why = _why(sent)
    if sent.turn is Turn.FIRING and why:
        return f": {why}"
    seen, rule = _seen(sent), sent.rule.text
    brief = seen if len(seen) <= _BRIEF and ": " not in seen else ""
    if sent.turn is Turn.RESOLVED:
        said = ": ".join(filter(None, (_what(sent, rule), brief)))
    else:
        said = _what(sent, brief or rule)
    if sent.turn is Turn.STILL and not brief:
        said += _since(sent, rule)
    apart = " " if sent.turn is Turn.OVER else ": "
    return apart + "; ".join((said, *_times(sent)))


def _why(sent: Notification) -> str:
    """Say what the rule saw, since when, and for how long."""
    return "; ".join(filter(None, (_seen(sent), *_times(sent))))


def _seen(sent: Notification) -> str:
    """Say what the rule saw; while it holds, since when."""
    found = _found(sent)
    said = "; ".join(dict.fromkeys(one.text for one in found))
    timed = _end(sent) or any(one.timed and one.holds for one in found)
    return said if timed or not said else f"{said}{_since(sent, said)}"


def _end(sent: Notification) -> float:
    return sent.held.ended or (sent.seen.at if sent.turn is Turn.OVER else 0.0)


def _times(sent: Notification) -> Iterator[str]:
    """Say for how long an alert held that has ended, how often, and how sure it is."""
    held, end = sent.held, _end(sent)
    if end:
        lasted = f"for {span(end - held.since)} " if end - held.since >= 1 else ""
        yield f"it held {lasted}from {clock(held.since, end)}"
    if held.times > 1:
        yield f"{held.times} times, with breaks"
    known = sent.verdict.why.split("; ")
    yield from (part for part in known if part.startswith("approximate"))


def _found(sent: Notification) -> list[Evidence]:
    return evidence(sent.rule, _moment(sent))


def _moment(sent: Notification) -> Moment:
    return Moment(sent.seen.facts, sent.seen.at, steady=sent.steady)


def _since(sent: Notification, said: str) -> str:
    apart = ", " if any(mark in said for mark in ",:;") else " "
    start = clock(sent.held.since, max(sent.held.sent, sent.seen.at))
    lasted = _lasted(sent)
    by = f", {span(lasted.total_seconds())}" if lasted else ""
    return f"{apart}since {start}{by}"


def _lasted(sent: Notification) -> timedelta | None:
    held = sent.held
    end = held.ended or max(held.sent, sent.seen.at)
    return timedelta(seconds=round(end - held.since)) if end > held.since else None


def _evidence(sent: Notification) -> Iterator[Block]:
    """Show the console lines and curves behind an alert."""
    moment = _moment(sent)
    for leaf in sent.rule.leaves:
        if isinstance(leaf, Statement) and isinstance(leaf.claim, LogMatch):
            found = list(islice(leaf.claim.found(moment), _LINES))
            if found:
                yield Text("console", "\n".join(line.text for line in found[::-1]))
    ended = sent.held.ended or (sent.seen.at if sent.turn is Turn.OVER else None)
    held = Stretch(sent.held.since, ended)
    yield from pictures(sent.rule, sent.seen, _found(sent), held)


def _folded(several: Sequence[Notification], page: AlertedProject) -> Report:
    first = several[0]
    table = _table(_COLUMNS, [(one, _row(one)) for one in several])
    what = {Turn.OVER: "ended while "}.get(first.turn) or _ONE[first.turn]
    title = f"{len(several)} runs: {what}{first.rule.text} ({page.project})"
    named = first.turn is Turn.FIRING
    remarks = dict.fromkeys(one.remark for one in several if one.remark)
    return Report(
        "alert",
        title,
        (*(Note(remark) for remark in remarks), table, *_drawn(several)),
        _LEVELS[first.turn],
        page.url,
        event=True,
        headline=f"{title}{_first_held(several)}" if named else title,
        message_key=_fold_key(first) if named else "",
        runs=tuple(one.seen.run.id for one in several),
        rule=first.rule.text,
    )


def _table(
    columns: Sequence[str], rows: Sequence[tuple[Notification, tuple[Cell, ...]]]
) -> Table:
    """Return the table of many runs; people read of each what the rule saw alone."""
    urls = [one.seen.run.url for one, _ in rows]
    table = runs_table(columns, [cells for _, cells in rows], urls)
    if (shown := table.brief) and "why" in table.columns:
        place = table.columns.index("why")
        brief = tuple(
            (*cells[:place], _brief(one), *cells[place + 1 :])
            for (one, _), cells in zip(rows, shown.rows, strict=True)
        )
        table = replace(table, brief=replace(shown, rows=brief))
    return table


def _brief(sent: Notification) -> Cell:
    """Say what the rule saw in few words; since when stands in other columns."""
    said = "; ".join(dict.fromkeys(one.text for one in _found(sent)))
    return re.sub(r" \([^()]*\)", "", said) or MISSING


def _drawn(several: Iterable[Notification]) -> Iterator[Block]:
    """Draw the keys of the rule for the runs whose alert fires."""
    firing = [one for one in several if one.turn not in _ENDS]
    if firing:
        start = min(one.held.since for one in firing) - BEFORE
        called = short_names(one.seen.run.name for one in firing)
        seen = [_renamed(one.seen, called[one.seen.run.name]) for one in firing]
        yield from plots(firing[0].rule, seen, start, ())


def _renamed(seen: Observation, name: str) -> Observation:
    return replace(seen, run=replace(seen.run, name=name))


def _first_held(several: Sequence[Notification]) -> str:
    since = min(one.held.since for one in several)
    return f", since {clock(since, max(one.seen.at for one in several))}"


def _fold_key(one: Notification) -> str:
    return f"firing runs {one.held.fold:.0f} {one.rule.text}"


def _folded_again(ends: Sequence[Notification], page: AlertedProject) -> Report:
    """Edit a message about many runs: *ends* have ended, or fire again."""
    first = ends[0]
    whole = {
        one.seen.run.id: one
        for one in (*page.folded, *ends)
        if (one.held.fold, one.rule.text) == (first.held.fold, first.rule.text)
    }
    firing = sum(one.turn not in _ENDS for one in whole.values())
    over = sum(_held_to_the_end(one) for one in whole.values())
    left = f"{firing} of {len(whole)} runs: still " if firing else ""
    what = left or f"{len(whole)} runs: no longer "
    report = _folded([*whole.values()], page)
    title = f"{what}{first.rule.text} ({page.project})"
    ended = f", {over} ended while it held" if over and not firing else ""
    return replace(
        report,
        title=title,
        headline=f"{title}{ended}",
        blocks=(_fold_table(whole.values()), *_drawn(whole.values())),
        level=Level.BAD if firing else Level.INFO if over else Level.GOOD,
        message_key=_fold_key(first),
    )


def _held_to_the_end(one: Notification) -> bool:
    """Whether the run ended while the rule held."""
    return one.turn is Turn.OVER and any(found.holds for found in _found(one))


def _fold_table(several: Iterable[Notification]) -> Table:
    return _table(
        (*_COLUMNS, "now"), [(one, (*_row(one), _now(one))) for one in several]
    )


def _now(one: Notification) -> str:
    if one.turn is Turn.OVER:
        return one.seen.run.state.value
    return "resolved" if one.turn is Turn.RESOLVED else "firing"


def _row(sent: Notification) -> tuple[Cell, ...]:
    run = sent.seen.run
    return (
        run.name,
        run.id,
        run.group or MISSING,
        MISSING if run.last_step is None else run.last_step,
        _why(sent) or MISSING,
        _lasted(sent) or MISSING,
    )
