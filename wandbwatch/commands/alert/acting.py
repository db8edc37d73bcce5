"""Do what alerts decided, and report it: stop a run, retry it, start a command."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from wandbwatch import formatting as words
from wandbwatch.commands.alert import actions
from wandbwatch.commands.alert.actions import (
    Action,
    ActionMemory,
    Firings,
    Intent,
    decide,
)
from wandbwatch.commands.alert.evaluate import Notification
from wandbwatch.commands.alert.memory import Turn
from wandbwatch.model.address import Address
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import WandbwatchError
from wandbwatch.model.experiment import Experiment
from wandbwatch.model.memory import Memory
from wandbwatch.model.ports import Env
from wandbwatch.model.report import Note, Report, Subject

_MEMORY = "actions"
"""The key that the memory is stored under."""
_OLD = 600.0
"""Seconds after which what a kill prevented is not done any more."""
_PATIENCE = 1800.0
"""Seconds that a retry waits for the end of its experiment."""
_KEPT = 200
"""Retries that are remembered."""


def acted(
    env: Env,
    memory: Memory,
    address: Address,
    wanted: Sequence[Action],
    firings: Firings,
) -> tuple[Notification, ...]:
    """Decide what to do about alerts; it is done once the decision is stored."""
    before = ActionMemory.read(memory.recall(_MEMORY))
    after, remarks = decide(before, firings, wanted)
    if env.rehearsing:
        after = replace(after, pending=())
        remarks = {
            place: f"dry run; {said.replace('doing:', 'would do:')}"
            for place, said in remarks.items()
        }
    memory.remember(_MEMORY, after.written())
    for one in after.pending:
        work = partial(carry_out, env, address, one)
        memory.do_afterwards(work)
    return tuple(
        replace(one, remark=remark)
        if one.turn is Turn.FIRING
        and (remark := remarks.get((one.seen.run.id, one.rule.text)))
        else one
        for one in firings.sent
    )


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
    known = ActionMemory.read(memory.recall(_MEMORY)) or ActionMemory()
    try:
        left, known, outcome = _done(_Work(env, address, memory, known), one)
    except WandbwatchError as e:
        left, outcome = None, _Outcome(str(e), failed=True)
    others = [other for other in known.pending if other.id != one.id]
    pending = (*others, *([left] if left else []))
    memory.remember(_MEMORY, replace(known, pending=pending).written())
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
