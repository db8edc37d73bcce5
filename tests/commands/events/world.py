"""A project of many simulated runs whose whole lives are known beforehand."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from wandbwatch.model.query import Listing, Query
from wandbwatch.model.run import Run, State

from tests.fakes import FakeSource

MINUTE = 60.0
START = 1_767_225_600.0
ENDS = (State.FINISHED, State.FAILED, State.CRASHED, State.KILLED, State.PREEMPTED)


@dataclass(frozen=True)
class Part:
    """A time in which a run ran, and how it ended; a pause of its steps in it."""

    start: float
    end: float
    state: State
    runtime: float
    """Seconds that it ran before."""
    step: int
    """Its steps until then."""
    pause: tuple[float, float] = (0.0, 0.0)
    same: bool = False
    """Whether it is the process of the part before, which had been silent."""


@dataclass(frozen=True)
class Life:
    id: str
    parts: tuple[Part, ...]
    pace: float
    group: str
    sweep: str
    losses: tuple[float, ...]
    over: list[Run] = field(default_factory=list, compare=False)
    """It as it will be for ever, once its last part has ended."""

    @cached_property
    def starts(self) -> tuple[float, ...]:
        return tuple(part.start for part in self.parts)

    @cached_property
    def last_loss(self) -> float:
        return self.loss(self.parts[-1].end)

    def part(self, now: float) -> int:
        """Return which part has begun last, -1 before the first."""
        return bisect_right(self.starts, now) - 1

    def steps(self, number: int, now: float) -> tuple[int, float]:
        """Return the last step in part *number* until *now*, and its time."""
        part = self.parts[number]
        until = min(now, part.end)
        begin, end = part.pause
        if begin <= until < end:
            until = begin
        count = int((until - part.start) // self.pace)
        return part.step + count, part.start + count * self.pace

    def loss(self, now: float) -> float:
        """Return the last loss until *now*."""
        if now > self.parts[-1].end:
            return self.last_loss
        step, _ = self.steps(self.part(now), now)
        return min(self.losses[: 1 + step % len(self.losses)])

    def run(self, now: float) -> Run | None:
        """Return what a source says of it, None before it began."""
        if self.over:
            return self.over[0]
        number = self.part(now)
        if number < 0:
            return None
        run = self._run(number, now)
        if now >= self.parts[-1].end:
            self.over.append(run)
        return run

    def _run(self, number: int, now: float) -> Run:
        part = self.parts[number]
        heard = min(now, part.end)
        step, stepped = self.steps(number, now)
        return Run(
            self.id,
            f"run of {self.group}",
            State.RUNNING if now < part.end else part.state,
            created=moment(self.parts[0].start),
            heartbeat=moment(heard),
            runtime=part.runtime + heard - part.start,
            last_step=step,
            entity="me",
            project="p",
            url=f"https://w.example/me/p/runs/{self.id}",
            group=self.group,
            sweep=self.sweep,
            summary={"_timestamp": stepped, "loss": self.loss(now)},
        )


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def lives(count: int, ticks: int, seed: int) -> tuple[Life, ...]:
    return tuple(_life(random.Random(seed * count + n), n, ticks) for n in range(count))  # noqa: S311


def _life(dice: random.Random, number: int, ticks: int) -> Life:
    # Some had ended long before the first look.
    at = START + dice.uniform(-0.3, 0.6) * ticks * MINUTE
    pace = dice.choice([1.0, 20.0, 150.0, 400.0])
    parts: list[Part] = []
    runtime, step = 0.0, 0
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        long = dice.choice([dice.uniform(1, 50), dice.uniform(1000, 12000)])
        state = dice.choice(ENDS)
        pause = (0.0, 0.0)
        if dice.random() < 0.3:
            begin = at + dice.uniform(0, long)
            pause = begin, begin + dice.uniform(60, 8000)
        same = bool(parts) and parts[-1].state is State.CRASHED and dice.random() < 0.5
        if same:
            # It was silent for a while, and its clock went on.
            silent = dice.uniform(300, 3000)
            at = parts[-1].end + silent
            runtime += silent
        part = Part(at, at + long, state, runtime, step, pause, same)
        parts.append(part)
        life = Life("", tuple(parts), pace, "", "", (1.0,))
        runtime += long
        step = life.steps(len(parts) - 1, part.end)[0] + 1
        at = part.end + dice.uniform(200, 20000)
    losses = tuple(dice.uniform(0, 10) for _ in range(5))
    group = f"g{number % 37}" if number % 3 else ""
    sweep = f"s{number % 11}" if number % 5 == 0 else ""
    return Life(f"r{number}", tuple(parts), pace, group, sweep, losses)


class World(FakeSource):
    """The runs at ``now``, listed as W&B lists them."""

    def __init__(self, lives: Sequence[Life]) -> None:
        super().__init__()
        self.lives = lives
        self.now = START
        self.requests = 0

    def everything(self) -> list[Run]:
        found = [run for life in self.lives if (run := life.run(self.now))]
        return sorted(found, key=_heard, reverse=True)

    def runs(self, query: Query) -> Listing:
        self.requests += 1
        assert query.order == "-heartbeat_at"
        runs = self.everything()
        if query.filters:
            ((_, wanted),) = query.filters.items()
            assert isinstance(wanted, dict)
            runs = [run for run in runs if run.id in wanted["$in"]]
        return Listing(tuple(runs[: query.limit or None]), len(runs))


def _heard(run: Run) -> float:
    assert run.heartbeat
    return run.heartbeat.timestamp()
