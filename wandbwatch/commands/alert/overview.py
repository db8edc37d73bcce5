"""Alerts in a terminal: rules that hold now, backtests, and rules that suit. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from wandbwatch import formatting as words
from wandbwatch.analysis import keys as known_keys
from wandbwatch.analysis.metric_names import held_out
from wandbwatch.commands.alert.evaluate import Notification, Trial, backtest
from wandbwatch.commands.alert.fetch import TRIED, Observation, Question
from wandbwatch.commands.alert.memory import Timing, Turn
from wandbwatch.commands.alert.pictures import BEFORE, plots
from wandbwatch.commands.alert.rules import Rule, judge, parse
from wandbwatch.formatting.run_blocks import (
    caveats,
    project_path,
    project_paths,
    runs_page,
    runs_title,
)
from wandbwatch.model.address import Address, Several
from wandbwatch.model.cell import MISSING, Cell, Level
from wandbwatch.model.report import Block, Mark, Note, Report, Table, Text
from wandbwatch.model.run import Run, State

_MARKS = 20
_SAID = {True: "holds", False: "does not hold", None: "unknown"}


def present(
    address: Address, runs: Sequence[Observation], question: Question
) -> Report:
    """Report which rules hold for which runs now."""
    rows: list[tuple[Cell, ...]] = []
    links = []
    verdicts = [(r, s, judge(r, s.facts, s.at)) for r in question.rules for s in runs]
    order = (True, None, False)
    projects = project_paths([seen.run for seen in runs])
    several = isinstance(address, Several) or len(projects) > 1
    for rule, seen, verdict in sorted(verdicts, key=lambda v: order.index(v[2].holds)):
        why = verdict.why or MISSING
        rows.append(
            (
                rule.text,
                _SAID[verdict.holds],
                why,
                seen.run.state,
                seen.run.name,
                seen.run.id,
                *((project_path(seen.run),) if several else ()),
            )
        )
        links.append(seen.run.url)
    table = Table(
        "rules",
        ("rule", "now", "why", "state", "name", "id")
        + (("project",) if several else ()),
        tuple(rows),
        tuple(links),
    )
    holding = sum(verdict.holds is True for *_, verdict in verdicts)
    name, url = _project(address, runs)
    title = f"{name}: {holding} of {len(verdicts)} hold"
    if not runs:
        nothing = "no running runs"
        return Report("alert", f"{name}: no runs to check", (Note(nothing),), url=url)
    level = Level.BAD if holding else Level.INFO
    blocks: tuple[Block, ...] = (table, *caveats([seen.run for seen in runs]))
    return Report("alert", title, blocks, level, url)


@dataclass(frozen=True)
class _Firing:
    """One alert from its firing to its end; 0: it is still firing."""

    sent: Notification
    fired: float
    ended: float = 0.0
    how: str = ""


def tried(
    address: Address, runs: Sequence[Observation], rules: Sequence[Rule], trial: Trial
) -> Report:
    """Report when rules would have fired and been resolved."""
    firings = list(_firings(trial))
    name, url = _project(address, runs)
    start = words.moment(_time(trial.since))
    title = f"{name}: {_count(len(firings), 'alert')} in {_count(len(runs), 'run')}"
    title += f" since {start}"
    blocks: list[Block] = []
    if firings:
        links = tuple(one.sent.seen.run.url for one in firings)
        columns = ("rule", "name", "id", "fired", "ended", "how", "after", "why")
        blocks.append(Table("alerts", columns, tuple(map(_row, firings)), links))
        for rule in rules:
            blocks += _drawn(rule, [f for f in firings if f.sent.rule == rule], runs)
    blocks += [Note(text) for text in _notes(runs, trial)]
    blocks += caveats([seen.run for seen in runs])
    return Report("alert", title, tuple(blocks), url=url)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _firings(trial: Trial) -> Iterator[_Firing]:
    going: dict[tuple[str, str], _Firing] = {}
    done = []
    for at, sent in trial.sent:
        key = (sent.seen.run.id, sent.rule.text)
        if sent.turn is Turn.FIRING and not sent.seen.running:
            done.append(_Firing(sent, at, at, "the run ended"))
        elif sent.turn is Turn.FIRING:
            going[key] = _Firing(sent, at)
        elif sent.turn in (Turn.RESOLVED, Turn.OVER):
            how = "resolved" if sent.turn is Turn.RESOLVED else "the run ended"
            done.append(replace(going.pop(key), ended=at, how=how))
    yield from sorted((*done, *going.values()), key=lambda one: one.fired)


def _row(one: _Firing) -> tuple[Cell, ...]:
    run = one.sent.seen.run
    return (
        one.sent.rule.text,
        run.name,
        run.id,
        _time(one.fired),
        _time(one.ended) if one.ended else MISSING,
        one.how or "fires still",
        timedelta(seconds=one.ended - one.fired) if one.ended else MISSING,
        one.sent.verdict.why or MISSING,
    )


def _drawn(
    rule: Rule, firings: Sequence[_Firing], runs: Sequence[Observation]
) -> Iterator[Block]:
    """Draw the runs that the rule fired for, and mark each firing."""
    if not firings:
        return
    ids = {one.sent.seen.run.id for one in firings}
    marks = [
        mark
        for one in firings[:_MARKS]
        for mark in (
            Mark(one.fired, "fired", upright=True),
            *([Mark(one.ended, one.how, upright=True)] if one.ended else []),
        )
    ]
    start = firings[0].fired - BEFORE
    yield from plots(rule, [seen for seen in runs if seen.run.id in ids], start, marks)


def _notes(runs: Sequence[Observation], trial: Trial) -> Iterator[str]:
    yield f"checked every {words.duration(timedelta(seconds=trial.every))}"
    if len(runs) == TRIED:
        yield f"only the newest {TRIED} runs; use --filters to select others"
    sampled = {
        key
        for seen in runs
        for key, one in seen.facts.series.items()
        if one.sampled and one.exact > trial.since
    }
    if sampled:
        keys = ", ".join(sorted(sampled))
        yield f"approximate: rows of {keys} are missing, and alerts may be too"


def _project(address: Address, runs: Sequence[Observation]) -> tuple[str, str | None]:
    found = [seen.run for seen in runs]
    return runs_title(address, found), runs_page(found)


def _time(posix: float) -> datetime:
    return datetime.fromtimestamp(posix, UTC)


_WEEK = 7 * 86400.0
_MOST = 7.0
"""Alerts per week above which a rule is not proposed: nobody reads a daily alarm."""
_LOSSES, _NAMED = 3, 5
_GROUP = 4


def candidates(runs: Sequence[Run]) -> tuple[Rule, ...]:
    """Return rules for what *runs* log: their losses, GPUs and groups."""
    return tuple(parse(text) for text in dict.fromkeys(_texts(runs)))


def _texts(runs: Sequence[Run]) -> Iterator[str]:
    losses = [key for key in known_keys.likely(runs) if "loss" in key.lower()]
    groups = [run.group for run in runs if run.group]
    together = any(groups.count(group) >= _GROUP for group in set(groups))
    for key in losses[:_LOSSES]:
        name = f'"{key}"' if not _plain(key) else key
        yield f"nan({name})"
        yield f"spike({name})"
        if held_out(key):
            yield f"plateau({name}, 3h)"
        elif together:
            yield f"deviates({name}, 3)"
    yield "idle(gpu, 15m)"
    yield "memory(gpu) > 95%"


def _plain(key: str) -> bool:
    return not any(mark in key for mark in " ()<>=!,\"'%") and key[:1] != "/"


@dataclass(frozen=True)
class _Tried:
    rule: Rule
    fired: tuple[Notification, ...]
    per_week: float

    @property
    def proposed(self) -> bool:
        return self.per_week <= _MOST


def suggested(
    address: Address,
    runs: Sequence[Observation],
    rules: Iterable[Rule],
    since: float,
    every: float,
) -> Report:
    """Backtest *rules*, and propose those that would not have been too loud."""
    until = max((seen.at for seen in runs), default=since)
    weeks = max((until - since) / _WEEK, 1 / 7)
    tried = [
        _tried(rule, backtest(runs, [rule], Timing(), since, every), weeks)
        for rule in rules
    ]
    name = runs_title(address, [seen.run for seen in runs])
    if not runs:
        return Report("alert", f"{name}: no runs to learn from", ())
    chosen = [one.rule.text for one in tried if one.proposed]
    ends = {seen.run.id: seen.run.state for seen in runs}
    order = sorted(tried, key=lambda one: not one.proposed)
    rows = tuple(_suggested_row(one, ends) for one in order)
    columns = ("rule", "proposed", "alerts per week", "would have caught")
    blocks: list[Block] = [Table("rules", columns, rows)]
    if chosen:
        blocks.append(Text("watch.toml", _subscription(address, chosen)))
    blocks.append(Note(f"{_MOST:.0f} alerts per week are the most of a proposed rule"))
    title = f"{name}: {len(chosen)} of {len(rows)} rules suit {len(runs)} runs"
    return Report("alert", title, tuple(blocks))


def _tried(rule: Rule, trial: Trial, weeks: float) -> _Tried:
    fired = tuple(one for _, one in trial.sent if one.turn is Turn.FIRING)
    return _Tried(rule, fired, len(fired) / weeks)


def _suggested_row(one: _Tried, ends: Mapping[str, State]) -> tuple[Cell, ...]:
    names = list(
        dict.fromkeys(
            f"{sent.seen.run.name} ({ends[sent.seen.run.id].value})"
            for sent in one.fired
        )
    )
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    caught = ", ".join(names[:_NAMED]) + more
    proposed = "yes" if one.proposed else "no: too loud"
    return one.rule.text, proposed, round(one.per_week, 1), caught or "nothing"


def _subscription(address: Address, rules: Sequence[str]) -> str:
    """Write a subscription as TOML, in lines that a terminal does not wrap."""
    words = [f"--when {shlex.quote(rule)}" for rule in rules]
    parts = [f"alert {shlex.quote(str(address))}", *words]
    # What JSON escapes in a string, TOML does as well.
    line = " \\\n  ".join(json.dumps(p, ensure_ascii=False)[1:-1] for p in parts)
    last = str(address).rpartition("/")[2].strip(".~") or "runs"
    name = json.dumps(f"{last}-alerts", ensure_ascii=False)
    return (
        f"[[subscriptions]]\nname = {name}\n"
        'channel = "CHANNEL"   # one of yours\ninterval = "1m"\n'
        f'commands = ["""\n{line} \\\n"""]'
    )
