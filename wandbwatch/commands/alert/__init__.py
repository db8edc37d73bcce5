from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, TypeAlias

import typer

from wandbwatch.analysis import dead_keys
from wandbwatch.analysis.dead_keys import Check, DeadKey, newly_dead
from wandbwatch.commands.alert.cards import reports
from wandbwatch.commands.alert.evaluate import backtest, evaluate
from wandbwatch.commands.alert.fetch import (
    Observation,
    Question,
    look,
    look_back,
    look_once,
)
from wandbwatch.commands.alert.memory import AlertMemory, Timing
from wandbwatch.commands.alert.overview import present, tried
from wandbwatch.commands.alert.rules import Rule, RuleError, parse
from wandbwatch.formatting import titles
from wandbwatch.model.address import Address
from wandbwatch.model.errors import SourceError
from wandbwatch.model.memory import Memory
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.report import Note, Report
from wandbwatch.options import (
    HERE,
    NO_FILTERS,
    AnyAddress,
    Filters,
    FiltersOption,
    Span,
)

_ALERTS = "alerts"
"""The name that the memory is stored under."""


def rule(text: str) -> Rule:
    try:
        return parse(text)
    except RuleError as e:
        raise typer.BadParameter(f"{text!r}: {e}") from e


def hold_time(text: str) -> Span:
    """Read a duration that may be 0."""
    return Span() if text.strip() in ("0", "0s") else Span.read(text)


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
        parser=hold_time,
        metavar="SPAN",
        help="Fire only after the rule has held this long; 0s: at once, on any outlier."
        " Default: 5m for a comparison with the latest value.",
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
    since: Since = Span(days=14),  # noqa: B008 -- never changed
    every: Every = Span(minutes=1),  # noqa: B008 -- the same
) -> Iterator[Report]:
    """Report when a rule starts to hold for a run, and when it stops.

    A subscription of watch.toml remembers its alerts between checks. A terminal
    remembers nothing: there it shows which rules hold now.
    """
    env: Env = ctx.obj
    timing = Timing(None if hold is None else hold.total_seconds(), _seconds(repeat))
    question = Question(tuple(when), filters, address.run is not None)
    request = _Request(address, question, timing)
    if trial:
        yield _backtest(env, request, since, every)
    elif env.memory is None:
        source = env.source(address)
        runs = look_once(source, question, env.now())
        told = present(address, runs, question)
        unseen = [key for key in question.needs.keys if key not in _logged(runs)]
        notes = (Note(str(one)) for one in _dead(source, unseen, filters))
        yield replace(told, blocks=(*told.blocks, *notes))
    else:
        yield from _changes(env, env.memory, request)


@dataclass(frozen=True)
class _Request:
    """What the command line asks for."""

    address: Address
    question: Question
    timing: Timing


def _changes(env: Env, memory: Memory, request: _Request) -> Iterator[Report]:
    before = AlertMemory.read(memory.recall(_ALERTS))
    now = env.now()
    source, question = env.source(request.address), request.question
    runs = look(source, question, before, now)
    rules = question.rules
    sent, after = evaluate(before, runs, rules, request.timing, now.timestamp())
    memory.remember(_ALERTS, after.written())
    found = [seen.run for seen in runs]
    project = titles.of_runs(request.address, found)
    url = titles.page_of_runs(found)
    yield from reports(sent, project, url)
    ended = any(not seen.running for seen in runs)
    check = Check(now.timestamp(), memory, ended)
    keys = question.needs.keys
    dead = newly_dead(source, keys, question.filters, _logged(runs), check)
    if dead:
        yield dead_keys.report(dead, "alert", project, url)


def _logged(runs: Sequence[Observation]) -> set[str]:
    return {key for seen in runs for key in seen.facts.series}


def _dead(source: Source, keys: Sequence[str], filters: Filters) -> Sequence[DeadKey]:
    try:
        return dead_keys.dead_keys(source, keys, filters)
    except SourceError:
        return ()


def _backtest(
    env: Env, request: _Request, since: timedelta, every: timedelta
) -> Report:
    now = env.now()
    start = now - since
    runs = look_back(env.source(request.address), request.question, start, now)
    rules, begin = request.question.rules, start.timestamp()
    trial = backtest(runs, rules, request.timing, begin, every.total_seconds())
    return tried(request.address, runs, rules, trial)


def _seconds(span: timedelta | None) -> float:
    return span.total_seconds() if span else 0.0


plugin = alert
