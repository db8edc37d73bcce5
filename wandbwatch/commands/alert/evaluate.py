"""Evaluate rules on runs, now or over their history. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.memory import (
    AlertMemory,
    HoldState,
    Timing,
    Turn,
    Watched,
    recent,
    turn,
)
from wandbwatch.commands.alert.rules import Rule, RuleResult, judge
from wandbwatch.formatting.run_blocks import MOST_CARDS
from wandbwatch.model.run import State

MISSED = 3600.0
"""Seconds to remember a run that is missing: a listing may lag."""


@dataclass(frozen=True)
class Notification:
    """A change of the alert of one rule and one run."""

    seen: Observation
    rule: Rule
    turn: Turn
    verdict: RuleResult
    held: HoldState
    steady: bool = False
    """Whether an outlier was not enough."""
    remark: str = ""
    """What is or is not done about it."""


@dataclass
class _Check:
    """One rule on one run."""

    rules: Sequence[Rule]
    timing: Timing
    now: float
    sent: list[Notification] = field(default_factory=list)

    def take(
        self, seen: Observation, held: dict[str, HoldState]
    ) -> dict[str, HoldState]:
        """Judge a run; return the states to remember, by rule."""
        after = {}
        for rule in self.rules:
            kept = self._judge(seen, rule, held.get(rule.text))
            if kept:
                after[rule.text] = kept
        return after if seen.running else {}

    def _judge(
        self, seen: Observation, rule: Rule, before: HoldState | None
    ) -> HoldState | None:
        timing, steady = self.timing, self.timing.hold is None
        verdict = judge(rule, seen.facts, seen.at, steady=steady)
        if steady:
            # An ended run does not change, and an alert that returns is known already.
            waits = seen.running and not (before and recent(before, self.now))
            timing = replace(timing, hold=rule.hold if waits else 0.0)
        held, what = turn(before, self.now, timing, holds=verdict.holds)
        if not seen.running and what is None and held and held.firing:
            what = Turn.OVER
        if what and held:
            self.sent.append(Notification(seen, rule, what, verdict, held, steady))
        return held

    def fold(self, after: dict[str, Watched]) -> None:
        """Let many runs that fire by one rule share a message from now on."""
        several: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(self.sent):
            if one.turn is Turn.FIRING and not one.held.fold:
                several[one.rule.text].append(place)
        for rule, places in several.items():
            for place in places if len(places) > MOST_CARDS else ():
                one = self.sent[place]
                held = replace(one.held, fold=self.now)
                self.sent[place] = replace(one, held=held)
                if known := after.get(one.seen.run.id):
                    states = {**known.held, rule: held}
                    after[one.seen.run.id] = replace(known, held=states)


def evaluate(
    before: AlertMemory | None,
    runs: Sequence[Observation],
    rules: Sequence[Rule],
    timing: Timing,
    now: float,
) -> tuple[tuple[Notification, ...], AlertMemory]:
    """Return the notifications to send, and what to remember.

    A rule that already holds at the first check fires: it is a state, not a change.
    """
    known = before or AlertMemory(now)
    check = _Check(rules, timing, now)
    after: dict[str, Watched] = {}
    ended = {
        run_id: heard
        for run_id, heard in known.ended.items()
        if heard > known.at or run_id in known.runs
    }
    for seen in runs:
        run_id = seen.run.id
        if not seen.running and ended.get(run_id) == seen.at:
            continue
        watched = known.runs.get(run_id)
        held = check.take(seen, dict(watched.held) if watched else {})
        if held:
            after[run_id] = Watched(now, held)
        if not seen.running:
            ended[run_id] = seen.at
    check.fold(after)
    found = {seen.run.id for seen in runs}
    after |= {
        run_id: watched
        for run_id, watched in known.runs.items()
        if run_id not in found and now - watched.seen < MISSED
    }
    return tuple(check.sent), AlertMemory(now, _with_folds(after, known), ended)


def _with_folds(
    after: Mapping[str, Watched], before: AlertMemory
) -> Mapping[str, Watched]:
    """Keep what has ended of a message about many runs as long as others of it fire:
    the message counts them all."""
    firing = {
        (held.fold, text)
        for watched in before.runs.values()
        for text, held in watched.held.items()
        if held.fold and held.firing
    }
    kept = dict(after)
    for run_id, watched in before.runs.items():
        now = after.get(run_id, Watched(watched.seen, {}))
        gone = {
            text: held if held.ended else replace(held, ended=before.at)
            for text, held in watched.held.items()
            if (held.fold, text) in firing and text not in now.held
        }
        if gone:
            kept[run_id] = replace(now, held={**now.held, **gone})
    return kept


def folded(
    memory: AlertMemory, runs: Iterable[Observation], rules: Sequence[Rule]
) -> Iterator[Notification]:
    """Yield the alerts of *memory* whose message is about many runs."""
    named = {rule.text: rule for rule in rules}
    for seen in runs:
        watched = memory.runs.get(seen.run.id)
        for text, held in watched.held.items() if watched else ():
            if held.fold and text in named:
                ended = Turn.RESOLVED if seen.running else Turn.OVER
                turn = Turn.STILL if held.firing else ended
                yield Notification(seen, named[text], turn, RuleResult(None), held)


_MOST = 40_000
"""Rules are judged at most this often; a longer interval then saves checks."""


@dataclass(frozen=True)
class Trial:
    """Notifications that would have been sent, in order of time (POSIX seconds)."""

    sent: tuple[tuple[float, Notification], ...]
    since: float
    every: float
    """Seconds between two checks."""


def backtest(
    runs: Sequence[Observation],
    rules: Sequence[Rule],
    timing: Timing,
    since: float,
    every: float,
    *,
    checked: Callable[
        [float, Sequence[Observation], Sequence[Notification], AlertMemory], object
    ] = lambda *_: None,
) -> Trial:
    """Check *runs* at intervals of *every* seconds, as a subscription would.

    *checked* is called after each check with its time, its runs and its result.
    """
    runs = [seen for seen in runs if seen.at >= since]
    lives = {seen.run.id: _life(seen, since) for seen in runs}
    checks = sum(max(end - start, 0.0) for start, end in lives.values()) * len(rules)
    every *= math.ceil(max(checks / every / _MOST, 1.0))
    ticks: dict[int, list[Observation]] = defaultdict(list)
    for seen in runs:
        start, end = lives[seen.run.id]
        first, last = math.ceil((start - since) / every), (end - since) / every
        for number in range(first, math.floor(last) + 1):
            ticks[number].append(_at(seen, since + number * every))
        if not seen.running:
            ticks[math.floor(last) + 1].append(seen)
    sent, known = [], None
    for number in sorted(ticks):
        now = since + number * every
        happened, known = evaluate(known, ticks[number], rules, timing, now)
        checked(now, ticks[number], happened, known)
        sent += [(now, one) for one in happened]
    return Trial(tuple(sent), since, every)


def _life(seen: Observation, since: float) -> tuple[float, float]:
    began = seen.facts.began
    first = [s.x[0] for s in seen.facts.series.values() if len(s.x)]
    start = min(first, default=seen.at) if began is None else began
    return max(start, since), seen.at


def _at(seen: Observation, now: float) -> Observation:
    """Return *seen* as it was at *now*: running."""
    return replace(seen, run=replace(seen.run, state=State.RUNNING), at=now)
