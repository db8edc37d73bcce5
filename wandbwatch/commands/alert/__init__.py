from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, TypeAlias

import typer

from wandbwatch.commands.alert.cards import reports
from wandbwatch.commands.alert.evaluate import backtest, evaluate
from wandbwatch.commands.alert.fetch import Question, look, look_back, look_once
from wandbwatch.commands.alert.memory import AlertMemory, Timing
from wandbwatch.commands.alert.overview import present, tried
from wandbwatch.commands.alert.rules import Rule, RuleError, parse
from wandbwatch.formatting import titles
from wandbwatch.model.address import Address
from wandbwatch.model.memory import Memory
from wandbwatch.model.ports import Env
from wandbwatch.model.report import Report
from wandbwatch.options import HERE, NO_FILTERS, AnyAddress, FiltersOption, Span

_ALERTS = "alerts"
"""What is remembered stands under this name."""


def rule(text: str) -> Rule:
    try:
        return parse(text)
    except RuleError as e:
        raise typer.BadParameter(f"{text!r}: {e}") from e


When: TypeAlias = Annotated[
    list[Rule],
    typer.Option(
        parser=rule,
        metavar="RULE",
        help='The rule: "train/loss > 5", "nan(loss)". Repeat for several.',
    ),
]
For: TypeAlias = Annotated[
    Span | None,
    typer.Option(
        "--for",
        parser=Span.read,
        metavar="SPAN",
        help="Fire only after the rule has held this long.",
    ),
]
Repeat: TypeAlias = Annotated[
    Span | None,
    typer.Option(
        parser=Span.read,
        metavar="SPAN",
        help="Repeat the alert at this interval while it fires; default: once.",
    ),
]
Since: TypeAlias = Annotated[
    Span,
    typer.Option(
        parser=Span.read,
        metavar="SPAN",
        show_default="14d",
        help="How far --backtest looks back.",
    ),
]
Every: TypeAlias = Annotated[
    Span,
    typer.Option(
        parser=Span.read,
        metavar="SPAN",
        show_default="1m",
        help="The interval between the checks of --backtest.",
    ),
]


def alert(
    ctx: typer.Context,
    address: AnyAddress = HERE,
    *,
    when: When,
    hold: For = None,
    repeat: Repeat = None,
    filters: FiltersOption = NO_FILTERS,
    trial: Annotated[
        bool,
        typer.Option("--backtest", help="Show when the rules would have fired."),
    ] = False,
    since: Since = Span(days=14),  # noqa: B008 -- it is not changed
    every: Every = Span(minutes=1),  # noqa: B008 -- the same
) -> Iterator[Report]:
    """Report when a rule starts to hold for a run, and when it stops.

    In a subscription of watch.toml, where each call remembers what was told. A
    terminal remembers nothing: there it says which rules hold now.
    """
    env: Env = ctx.obj
    patience = Timing(_seconds(hold), _seconds(repeat))
    question = Question(tuple(when), filters, address.run is not None)
    wish = _Wish(address, question, patience)
    if trial:
        yield _tried(env, wish, since, every)
    elif env.memory is None:
        runs = look_once(env.source(address), wish.question, env.now())
        yield present(address, runs, wish.question)
    else:
        yield from _told(env, env.memory, wish)


@dataclass(frozen=True)
class _Wish:
    """What is asked for."""

    address: Address
    question: Question
    patience: Timing


def _told(env: Env, memory: Memory, wish: _Wish) -> Iterator[Report]:
    before = AlertMemory.read(memory.recall(_ALERTS))
    now = env.now()
    runs = look(env.source(wish.address), wish.question, before, now)
    rules = wish.question.rules
    told, after = evaluate(before, runs, rules, wish.patience, now.timestamp())
    memory.remember(_ALERTS, after.written())
    there = [seen.run for seen in runs]
    project = titles.of_runs(wish.address, there)
    yield from reports(told, project, titles.page_of_runs(there))


def _tried(env: Env, wish: _Wish, since: timedelta, every: timedelta) -> Report:
    now = env.now()
    start = now - since
    runs = look_back(env.source(wish.address), wish.question, start, now)
    rules, begin = wish.question.rules, start.timestamp()
    trial = backtest(runs, rules, wish.patience, begin, every.total_seconds())
    return tried(wish.address, runs, rules, trial)


def _seconds(span: timedelta | None) -> float:
    return span.total_seconds() if span else 0.0


plugin = alert
