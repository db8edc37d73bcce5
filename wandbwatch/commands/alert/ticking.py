"""One look at runs, against what is remembered of their alerts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wandbwatch.commands.alert.looking import Seen
from wandbwatch.commands.alert.remembered import Remembered, Watched
from wandbwatch.commands.alert.rules import (
    Held,
    Patience,
    Rule,
    Turn,
    Verdict,
    judge,
    turn,
)

MISSED = 3600.0
"""Seconds for which a run that is not to be found may only be late in a listing."""


@dataclass(frozen=True)
class Told:
    """What there is to tell of a rule and a run."""

    seen: Seen
    rule: Rule
    turn: Turn
    verdict: Verdict
    held: Held


@dataclass
class _Look:
    rules: Sequence[Rule]
    patience: Patience
    now: float
    told: list[Told] = field(default_factory=list)

    def take(self, seen: Seen, held: dict[str, Held]) -> dict[str, Held]:
        """Judge a run; return what is to be remembered of it."""
        after = {}
        for rule in self.rules:
            kept = self._one(seen, rule, held.get(rule.text))
            if kept:
                after[rule.text] = kept
        return after if seen.running else {}

    def _one(self, seen: Seen, rule: Rule, before: Held | None) -> Held | None:
        verdict = judge(rule, seen.facts, seen.at)
        held, what = turn(before, self.now, self.patience, holds=verdict.holds)
        if not seen.running and what is None and held and _firing(held):
            what = Turn.OVER
        if what and held:
            self.told.append(Told(seen, rule, what, verdict, held))
        return held


def tick(
    before: Remembered | None,
    runs: Sequence[Seen],
    rules: Sequence[Rule],
    patience: Patience,
    now: float,
) -> tuple[tuple[Told, ...], Remembered]:
    """Return what there is to tell, and what is to be remembered.

    A rule that holds at the first look fires: it is a state, not a change.
    """
    known = before or Remembered(now)
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
    return tuple(look.told), Remembered(now, after, ended)


def _firing(held: Held) -> bool:
    return bool(held.fired and not held.ended)
