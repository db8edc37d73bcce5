"""What a firing alert does besides reporting (``--then``), and when it may. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

from wandbwatch import formatting as words
from wandbwatch.commands.alert.evaluate import Notification
from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.memory import AlertMemory, HoldState, Turn
from wandbwatch.commands.alert.rules import Rule, judge
from wandbwatch.commands.alert.rules.predicates import IdleGpus, NoProgress
from wandbwatch.commands.alert.rules.tree import Statement
from wandbwatch.model.memory import StoredJson
from wandbwatch.model.run import Json, Run

STOP, RETRY, EXEC = "stop", "retry", "exec"
_STORED = StoredJson(shape=1)
_SILENT = 180.0
"""Seconds without a heartbeat after which what is known of a run is old."""
_GAPS, _GAP = 3, 180.0
"""A pause between two checks that is longer than so many usual ones, and than so many
seconds, was an outage."""


@dataclass(frozen=True)
class Action:
    """What a rule does besides its message."""

    kind: str
    text: str
    """As written: ``exec scancel 7``."""
    command: tuple[str, ...] = ()


def read(text: str) -> Action:
    """Read the value of ``--then``; ValueError says what is wrong with it."""
    kind, _, rest = text.strip().partition(" ")
    if kind not in (STOP, RETRY, EXEC) or (rest and kind != EXEC):
        raise ValueError(f"{text!r} is not one of stop, retry, 'exec COMMAND'")
    command = tuple(shlex.split(rest))
    if kind == EXEC and not command:
        raise ValueError("exec needs a command: 'exec notify-oncall --loud'")
    return Action(kind, text.strip(), command)


@dataclass(frozen=True)
class Intent:
    """An action that is to be carried out for one alert."""

    firing: str
    """Names the alert: its run, its rule and when it first fired."""
    action: str
    why: str
    at: float
    """When it was decided, POSIX seconds."""
    run: str
    name: str
    alert: Mapping[str, Json] = field(default_factory=dict)
    """What a command gets."""
    ending: int = 0
    """The experiment whose end a retry waits for."""

    @property
    def id(self) -> str:
        return f"then {self.action} {self.firing}"


@dataclass(frozen=True)
class ActionMemory:
    """What a line remembers of its actions."""

    at: float = 0.0
    """When the runs were last checked, POSIX seconds."""
    gap: float = 0.0
    """Seconds between the last two checks; 0: there was one."""
    done: tuple[str, ...] = ()
    """The alerts that need nothing more."""
    pending: tuple[Intent, ...] = ()
    retries: tuple[int, ...] = ()
    """Experiments that were started as retries."""

    def written(self) -> str:
        pending = [asdict(one) for one in self.pending]
        whole = [self.at, self.gap, list(self.done), pending, list(self.retries)]
        return _STORED.dump(whole)

    @classmethod
    def read(cls, text: str | None) -> ActionMemory | None:
        stored = _STORED.load(text)
        if stored is None:
            return None
        at, gap, done, pending, retries = stored
        intents = tuple(Intent(**one) for one in pending)
        return cls(at, gap, tuple(done), intents, tuple(retries))


@dataclass(frozen=True)
class Firings:
    """One check: its time, the runs, what was found, and which alerts there are."""

    now: float
    runs: Sequence[Observation]
    rules: Sequence[Rule]
    sent: Sequence[Notification]
    alerts: AlertMemory
    steady: bool = True
    """Whether rules wait as long as suits them, without ``--for``."""
    first: bool = False
    """Whether it is the first check of the runs."""

    def each(self) -> Iterator[tuple[Observation, Rule, HoldState]]:
        """Yield the firing alerts; of runs that have ended, those that fire now."""
        rules = {rule.text: rule for rule in self.rules}
        for seen in self.runs:
            watched = self.alerts.runs.get(seen.run.id)
            for text, held in (watched.held if watched else {}).items():
                if seen.running and held.fired and not held.ended and text in rules:
                    yield seen, rules[text], held
        for one in self.sent:
            if one.turn is Turn.FIRING and not one.seen.running:
                yield one.seen, one.rule, one.held

    def known(self) -> set[str]:
        """Return the names of all alerts, those included that ended just now."""
        return {
            _firing(run_id, text, held)
            for run_id, watched in self.alerts.runs.items()
            for text, held in watched.held.items()
        }


_PATIENCE = 2700.0
"""Seconds that nothing must have come from a run since somebody looked: before that,
it may have been preempted."""

Remarks = Mapping[tuple[str, str], str]
"""What is said about an alert, by the run's id and the rule's text."""


def decide(
    before: ActionMemory | None, check: Firings, actions: Sequence[Action]
) -> tuple[ActionMemory, Remarks]:
    """Return what is to be done from now on, and what to say beside new alerts.

    An alert that the first check finds is never acted on; another one once, as soon as
    it is certain.
    """
    known = before or ActionMemory()
    gap = check.now - known.at if known.at else 0.0
    outage = bool(known.gap) and gap > max(_GAPS * known.gap, _GAP)
    alerts = check.known()
    done = [name for name in known.done if name in alerts]
    pending = [one for one in known.pending if _still(one, check)]
    remarks: dict[tuple[str, str], str] = {}
    for seen, rule, held in check.each():
        name = _firing(seen.run.id, rule.text, held)
        if name in done:
            continue
        chosen = [a for a in actions if seen.running or a.kind != STOP]
        if not chosen:
            continue
        what = ", ".join(action.text for action in chosen)
        place = (seen.run.id, rule.text)
        if check.first or before is None:
            done.append(name)
            remarks[place] = f"not done ({what}): the first check found it so"
        elif why := _doubt((seen, rule, held), check, outage=outage, gap=gap):
            remarks[place] = f"not done yet ({what}): {why}"
        else:
            done.append(name)
            wanted = _intent(name, check, seen, rule, held)
            pending += [replace(wanted, action=action.text) for action in chosen]
            remarks[place] = f"doing: {what}"
    found = (tuple(done), tuple(pending))
    return ActionMemory(check.now, gap, *found, known.retries), remarks


def _firing(run_id: str, rule: str, held: HoldState) -> str:
    return f"{run_id} {held.number:.3f} {rule}"


def _still(one: Intent, check: Firings) -> bool:
    """Whether an action that a kill prevented is still wanted."""
    runs = {seen.run.id: seen.running for seen in check.runs}
    firing = {_firing(s.run.id, rule.text, held) for s, rule, held in check.each()}
    if runs.get(one.run, False):
        return bool(one.ending) or one.firing in firing
    return one.action != STOP


def _doubt(
    place: tuple[Observation, Rule, HoldState],
    check: Firings,
    *,
    outage: bool,
    gap: float,
) -> str:
    """Say why nothing is to be done about an alert yet."""
    seen, rule, held = place
    if outage:
        return f"the check before was {words.duration(timedelta(seconds=gap))} ago"
    heard = seen.run.heartbeat.timestamp() if seen.run.heartbeat else None
    silent = 0.0 if heard is None else check.now - heard
    if seen.running and silent > _SILENT:
        return f"no heartbeat for {words.duration(timedelta(seconds=round(silent)))}"
    if not check.steady:
        return ""
    claims = [leaf.claim for leaf in rule.leaves if isinstance(leaf, Statement)]
    absent = any(isinstance(claim, NoProgress | IdleGpus) for claim in claims)
    if absent and check.now - held.since < _PATIENCE:
        return "it may be loading, or evaluating"
    return _uncertain(rule, seen)


def _uncertain(rule: Rule, seen: Observation) -> str:
    found = judge(rule, seen.facts, seen.at, steady=True, certain=True)
    if found.holds:
        return ""
    sampled = "approximate" in found.why
    return "W&B returned a sample of the rows" if sampled else "the run may get over it"


def _intent(
    name: str, check: Firings, seen: Observation, rule: Rule, held: HoldState
) -> Intent:
    why = judge(rule, seen.facts, seen.at, steady=check.steady).why
    alert: dict[str, Json] = {
        "rule": rule.text,
        "why": why,
        "since": _iso(held.since),
        "fired": _iso(held.fired),
        "run": _described(seen.run),
    }
    return Intent(name, "", why, check.now, seen.run.id, seen.run.name, alert)


def _described(run: Run) -> dict[str, Json]:
    return {
        "entity": run.entity,
        "project": run.project,
        "id": run.id,
        "name": run.name,
        "group": run.group,
        "state": run.state.value,
        "step": run.last_step,
        "url": run.url,
    }


def _iso(posix: float) -> str:
    return datetime.fromtimestamp(posix, UTC).isoformat(timespec="seconds")
