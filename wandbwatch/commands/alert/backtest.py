"""Rules tried on history: the looks that there would have been, one by one. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wandbwatch.commands.alert.evaluate import Notification, evaluate
from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.rules import Rule, Timing
from wandbwatch.model.run import State

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
