"""Rules that suit a project, each with what it would have reported. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wandbwatch.analysis import keys as known_keys
from wandbwatch.commands.alert.evaluate import Notification, Trial, backtest
from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.memory import Timing, Turn
from wandbwatch.commands.alert.rules import Rule, parse
from wandbwatch.formatting.run_blocks import runs_title
from wandbwatch.model.address import Address
from wandbwatch.model.report import Block, Cell, Note, Report, Table, Text
from wandbwatch.model.run import Run, State

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
        if known_keys.held_out(key):
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
    rows = tuple(_row(one, ends) for one in order)
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


def _row(one: _Tried, ends: Mapping[str, State]) -> tuple[Cell, ...]:
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
