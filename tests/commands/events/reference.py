"""What should be told of a world, found from the lives themselves, run by run.

It knows which part of its life each run is in, and keeps all that it ever saw; what
the real one must conclude from a listing and a bounded memory is plain here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wandbwatch.model.run import State

from tests.commands.events.world import Life

Told = tuple[str, str]
Long = tuple[bool, float, int]
"""A long pause that ended well: whether it was the start, its seconds, and the step
from which on it is usual."""


def _heard(life: Life, now: float) -> float:
    number = life.part(now)
    return min(now, life.parts[number].end) if number >= 0 else 0.0


@dataclass
class Seen:
    """One run as it was at the looks so far."""

    part: int = -1
    running: bool = False
    steps: list[tuple[float, float, int]] = field(default_factory=list)
    """Looks at which a new step was seen in this part: when, its time, the step."""
    gaps: list[float] = field(default_factory=list)
    stalled: bool = False
    pauses: list[Long] = field(default_factory=list)


class Reference:
    def __init__(self, lives: tuple[Life, ...], least: float, settle: float) -> None:
        self._lives = lives
        self._least = least
        self._settle = settle
        self._seen = {life.id: Seen() for life in lives}
        self._before: float | None = None
        self._loss: float | None = None
        self._leader = ""
        self._open: dict[str, float | None] = {}
        self._taught: dict[str, list[Long]] = {}
        self._new: list[tuple[str, Long]] = []

    def look(self, now: float) -> list[Told]:
        told: list[Told] = []
        # The latest heartbeats first, as in a listing.
        for life in sorted(self._lives, key=lambda one: -_heard(one, now)):
            told += [(kind, life.id) for kind in self._run(life, now)]
        for name, pause in self._new:
            self._taught[name] = [*self._taught.get(name, []), pause][-16:]
        self._new.clear()
        told += self._best(now)
        told += self._scopes(told, now)
        first, self._before = self._before is None, now
        return [] if first else told

    def _run(self, life: Life, now: float) -> list[str]:
        seen = self._seen[life.id]
        number = life.part(now)
        part = life.parts[number]
        over = number == seen.part and not seen.running and now >= part.end
        if number < 0 or over:
            return []
        old, was, known = seen.part, seen.running, seen.part >= 0
        running = now < part.end
        seen.part, seen.running = number, running
        went_on = number > old and all(p.same for p in life.parts[old + 1 : number + 1])
        false = known and not was and life.parts[old].state is State.CRASHED and went_on
        if running and (not was or not known):
            return [self._begin(seen, life, now, known=known, false=false)]
        if running:
            return self._stall(seen, life, now)
        if was:
            self._end(life, number)
        if was or not known:
            return [part.state.value]
        if number > old:
            return (["goes on"] if false else []) + [part.state.value]
        return []

    def _begin(
        self, seen: Seen, life: Life, now: float, *, known: bool, false: bool
    ) -> str:
        step, _ = life.steps(seen.part, now)
        seen.steps, seen.gaps, seen.stalled = [(now, now, step)], [], False
        seen.pauses = []
        return "goes on" if false else "resumed" if known else "started"

    def _end(self, life: Life, number: int) -> None:
        part = life.parts[number]
        if part.state is not State.FINISHED:
            return
        step, stepped = life.steps(number, part.end)
        ran, over = part.runtime + part.end - part.start, part.end - stepped
        name = life.group or life.sweep
        if not step and ran > self._least / 2:
            self._new.append((name, (True, round(ran, 1), 0)))
        if step and self._least / 2 < over <= 24 * self._least:
            self._new.append((name, (False, round(over, 1), step)))

    def _stall(self, seen: Seen, life: Life, now: float) -> list[str]:
        assert self._before is not None
        step, stepped = life.steps(seen.part, now)
        name = life.group or life.sweep
        if step != seen.steps[-1][2]:
            stepped = max(stepped, self._before)
            paused = stepped - seen.steps[-1][1]
            dated = self._least if len(seen.steps) > 2 else 3 * self._least
            if now - self._before <= max(dated, 2 * self._pace(seen), paused / 2):
                if len(seen.steps) > 1 and not seen.stalled:
                    seen.gaps.append(paused)
                self._learn(seen, name, paused)
            elif seen.stalled:
                self._learn(seen, name, self._before - seen.steps[-1][1])
            seen.steps.append((now, stepped, step))
            if seen.stalled:
                seen.stalled = False
                return ["recovered"]
        limit = self._limit(seen, name, step)
        if not seen.stalled and now - seen.steps[-1][1] > limit:
            seen.stalled = True
            return ["stalled"]
        return []

    def _learn(self, seen: Seen, name: str, paused: float) -> None:
        if self._least / 2 < paused <= 24 * self._least:
            seen.pauses.append((len(seen.steps) == 1, round(paused, 1), 0))
            self._new.append((name, seen.pauses[-1]))

    def _limit(self, seen: Seen, name: str, step: int) -> float:
        taught = self._taught.get(name) or [
            pause for found in self._taught.values() for pause in found
        ]
        known = [one for one in (*seen.pauses[-8:], *taught) if step >= one[2]]
        starts = len(seen.steps) < 3
        long = [seconds for start, seconds, _ in known if starts or not start]
        limit = max(self._least, 2 * max([self._pace(seen), *long]))
        if starts:
            return max(limit, 3 * self._least)
        likely = any(
            f"{one}".rstrip("0") in {*"123456789", "15", "25", "75"}
            for one in (step, step + 1)
            if one >= 50
        )
        return max(limit, 4.5 * self._least) if likely and not known + taught else limit

    def _pace(self, seen: Seen) -> float:
        last = len(seen.gaps) - 1
        return max((g * 0.9 ** (last - i) for i, g in enumerate(seen.gaps)), default=0)

    def _best(self, now: float) -> list[Told]:
        found = [
            (life.loss(now), life.id) for life in self._lives if life.part(now) >= 0
        ]
        if not found:
            return []
        loss = min(loss for loss, _ in found)
        if self._loss is not None and loss >= self._loss:
            return []
        self._loss = loss
        return [("best", next(run for value, run in found if value == loss))]

    def _scopes(self, told: list[Told], now: float) -> list[Told]:
        running, ended = set(), set()
        ends = {(state.value) for state in State}
        fell = {run for kind, run in told if kind in ends}
        for life in self._lives:
            names = {"idle"}
            names |= {f"group {life.group}"} if life.group else set()
            names |= {f"sweep {life.sweep}"} if life.sweep else set()
            if self._seen[life.id].running:
                running |= names
            if life.id in fell and self._before is not None:
                ended |= names
        done = []
        for name in running:
            self._open[name] = None
        for name in ended - running:
            self._open.setdefault(name, None)
        for name in list(self._open.keys() - running):
            since = self._open[name]
            since = self._open[name] = now if since is None else since
            if now - since >= self._settle:
                del self._open[name]
                kind, _, called = name.partition(" ")
                done.append((kind, called))
        return done
