"""One check of alerts, and what they do: stop a run, retry it, start a command."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TypeAlias

from wandbwatch import formatting as words
from wandbwatch.analysis import dead_keys
from wandbwatch.analysis.dead_keys import Check, DeadKey, demand, newly_dead
from wandbwatch.analysis.several import Gathered, gathered, located, reported
from wandbwatch.commands.alert import actions
from wandbwatch.commands.alert.actions import (
    Action,
    ActionMemory,
    Firings,
    Intent,
    decide,
)
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
from wandbwatch.formatting.run_blocks import MOST_CARDS, runs_page, runs_title
from wandbwatch.model.address import Address
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import SourceError, WandbwatchError
from wandbwatch.model.experiment import Experiment
from wandbwatch.model.memory import Memory
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.report import Note, Report, Subject
from wandbwatch.model.run import Json
from wandbwatch.options import HERE

MEMORY = "actions"
"""The key that the memory is stored under."""
_OLD = 600.0
"""Seconds after which what a kill prevented is not done any more."""
_PATIENCE = 1800.0
"""Seconds that a retry waits for the end of its experiment."""
_KEPT = 200
"""Retries that are remembered."""


@dataclass(frozen=True)
class _Outcome:
    """How an action ended."""

    said: str
    undo: str = ""
    failed: bool = False


def carry_out(
    env: Env, address: Address, one: Intent, memory: Memory
) -> Iterator[Report]:
    """Do *one* of what is pending, and report it; at most once for its alert."""
    known = ActionMemory.read(memory.recall(MEMORY)) or ActionMemory()
    try:
        left, known, outcome = _done(_Work(env, address, memory, known), one)
    except WandbwatchError as e:
        left, outcome = None, _Outcome(str(e), failed=True)
    others = [other for other in known.pending if other.id != one.id]
    pending = (*others, *([left] if left else []))
    memory.remember(MEMORY, replace(known, pending=pending).written())
    if outcome is not None:
        memory.forget(one.id)
        yield _report(one, outcome)


@dataclass(frozen=True)
class _Work:
    """An action that is due."""

    env: Env
    address: Address
    memory: Memory
    known: ActionMemory

    @property
    def now(self) -> float:
        return self.env.now().timestamp()

    def experiment(self, run: str) -> Experiment | None:
        """Return our experiment that makes a run, if it is one's."""
        try:
            return self.env.experiments().of_run(run)
        except WandbwatchError:
            return None


_Step = tuple[Intent | None, ActionMemory, _Outcome | None]
"""What is still to be done of it, what to remember, and what came of it."""


def _done(work: _Work, one: Intent) -> _Step:
    waited = work.now - one.at
    if waited > (_PATIENCE if one.ending else _OLD):
        span = words.duration(timedelta(seconds=round(waited)))
        said = f"not done: it was decided {span} ago"
        return None, work.known, _Outcome(said, failed=True)
    if one.action == actions.STOP:
        return None, work.known, _stopped(work, one)
    if one.action == actions.RETRY:
        return _retried(work, one)
    return None, work.known, _executed(work, one)


def _stopped(work: _Work, one: Intent) -> _Outcome:
    """Stop a run, again if we were killed when we did: that changes nothing."""
    ours = work.experiment(one.run)
    if ours and not ours.phase.over:
        work.env.experiments().stop([str(ours.id)])
        undo = f"`wandbwatch retry {ours.id}` starts it again"
        return _Outcome(f"stopping experiment {ours.id} ({ours.plan.name})", undo)
    work.env.source(work.address).stop(one.run)
    undo = (
        f'starting its script with wandb.init(id="{one.run}", resume="must")'
        " continues it"
    )
    return _Outcome("asked W&B to stop the run; its script ends within a minute", undo)


def _retried(work: _Work, one: Intent) -> _Step:
    ours = work.experiment(one.run)
    if ours is None:
        said = "not retried: no experiment of wandbwatch made this run"
        return None, work.known, _Outcome(said, failed=True)
    if ours.id in work.known.retries:
        said = f"not retried: experiment {ours.id} is a retry already"
        return None, work.known, _Outcome(said, failed=True)
    if not ours.phase.over:
        if not one.ending:
            work.env.experiments().stop([str(ours.id)])
        return replace(one, ending=ours.id), work.known, None
    if not work.memory.claim(one.id):
        return None, work.known, _interrupted("`wandbwatch experiments` lists them")
    (new, *_) = work.env.experiments().retry([str(ours.id)])
    known = replace(work.known, retries=(*work.known.retries, new.id)[-_KEPT:])
    said = f"experiment {new.id} ({new.plan.name}) retries experiment {ours.id}"
    return None, known, _Outcome(said, f"`wandbwatch stop {new.id}` stops it")


def _interrupted(how: str) -> _Outcome:
    said = f"wandbwatch was killed while it did this: it may be done or not; {how}"
    return _Outcome(said, failed=True)


def _executed(work: _Work, one: Intent) -> _Outcome:
    action = actions.read(one.action)
    if not work.memory.claim(one.id):
        return _interrupted("it is not started again")
    text = json.dumps({**one.alert, "action": one.action}, ensure_ascii=False)
    code, printed = work.env.execute(action.command, text)
    said = f"exit code {code}" + (f": {printed}" if printed else "")
    return _Outcome(said, "wandbwatch can't undo what a command did", failed=code != 0)


def _report(one: Intent, outcome: _Outcome) -> Report:
    what = one.action.partition(" ")[0]
    run = one.alert.get("run")
    described = run if isinstance(run, dict) else {}
    path = "/".join(str(described.get(k) or "") for k in ("entity", "project", "id"))
    where = f" ({path.strip('/')})"
    verb = _FAILED[what] if outcome.failed else _DONE[what]
    rule = str(one.alert.get("rule"))
    notes = [outcome.said, f"undo: {outcome.undo}" if outcome.undo else ""]
    notes.append(f"{rule} ({one.why})" if one.why else rule)
    url = described.get("url")
    return Report(
        "alert",
        f"{one.name}: {verb}{where}",
        tuple(Note(note) for note in notes if note),
        Level.BAD if outcome.failed else Level.INFO,
        url if isinstance(url, str) else None,
        event=True,
        headline=f"{one.name}: {verb} ({rule})",
        runs=(one.run,),
        subject=Subject(path.strip("/"), f"{one.name} ({one.run})"),
        rule=rule,
    )


_DONE = {
    actions.STOP: "stopping it",
    actions.RETRY: "retried",
    actions.EXEC: "command finished",
}
_FAILED = {
    actions.STOP: "could not be stopped",
    actions.RETRY: "could not be retried",
    actions.EXEC: "command failed",
}


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
        sent = _acted(env, memory, request, firings)
    found = [seen.run for seen in runs]
    project = runs_title(request.address, found)
    url = runs_page(found)
    page = AlertedProject(
        project, url, request.timing, tuple(folded(after, runs, rules))
    )
    for report in reports(_drawn(source, question, sent), page):
        bad = report.level is Level.BAD
        yield replace(report, level=request.level) if bad else report
    ended = any(not seen.running for seen in runs)
    check = Check(now.timestamp(), memory, ended)
    keys = question.needs.keys
    dead = newly_dead(source, keys, question.filters, _logged(runs), check)
    if dead:
        yield dead_keys.report(dead, "alert", project, url)


def _acted(
    env: Env, memory: Memory, request: AlertRequest, firings: Firings
) -> tuple[Notification, ...]:
    """Decide what to do about alerts; it is done once the decision is stored."""
    before = ActionMemory.read(memory.recall(MEMORY))
    after, remarks = decide(before, firings, request.actions)
    if env.rehearsing:
        after = replace(after, pending=())
        remarks = {
            place: f"dry run; {said.replace('doing:', 'would do:')}"
            for place, said in remarks.items()
        }
    memory.remember(MEMORY, after.written())
    for one in after.pending:
        work = partial(carry_out, env, request.address, one)
        memory.do_afterwards(work)
    return tuple(
        replace(one, remark=remark)
        if one.turn is Turn.FIRING
        and (remark := remarks.get((one.seen.run.id, one.rule.text)))
        else one
        for one in firings.sent
    )


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
