"""Run lives made by seed, each labelled with what goes wrong in it.

A project has a few runs that train alike, as researchers have them. Half of the
projects take their curves and the times of their rows from `recorded.npz`.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray
from wandbwatch.model.run import Json, Run, Series, State
from wandbwatch.model.run_details import Printed

from tests.corpus.record import FILE

START = 1_767_225_600.0
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
LOSS, VAL = "train/loss", "val/loss"
GPU, MEMORY = "system/gpu.0.gpu", "system/gpu.0.memoryAllocated"
_SILENT = 5 * MINUTE
"""W&B calls a run crashed this long after its last heartbeat."""
Array = NDArray[np.float64]


class Fault(StrEnum):
    HANG = "hang"
    NAN = "NaN"
    DIVERGENCE = "divergence"
    SPIKE = "spike"
    PLATEAU = "plateau"
    IDLE = "GPU idle"
    OOM = "OOM creep"
    DEAD = "dead node"


@dataclass(frozen=True)
class Life:
    """One run from its start to its end. Times are POSIX seconds."""

    id: str
    group: str
    start: float
    end: float
    """When its process ended, or its node died."""
    state: State
    series: Mapping[str, Series] = field(repr=False)
    """Over wall time; in order."""
    usual: float = 0.0
    """The longest pause between rows that is normal in its project, in seconds."""
    fault: Fault | None = None
    struck: float = math.inf
    """When the fault began."""
    busy: bool = True
    """Whether the GPU is busy while it hangs."""
    breaks: tuple[tuple[float, float], ...] = ()
    """When it was preempted, until it ran again."""
    flat: float = math.inf
    """From when on a healthy curve has nothing left to gain."""
    printed: tuple[Printed, ...] = ()
    config: Mapping[str, Json] = field(default_factory=dict)
    real: bool = False

    @property
    def days(self) -> float:
        return (self.end - self.start) / DAY

    def ran(self, now: float) -> float:
        """Return the seconds that its process has run until *now*."""
        away = sum(max(min(now, end) - begin, 0.0) for begin, end in self.breaks)
        return now - self.start - away

    def run(self, now: float) -> Run | None:
        """Return it as W&B lists it at *now*; None before its start."""
        if now < self.start:
            return None
        state, heard = self._state(now)
        steps = self.series["_step"]
        place = bisect_right(steps.x, min(now, heard)) - 1
        summary: dict[str, Json] = {}
        if place >= 0:
            summary = {"_timestamp": steps.x[place], LOSS: self.series[LOSS].y[place]}
        return Run(
            self.id,
            self.id,
            state,
            created=_time(self.start),
            heartbeat=_time(heard),
            runtime=self.ran(heard),
            last_step=int(steps.y[place]) if place >= 0 else None,
            entity="lab",
            project="corpus",
            group=self.group,
            exit_code=1 if state is State.FAILED else None,
            summary=summary,
            config=self.config,
            system=self._system(min(now, heard)),
        )

    def _state(self, now: float) -> tuple[State, float]:
        for begin, end in self.breaks:
            if begin <= now < end:
                return State.PREEMPTED, begin
        if now < self.end:
            return State.RUNNING, now - now % 15
        if self.state is State.CRASHED and now < self.end + _SILENT:
            return State.RUNNING, self.end
        return self.state, self.end

    def _system(self, now: float) -> dict[str, float]:
        found = {}
        for key in (GPU, MEMORY):
            series = self.series[key]
            place = bisect_right(series.x, now) - 1
            if place >= 0:
                found[key.removeprefix("system/")] = series.y[place]
        return found


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True)
class Habits:
    """How the runs of a project train. Durations are seconds."""

    pace: float
    hours: float
    every: int
    """Steps between evaluations."""
    evaluation: float
    saved: int
    """Steps between checkpoints."""
    saving: float
    slow: float = 0.0
    """The share of checkpoints that a slow storage holds up for some minutes."""
    warm: float = 60.0
    noise: float = 0.05
    heavy: bool = False
    """Whether the noise has heavy tails and a NaN now and then."""
    preempted: bool = False


def _habits(dice: random.Random) -> Habits:
    warm = dice.choice([20.0, 2 * MINUTE, 20 * MINUTE])
    noise = dice.choice([0.002, 0.02, 0.1, 0.25])
    kinds = [
        Habits(10, 6, 360, dice.uniform(1, 9) * MINUTE, 720, 30, 0, warm, noise),
        Habits(6, 10, 500, dice.uniform(10, 40) * MINUTE, 500, 40, 0, warm, noise),
        Habits(dice.uniform(0.5, 1.4) * HOUR, 24, 1, 0, 1, 30, 0, warm, noise),
        Habits(30, 10, 200, 4 * MINUTE, 60, 90, 0.15, warm, noise),
        Habits(15, 8, 240, 12 * MINUTE, 480, 60, 0, warm, noise, heavy=True),
        Habits(
            20,
            9,
            150,
            dice.uniform(8, 25) * MINUTE,
            150,
            60,
            0.05,
            warm,
            noise,
            preempted=True,
        ),
    ]
    return dice.choice(kinds)


def _rows(habits: Habits, dice: random.Random) -> tuple[Array, Array, Array]:
    """Return the seconds of each row since the start, and both losses."""
    count = max(int(habits.hours * HOUR / habits.pace), 8)
    rng = np.random.default_rng(dice.getrandbits(32))
    gaps = habits.pace * rng.lognormal(0, 0.08, count)
    gaps[0] += habits.warm * rng.uniform(0.5, 1.5)
    steps = np.arange(count)
    evaluated = steps % habits.every == habits.every - 1
    held = np.full(count, math.nan)
    # The row of a step is logged before its evaluation, so the next one is late.
    late = np.flatnonzero(evaluated[:-1]) + 1
    gaps[late] += habits.evaluation * rng.lognormal(0, 0.1, len(late))
    saved = np.flatnonzero(steps[:-1] % habits.saved == habits.saved - 1) + 1
    gaps[saved] += habits.saving
    slow = saved[rng.random(len(saved)) < habits.slow]
    gaps[slow] += rng.uniform(1, 7, len(slow)) * MINUTE
    times = np.cumsum(gaps)
    kept = times < habits.hours * HOUR
    times, steps, evaluated = times[kept], steps[kept], evaluated[kept]
    clean = 0.3 + 2.5 * np.exp(-4 * steps / count)
    tails = (
        rng.standard_t(3, len(times)) if habits.heavy else rng.normal(size=len(times))
    )
    loss = clean * (
        1 + habits.noise * np.clip(tails, -4, 12) / (3 if habits.heavy else 1)
    )
    if habits.heavy:
        loss[rng.random(len(loss)) < 0.001] = math.nan
    held = np.where(
        evaluated,
        clean * 1.05 * (1 + habits.noise / 20 * rng.normal(size=len(times))),
        math.nan,
    )
    return times, loss, held


@cache
def _recorded() -> tuple[Array, ...]:
    with np.load(FILE) as found:
        return tuple(found[name].astype(float) for name in found)


def _replayed(
    which: int, hours: float, warm: float, dice: random.Random
) -> tuple[Array, Array, Array]:
    """Return a recorded training slowed down to some hours, each time a bit other."""
    rows = _recorded()[which]
    gaps = np.diff(rows[:, 0], prepend=0.0) * hours * HOUR / rows[-1, 0]
    rng = np.random.default_rng(dice.getrandbits(32))
    gaps *= rng.lognormal(0, 0.03, len(gaps))
    gaps[0] += warm
    share = rng.uniform(0.97, 1.03)
    noise = rows[:, 1] * share
    return np.cumsum(gaps), noise, rows[:, 2] * share


@dataclass(frozen=True)
class Project:
    """Lives that share their habits."""

    name: str
    lives: tuple[Life, ...]
    usual: float
    watched: float
    """When somebody starts to watch it; mostly it has a run by then."""
    first: float
    """The loss that its runs start with."""
    fresh: bool
    """Whether it is watched from its very first run on."""


RUNS = 8


def project(seed: int) -> Project:
    """Make the project of *seed*: an odd seed's is made of recorded curves."""
    dice = random.Random(seed)  # noqa: S311
    habits = _habits(dice)
    hours = dice.uniform(7, 13)
    # The two halves of the seeds (see `tuned`) share no recording.
    half = len(_recorded()) // 2
    which = dice.randrange(half) + (0 if tuned(seed) else half)
    together = dice.random() < 0.5
    lives, start = [], START
    usual = 0.0
    fresh = seed % 16 in (1, 10)
    since = START - MINUTE
    for number in range(RUNS):
        if seed % 2:
            rows = _replayed(which, hours, habits.warm, dice)
        else:
            rows = _rows(habits, dice)
        usual = max(usual, float(np.diff(rows[0], prepend=0.0).max()))
        name = f"p{seed}-r{number}"
        lives.append(_life(name, f"p{seed}", start, rows, dice, real=bool(seed % 2)))
        start += dice.uniform(0, 60) if together else dice.uniform(0.2, 2) * HOUR
        if not fresh and number == 0:
            start += dice.uniform(0.5, 1.1) * (lives[0].end - START)
            since = start - dice.uniform(1, 30) * MINUTE
    if habits.preempted:
        lives = [_preempted(one, dice) for one in lives]
    lives = [replace(one, usual=usual) for one in lives]
    # The first run is healthy, as a project is not begun with a broken one.
    kinds = dice.sample(list(Fault), 4)
    for place, kind in zip(dice.sample(range(1, RUNS), 3), kinds, strict=False):
        lives[place] = _struck(lives[place], kind, dice)
    first = float(np.nanmean([one.series[LOSS].y[0] for one in lives]))
    return Project(f"p{seed}", tuple(lives), usual, since, first, fresh)


def tuned(seed: int) -> bool:
    """Whether constants may be set on this seed; the others only judge them."""
    return seed % 4 in (0, 1)


def _life(
    name: str, group: str, start: float, rows: tuple[Array, Array, Array],
    dice: random.Random, *, real: bool,
) -> Life:  # fmt: skip
    times, loss, held = rows
    x = [float(t) for t in start + times]
    known = np.flatnonzero(np.isfinite(held))
    end = x[-1] + 30
    series = {
        "_step": Series("_step", x, [float(n) for n in range(len(x))]),
        LOSS: Series(LOSS, x, [float(v) for v in loss]),
        VAL: Series(VAL, [x[n] for n in known], [float(held[n]) for n in known]),
        **_gpu(start, end, dice),
    }
    config: dict[str, Json] = {"lr": 0.1, "seed": dice.randrange(1000)}
    flat = start + _flattened(times, held)
    printed = (Printed(f"{name} starts", when=_time(start)),)
    return Life(
        name,
        group,
        start,
        end,
        State.FINISHED,
        series,
        flat=flat,
        printed=printed,
        config=config,
        real=real,
    )


def _flattened(times: Array, held: Array) -> float:
    """Return when the smoothed validation loss first was within 2% of its lowest."""
    known = np.isfinite(held)
    at, values = times[known], held[known]
    if len(values) < 3:
        return float(times[-1])
    smooth = np.convolve(values, np.ones(3) / 3, "valid")
    low = np.flatnonzero(smooth <= smooth.min() + 0.02 * abs(smooth.min()))
    return float(at[low[0]])


def _gpu(start: float, end: float, dice: random.Random) -> dict[str, Series]:
    x = [start + 30 + MINUTE * n for n in range(int((end - start) // MINUTE))]
    rng = np.random.default_rng(dice.getrandbits(32))
    use = rng.uniform(60, 99, len(x))
    # A batch that loads slowly leaves the GPU idle for a sample.
    use[rng.random(len(x)) < 0.03] = 0.0
    full = dice.uniform(40, 92)
    memory = full + rng.uniform(-0.5, 0.5, len(x))
    return {
        GPU: Series(GPU, x, use.tolist()),
        MEMORY: Series(MEMORY, x, memory.tolist()),
    }


def _preempted(life: Life, dice: random.Random) -> Life:
    """Let it lose its machine for a while, and continue by the same id."""
    at = life.start + dice.uniform(0.3, 0.7) * (life.end - life.start)
    away = dice.uniform(10, 90) * MINUTE

    def later(series: Series) -> Series:
        x = [t + away if t > at else t for t in series.x]
        return Series(series.key, x, series.y)

    series = {key: later(one) for key, one in life.series.items()}
    return replace(
        life,
        series=series,
        end=life.end + away,
        breaks=((at, at + away),),
        flat=life.flat + (away if life.flat > at else 0),
    )


def _struck(life: Life, fault: Fault, dice: random.Random) -> Life:
    at = life.start + dice.uniform(0.3, 0.6) * (life.end - life.start)
    if life.breaks:
        at = life.breaks[0][1] + 0.3 * (life.end - life.breaks[0][1])
    return _STRIKES[fault](replace(life, fault=fault, struck=at), at, dice)


def _cut(series: Series, at: float) -> Series:
    end = bisect_right(series.x, at)
    return Series(series.key, series.x[:end], series.y[:end])


def _cut_rows(life: Life, at: float) -> dict[str, Series]:
    return {
        key: one if key in (GPU, MEMORY) else _cut(one, at)
        for key, one in life.series.items()
    }


def _hang(life: Life, at: float, dice: random.Random) -> Life:
    """No row any more; an all-reduce that hangs keeps the GPU busy."""
    busy = dice.random() < 0.5
    end = at + max(4 * life.usual, 2 * HOUR)
    series = _cut_rows(life, at)
    # It struck with the last row that there is.
    at = series["_step"].x[-1]
    series |= _used(life, at, end, 100.0 if busy else 0.0)
    return replace(
        life, series=series, end=end, state=State.KILLED, struck=at, busy=busy
    )


def _used(life: Life, at: float, end: float, use: float) -> dict[str, Series]:
    dice = random.Random(life.id)  # noqa: S311
    whole = _gpu(life.start, end, dice)
    x, y = whole[GPU].x, whole[GPU].y
    y = [use if t >= at else v for t, v in zip(x, y, strict=True)]
    old = life.series[MEMORY].y
    memory = [old[min(n, len(old) - 1)] for n in range(len(x))]
    return {GPU: Series(GPU, x, y), MEMORY: Series(MEMORY, x, memory)}


def _nan(life: Life, at: float, _dice: random.Random) -> Life:
    return _bent(life, at, lambda _n, _value: math.nan)


def _divergence(life: Life, at: float, dice: random.Random) -> Life:
    rate = dice.uniform(0.03, 0.3)
    if len(life.series[LOSS].x) < 100:
        rate = 0.7
    return _bent(life, at, lambda n, value: value * math.exp(min(rate * n, 9.0)))


def _spike(life: Life, at: float, dice: random.Random) -> Life:
    # One that can be told from the noise of the run.
    height = dice.uniform(2, 6) + 12 * _noise(life, at)
    wide = dice.randint(20, 60)
    return _bent(
        life, at, lambda n, value: value * (height if n < wide else 1.0), held=False
    )


def _noise(life: Life, at: float) -> float:
    """Return how much the loss scatters before *at*, relative to itself."""
    before = np.array(_cut(life.series[LOSS], at).y[-50:])
    spread = np.nanpercentile(before, 84) - np.nanpercentile(before, 16)
    return float(spread / 2 / np.nanmedian(before))


def _plateau(life: Life, at: float, _dice: random.Random) -> Life:
    """It learns nothing more: losses stay as they are, with their noise."""
    held = life.series[VAL]
    place = max(bisect_right(held.x, at), 1)
    stuck = min(held.y[:place], default=1.0)
    x = held.x
    y = [v if t <= at else stuck * 1.01 for t, v in zip(x, held.y, strict=True)]
    return replace(life, series={**life.series, VAL: Series(VAL, x, y)})


def _bent(
    life: Life, at: float, bend: Callable[[int, float], float], *, held: bool = True
) -> Life:
    rows = life.series[LOSS]
    first = bisect_right(rows.x, at)
    at = rows.x[min(first, len(rows.x) - 1)]
    y = [v if n < first else bend(n - first, v) for n, v in enumerate(rows.y)]
    series = {**life.series, LOSS: Series(LOSS, rows.x, y)}
    if held:
        val = life.series[VAL]
        bent = [
            v if t < at else bend(bisect_right(rows.x, t) - first, v)
            for t, v in zip(val.x, val.y, strict=True)
        ]
        series[VAL] = Series(VAL, val.x, bent)
    return replace(life, series=series, struck=at)


def _idle(life: Life, at: float, _dice: random.Random) -> Life:
    """It falls back to the CPU: rows come five times slower, the GPU rests."""
    end = at + (life.end - at) * 2

    def slower(series: Series) -> Series:
        x = [t if t <= at else at + 5 * (t - at) for t in series.x]
        return _cut(Series(series.key, x, series.y), end)

    series = {
        k: slower(one) for k, one in life.series.items() if k not in (GPU, MEMORY)
    }
    series |= _used(life, at, end, 1.0)
    return replace(life, series=series, end=end)


def _oom(life: Life, at: float, dice: random.Random) -> Life:
    end = at + dice.uniform(2, 3) * HOUR
    series = {key: _cut(one, end) for key, one in life.series.items()}
    full = series[MEMORY]
    end = min(end, full.x[-1] + 30)
    first = bisect_right(full.x, at)
    base = full.y[max(first - 1, 0)]
    y = [
        v if n < first else min(base + (100.5 - base) * (t - at) / (end - at), 99.9)
        for n, (t, v) in enumerate(zip(full.x, full.y, strict=True))
    ]
    series[MEMORY] = Series(MEMORY, full.x, y)
    text = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
    printed = (*life.printed, Printed(text, when=_time(end - 5)))
    return replace(life, series=series, end=end, state=State.FAILED, printed=printed)


def _dead(life: Life, at: float, _dice: random.Random) -> Life:
    series = {key: _cut(one, at) for key, one in life.series.items()}
    return replace(life, series=series, end=at, state=State.CRASHED)


_STRIKES = {
    Fault.HANG: _hang,
    Fault.NAN: _nan,
    Fault.DIVERGENCE: _divergence,
    Fault.SPIKE: _spike,
    Fault.PLATEAU: _plateau,
    Fault.IDLE: _idle,
    Fault.OOM: _oom,
    Fault.DEAD: _dead,
}


def projects(seeds: Sequence[int]) -> tuple[Project, ...]:
    return tuple(project(seed) for seed in seeds)
