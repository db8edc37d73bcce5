"""Watch the lives of the corpus on virtual time, and count what was reported."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import isfinite
from statistics import median

from wandbwatch.analysis.causes import Evidence, causes
from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.alert.actions import (
    STOP,
    Action,
    ActionMemory,
    Firings,
    decide,
)
from wandbwatch.commands.alert.evaluate import Notification, backtest
from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.memory import AlertMemory, Timing, Turn, Watched
from wandbwatch.commands.alert.rules import Facts, Rule, parse
from wandbwatch.commands.events.lifecycle import (
    Best,
    CrashRetracted,
    DetectOptions,
    EventMemory,
    RunEvent,
    detect,
)
from wandbwatch.commands.events.lifecycle.detection import taught
from wandbwatch.model.query import Curves
from wandbwatch.model.run import Run, Series, State

from tests.corpus.lives import DAY, HOUR, LOSS, MINUTE, VAL, Fault, Life, Project

EVERY = MINUTE
LATE = 10 * MINUTE
"""A hang is to be reported within this, or two usual pauses if that is longer."""


@dataclass
class Count:
    """What was reported by one event or rule."""

    days: float = 0.0
    false: list[tuple[str, float]] = field(default_factory=list)
    """Run, and seconds since its start."""
    faults: int = 0
    delays: list[float] = field(default_factory=list)
    """Seconds, of each fault that was found."""
    missed: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    stops: list[tuple[str, float]] = field(default_factory=list)
    """Healthy runs that ``--then stop`` would have stopped."""

    @property
    def per_hundred_days(self) -> float:
        return 100 * len(self.false) / self.days

    @property
    def found(self) -> float:
        return len(self.delays) / self.faults if self.faults else 1.0

    def line(self, name: str) -> str:
        late = f", {len(self.late)} late" if self.late else ""
        share = f"{self.found:4.0%} of {self.faults} found" if self.faults else ""
        after = f", after {median(self.delays) / 60:.0f} min" if self.delays else ""
        return (
            f"{name:32} {self.per_hundred_days:6.1f} false per 100 run-days  "
            f"{share}{after}{late}"
        )


EVENTS = {"stalled": {Fault.HANG}, "crashed": {Fault.DEAD}, "failed": {Fault.OOM}}


def watch_events(projects: Iterable[Project]) -> dict[str, Count]:
    """Run `detect` once a minute over whole projects."""
    counts: dict[str, Count] = defaultdict(Count)
    for one in projects:
        _events(one, counts)
    return counts


def _events(project: Project, counts: dict[str, Count]) -> None:
    rules = DetectOptions(aims=(Objective(LOSS),))
    heard: dict[tuple[str, str], list[float]] = defaultdict(list)
    memory: EventMemory | None = None
    at = project.watched
    until = max(life.end for life in project.lives) + 10 * MINUTE
    best = float("inf")
    while at < until:
        runs = [run for life in project.lives if (run := life.run(at))]
        best = min([best, *_losses(runs)])
        now = datetime.fromtimestamp(at, UTC)
        fresh = memory is None
        happened, memory = detect(memory, runs, now, rules)
        if fresh:
            memory = taught(memory, _histories(project, at), rules.least)
        for event in happened:
            if isinstance(event, CrashRetracted) or not isinstance(event, RunEvent):
                continue
            if isinstance(event, Best) and event.value <= best:
                continue
            heard[event.run.id, event.kind.value].append(at)
        at += EVERY
    for kind in (*EVENTS, "best"):
        for life in project.lives:
            new = " (first runs)" if project.fresh and kind == "stalled" else ""
            _counted(
                counts[kind + new],
                life,
                heard[life.id, kind],
                EVENTS.get(kind, set()),
                since=project.watched,
            )


def _losses(runs: Iterable[Run]) -> Iterator[float]:
    for run in runs:
        loss = run.summary.get(LOSS)
        if isinstance(loss, float):
            yield loss


def _histories(project: Project, now: float) -> Iterator[Curves]:
    for life in project.lives:
        if run := life.run(now):
            steps = life.series["_step"]
            end = bisect_right(steps.x, now)
            ran = [life.ran(at) for at in steps.x[:end]]
            kept = Series("_step", ran, steps.y[:end])
            yield Curves(run, {"_step": kept} if end else {})


def _counted(
    count: Count,
    life: Life,
    fired: Sequence[float],
    wanted: set[Fault],
    since: float = 0.0,
) -> None:
    count.days += max(life.end - max(life.start, since), 0.0) / DAY
    count.false += [(life.id, at - life.start) for at in fired if at < life.struck]
    if life.fault not in wanted or life.struck < since:
        return
    count.faults += 1
    after = [at - life.struck for at in fired if at >= life.struck]
    if not after:
        count.missed.append(life.id)
        return
    count.delays.append(after[0])
    if (
        life.fault is Fault.HANG
        and after[0] > max(LATE, 2 * (life.usual + EVERY)) + EVERY
    ):
        count.late.append(f"{life.id} {after[0] / 60:.0f} min")


PEERS, BEFORE = 3, 25
"""What `deviates` and `spike` need: other runs at the step; values before it."""
LOUD = {Fault.SPIKE, Fault.DIVERGENCE}
RULES: dict[str, set[Fault]] = {
    f"nan({LOSS})": {Fault.NAN},
    f"{LOSS} > LIMIT": {Fault.DIVERGENCE},
    f"mean({LOSS}, 10) > LIMIT": {Fault.DIVERGENCE},
    f"max({LOSS}, 30m) > LIMIT": {Fault.DIVERGENCE},
    f"min({LOSS}, 30m) > LIMIT": {Fault.DIVERGENCE},
    f"change({LOSS}, 1h) > 50%": {Fault.DIVERGENCE},
    f"zscore({LOSS}) > 3": {Fault.SPIKE},
    f"spike({LOSS})": LOUD,
    f"deviates({LOSS}, 3)": LOUD,
    f"gap({LOSS}, {VAL}) > LIMIT": set(),
    f"plateau({VAL}, 3h)": {Fault.PLATEAU},
    "stalled(30m)": {Fault.HANG},
    "idle(gpu, 15m)": {Fault.IDLE},
    "memory(gpu) > 95%": {Fault.OOM},
    "log(/out of memory/)": {Fault.OOM},
}
"""Every function with its default arguments, and the faults that it should find.
LIMIT is three times the loss that the project's runs start with."""


def watch_rules(
    projects: Sequence[Project], rules: Iterable[str] = RULES, every: float = EVERY
) -> dict[str, Count]:
    """Backtest each rule as a subscription would check it."""
    counts: dict[str, Count] = {}
    for name in rules:
        counts[name] = Count()
        for one in projects:
            _rule(one, name, counts[name], every)
    return counts


def _rule(project: Project, name: str, count: Count, every: float) -> None:
    rule = parse(name.replace("LIMIT", f"{3 * project.first:.6g}"))
    seen = list(_observed(project, peers=rule.needs.peers))
    since = min(life.start for life in project.lives)
    fired: dict[str, list[float]] = defaultdict(list)
    # In parts, as a backtest of many checks would make its interval longer.
    stopped = {}
    breaks = {life.id: life.breaks for life in project.lives}
    for one in seen:
        stopper = Stopper(rule, breaks[one.run.id])
        trial = backtest([one], [rule], Timing(), since, every, checked=stopper.check)
        stopped[one.run.id] = stopper.stopped
        for at, sent in trial.sent:
            if sent.turn is Turn.FIRING:
                fired[sent.seen.run.id].append(at)
    for life in project.lives:
        if not _enough(name, life, project):
            continue
        found = fired[life.id]
        if name.startswith("plateau") and life.fault is not Fault.PLATEAU:
            # Of a curve that has nothing left to gain, "plateau" is true.
            found = [at for at in found if at < life.flat]
        if name.startswith(("nan", "stalled")):
            found = [
                at for at in found if at >= life.struck or not _true(name, life, at)
            ]
        _counted(count, life, found, RULES[name])
        # A run that has nothing left to gain may be stopped.
        healthy = min(life.struck, life.flat) if "plateau" in name else life.struck
        wrong = [at for at in stopped[life.id] if at < healthy]
        count.stops += [(life.id, at - life.start) for at in wrong]


@dataclass
class Stopper:
    """Notes when ``--then stop`` would have stopped a run."""

    rule: Rule
    breaks: Sequence[tuple[float, float]]
    """When the run was preempted, and so was not watched."""
    stopped: list[float] = field(default_factory=list)
    memory: ActionMemory | None = None

    def check(
        self,
        now: float,
        runs: Sequence[Observation],
        sent: Sequence[Notification],
        alerts: AlertMemory,
    ) -> None:
        if any(begin <= now < end for begin, end in self.breaks):
            return
        back = max((end for _, end in self.breaks if end <= now), default=0.0)
        alerts = replace(alerts, runs=_since(alerts.runs, back))
        check = Firings(now, runs, [self.rule], sent, alerts)
        before = self.memory or ActionMemory(now - EVERY)
        self.memory, _ = decide(before, check, [Action(STOP, STOP)])
        self.stopped += [one.at for one in self.memory.pending]
        self.memory = replace(self.memory, pending=())


def _since(runs: Mapping[str, Watched], back: float) -> Mapping[str, Watched]:
    """Return *runs* as if nothing had been seen of them before *back*."""
    return {
        run_id: replace(
            one,
            held={
                rule: replace(held, since=max(held.since, back))
                for rule, held in one.held.items()
            },
        )
        for run_id, one in runs.items()
    }


def _enough(name: str, life: Life, project: Project) -> bool:
    """Whether there is as much as the rule needs to find the fault of a life."""
    if name.startswith("plateau") and life.fault is Fault.PLATEAU:
        return life.end - life.struck > 4 * HOUR
    if life.fault not in LOUD:
        return True
    rows = bisect_right(life.series[LOSS].x, life.struck)
    if name.startswith("deviates"):
        ahead = [bisect_right(p.series["_step"].x, life.struck) for p in project.lives]
        return sum(count > rows + 5 for count in ahead) >= PEERS
    return rows >= BEFORE or not name.startswith(("spike", "zscore"))


def _true(name: str, life: Life, at: float) -> bool:
    """Whether the rule states a fact: a NaN that the run got over, a long pause."""
    series = life.series[LOSS]
    place = bisect_right(series.x, at) - 1
    if name.startswith("nan"):
        return not isfinite(series.y[place])
    return at - (series.x[place] if place >= 0 else life.start) >= 30 * MINUTE


def _observed(project: Project, *, peers: bool) -> Iterator[Observation]:
    facts = {
        life.id: Facts(life.start, life.series, life.printed) for life in project.lives
    }
    for life in project.lives:
        run = life.run(life.end + HOUR)
        assert run
        known = facts[life.id]
        if peers:
            others = tuple(f for name, f in facts.items() if name != life.id)
            known = Facts(life.start, life.series, life.printed, peers=others)
        yield Observation(run, known, life.end)


KINDS = {
    Fault.HANG: {"hang"},
    Fault.NAN: {"NaN"},
    Fault.DIVERGENCE: {"divergence"},
    Fault.SPIKE: {"spike"},
    Fault.PLATEAU: {"plateau"},
    Fault.IDLE: {"GPU idle"},
    Fault.OOM: {"memory", "out of memory"},
    Fault.DEAD: {"dead node"},
}
"""What `why` should name first for each fault."""


def explain(projects: Iterable[Project]) -> tuple[int, list[str], list[str]]:
    """Return how many faults were explained, which were not, and false causes."""
    right, wrong, false = 0, [], []
    for life in (life for one in projects for life in one.lives):
        run = life.run(life.end + HOUR)
        assert run
        if life.state is State.RUNNING:
            continue
        found = causes(Evidence(run, life.series, life.printed))
        first = found[0].kind if found else ""
        if life.fault is None:
            false += [f"{life.id} {first}"] if first and first != "plateau" else []
        elif first in KINDS[life.fault]:
            right += 1
        else:
            wrong.append(f"{life.id} {life.fault}: {[c.kind for c in found]}")
    return right, wrong, false
