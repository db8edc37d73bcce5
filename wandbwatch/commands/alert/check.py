"""One check of alerts, or their trial on what was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias

from wandbwatch.analysis import dead_keys
from wandbwatch.analysis.dead_keys import Check, DeadKey, demand, newly_dead
from wandbwatch.analysis.several import Gathered, gathered, located, reported
from wandbwatch.commands.alert.acting import acted
from wandbwatch.commands.alert.actions import Action, Firings
from wandbwatch.commands.alert.cards import AlertedProject, reports
from wandbwatch.commands.alert.evaluate import (
    Notification,
    backtest,
    evaluate,
    folded,
)
from wandbwatch.commands.alert.fetch import (
    Observation,
    Question,
    look,
    look_back,
    look_once,
    tried_query,
    with_curves,
)
from wandbwatch.commands.alert.memory import AlertMemory, Timing, Turn
from wandbwatch.commands.alert.overview import candidates, present, suggested, tried
from wandbwatch.formatting.run_blocks import MOST_CARDS, labels, runs_page, runs_title
from wandbwatch.model.address import Address
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import SourceError
from wandbwatch.model.memory import Memory
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.report import Note, Report
from wandbwatch.model.run import Json
from wandbwatch.options import HERE

_ALERTS = "alerts"
"""The key that the memory is stored under."""


@dataclass(frozen=True)
class AlertRequest:
    """What the command line asks for."""

    question: Question
    timing: Timing
    level: Level
    actions: tuple[Action, ...] = ()
    address: Address = HERE

    def at(self, address: Address) -> AlertRequest:
        question = replace(self.question, named=address.run is not None)
        return replace(self, address=address, question=question)


Trial: TypeAlias = Callable[[Env, AlertRequest, timedelta, timedelta], Report]


def tried_at(
    env: Env,
    addresses: Sequence[Address],
    request: AlertRequest,
    trial: Trial,
    spans: tuple[timedelta, timedelta],
) -> Iterator[Report]:
    """Report the *trial* of each address: how far it looks back, and how often."""
    found = gathered(env, addresses, lambda one: trial(env, request.at(one), *spans))
    for _, report in found.found:
        yield report
    if found.notes:
        yield Report("alert", f"{found.address}: not all could be read", found.notes)


def checked(
    env: Env, addresses: Sequence[Address], request: AlertRequest
) -> Iterator[Report]:
    """Report what changed at *addresses*, or without a memory what holds now."""
    if env.memory is None:
        return _once(env, addresses, request.question)
    memory = env.memory
    return reported(
        "alert",
        env,
        memory,
        addresses,
        lambda scoped, one: _changes(scoped, scoped.memory or memory, request.at(one)),
    )


def _once(
    env: Env, addresses: Sequence[Address], question: Question
) -> Iterator[Report]:
    def look(address: Address) -> tuple[tuple[Observation, ...], Sequence[DeadKey]]:
        source = env.source(address)
        asked = replace(question, named=address.run is not None)
        runs = look_once(source, asked, env.now())
        unseen = [key for key in question.needs.keys if key not in _logged(runs)]
        return runs, _dead(source, unseen, question.filters)

    found = gathered(env, addresses, look)
    told = present(found.address, _located(found), question)
    said = [{one.key: str(one) for one in keys} for _, (_, keys) in found.found]
    everywhere = set.intersection(*map(set, said))
    named = question.needs.keys if not question.needs.console else ()
    demand(env, named, {key: said[0][key] for key in everywhere})
    dead = dict.fromkeys(why for one in said for why in one.values())
    yield replace(told, blocks=(*told.blocks, *map(Note, dead), *found.notes))


def _located(
    found: Gathered[tuple[tuple[Observation, ...], Sequence[DeadKey]]],
) -> list[Observation]:
    return [
        replace(seen, run=located(seen.run, address)) if found.several else seen
        for address, (runs, _) in found.found
        for seen in runs
    ]


def _changes(env: Env, memory: Memory, request: AlertRequest) -> Iterator[Report]:
    before = AlertMemory.read(memory.recall(_ALERTS))
    now = env.now()
    source, question = env.source(request.address), request.question
    runs = look(source, question, before, now)
    rules = question.rules
    sent, after = evaluate(before, runs, rules, request.timing, now.timestamp())
    memory.remember(_ALERTS, after.written())
    if request.actions:
        steady = request.timing.hold is None
        firings = Firings(
            now.timestamp(), runs, rules, sent, after, steady, before is None
        )
        sent = acted(env, memory, request.address, request.actions, firings)
    found = [seen.run for seen in runs]
    project = runs_title(request.address, found)
    url = runs_page(found)
    folds = tuple(folded(after, runs, rules))
    page = AlertedProject(project, url, request.timing, folds, labels(found))
    for report in reports(_drawn(source, question, sent), page):
        bad = report.level is Level.BAD
        yield replace(report, level=request.level) if bad else report
    ended = any(not seen.running for seen in runs)
    check = Check(now.timestamp(), memory, ended)
    keys = question.needs.keys
    dead = newly_dead(source, keys, question.filters, _logged(runs), check)
    if dead:
        yield dead_keys.report(dead, "alert", project, url)


def _drawn(
    source: Source, question: Question, sent: Sequence[Notification]
) -> Sequence[Notification]:
    """Fetch the curves of the firing alerts that get a card of their own."""
    firing = [one for one in sent if one.turn in (Turn.FIRING, Turn.STILL)]
    alike = Counter((one.turn, one.rule.text) for one in firing)
    few = [one for one in firing if alike[one.turn, one.rule.text] <= MOST_CARDS]
    seen = with_curves(source, question, [one.seen for one in few])
    return [replace(one, seen=seen.get(one.seen.run.id, one.seen)) for one in sent]


def _logged(runs: Sequence[Observation]) -> set[str]:
    return {key for seen in runs for key in seen.facts.series}


def _dead(
    source: Source, keys: Sequence[str], filters: Mapping[str, Json]
) -> Sequence[DeadKey]:
    try:
        return dead_keys.dead_keys(source, keys, filters)
    except SourceError:
        return ()


def backtested(
    env: Env, request: AlertRequest, since: timedelta, every: timedelta
) -> Report:
    now = env.now()
    start = now - since
    source = env.source(request.address)
    runs = look_back(source, request.question, start, now)
    unseen = [k for k in request.question.needs.keys if k not in _logged(runs)]
    dead = {d.key: str(d) for d in _dead(source, unseen, request.question.filters)}
    console = request.question.needs.console
    demand(env, request.question.needs.keys if not console else (), dead)
    rules, begin = request.question.rules, start.timestamp()
    trial = backtest(runs, rules, request.timing, begin, every.total_seconds())
    told = tried(request.address, runs, rules, trial)
    return replace(told, blocks=(*told.blocks, *map(Note, dead.values())))


def suggestion(
    env: Env, request: AlertRequest, since: timedelta, every: timedelta
) -> Report:
    source, now = env.source(request.address), env.now()
    start = now - since
    seen = source.runs(replace(tried_query(request.question, start), config=())).runs
    question = replace(request.question, rules=candidates(seen))
    runs = look_back(source, question, start, now)
    every_seconds = every.total_seconds()
    return suggested(
        request.address, runs, question.rules, start.timestamp(), every_seconds
    )
