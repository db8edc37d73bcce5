"""Evaluate rules on runs against what is remembered of their alerts. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.memory import (
    AlertMemory,
    HoldState,
    Timing,
    Turn,
    Watched,
    turn,
)
from wandbwatch.commands.alert.rules import Rule, RuleResult, judge
from wandbwatch.model.run import State

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


_MOST = 40_000
"""So many times rules are judged at most; the looks are farther apart then."""


@dataclass(frozen=True)
class Trial:
    """What would have been told, in its order, and how far apart the looks were."""

    told: tuple[tuple[float, Notification], ...]
    since: float
    every: float


def backtest(
    runs: Sequence[Observation],
    rules: Sequence[Rule],
    patience: Timing,
    since: float,
    every: float,
) -> Trial:
    """Look at *runs* every so many seconds from *since* on, as a subscription would."""
    runs = [seen for seen in runs if seen.at >= since]
    lives = {seen.run.id: _life(seen, since) for seen in runs}
    looks = sum(max(end - start, 0.0) for start, end in lives.values()) * len(rules)
    every *= math.ceil(max(looks / every / _MOST, 1.0))
    ticks: dict[int, list[Observation]] = defaultdict(list)
    for seen in runs:
        start, end = lives[seen.run.id]
        first, last = math.ceil((start - since) / every), (end - since) / every
        for number in range(first, math.floor(last) + 1):
            ticks[number].append(_at(seen, since + number * every))
        if not seen.running:
            ticks[math.floor(last) + 1].append(seen)
    told, known = [], None
    for number in sorted(ticks):
        now = since + number * every
        happened, known = evaluate(known, ticks[number], rules, patience, now)
        told += [(now, one) for one in happened]
    return Trial(tuple(told), since, every)


def _life(seen: Observation, since: float) -> tuple[float, float]:
    began = seen.facts.began
    first = [s.x[0] for s in seen.facts.series.values() if len(s.x)]
    start = min(first, default=seen.at) if began is None else began
    return max(start, since), seen.at


def _at(seen: Observation, now: float) -> Observation:
    """Return *seen* as it was then: it went on."""
    return replace(seen, run=replace(seen.run, state=State.RUNNING), at=now)
