"""Evaluate rules on runs against what is remembered of their alerts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.memory import AlertMemory, Watched
from wandbwatch.commands.alert.rules import (
    HoldState,
    Rule,
    RuleResult,
    Timing,
    Turn,
    judge,
    turn,
)

MISSED = 3600.0
"""Seconds for which a run that is not to be found may only be late in a listing."""


@dataclass(frozen=True)
class Notification:
    """What there is to tell of a rule and a run."""

    seen: Observation
    rule: Rule
    turn: Turn
    verdict: RuleResult
    held: HoldState


@dataclass
class _Look:
    rules: Sequence[Rule]
    patience: Timing
    now: float
    told: list[Notification] = field(default_factory=list)

    def take(
        self, seen: Observation, held: dict[str, HoldState]
    ) -> dict[str, HoldState]:
        """Judge a run; return what is to be remembered of it."""
        after = {}
        for rule in self.rules:
            kept = self._one(seen, rule, held.get(rule.text))
            if kept:
                after[rule.text] = kept
        return after if seen.running else {}

    def _one(
        self, seen: Observation, rule: Rule, before: HoldState | None
    ) -> HoldState | None:
        verdict = judge(rule, seen.facts, seen.at)
        held, what = turn(before, self.now, self.patience, holds=verdict.holds)
        if not seen.running and what is None and held and _firing(held):
            what = Turn.OVER
        if what and held:
            self.told.append(Notification(seen, rule, what, verdict, held))
        return held


def evaluate(
    before: AlertMemory | None,
    runs: Sequence[Observation],
    rules: Sequence[Rule],
    patience: Timing,
    now: float,
) -> tuple[tuple[Notification, ...], AlertMemory]:
    """Return what there is to tell, and what is to be remembered.

    A rule that holds at the first look fires: it is a state, not a change.
    """
    known = before or AlertMemory(now)
    look = _Look(rules, patience, now)
    after: dict[str, Watched] = {}
    ended = {k: heard for k, heard in known.ended.items() if heard > known.at}
    for seen in runs:
        run_id = seen.run.id
        if not seen.running and ended.get(run_id) == seen.at:
            continue
        watched = known.runs.get(run_id)
        held = look.take(seen, dict(watched.held) if watched else {})
        if held:
            after[run_id] = Watched(now, held)
        if not seen.running:
            ended[run_id] = seen.at
    there = {seen.run.id for seen in runs}
    after |= {
        run_id: watched
        for run_id, watched in known.runs.items()
        if run_id not in there and now - watched.seen < MISSED
    }
    return tuple(look.told), AlertMemory(now, after, ended)


def _firing(held: HoldState) -> bool:
    return bool(held.fired and not held.ended)
