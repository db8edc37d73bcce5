"""A thousand runs over 500 looks, with outages, against the reference."""

from __future__ import annotations

import random

import pytest
from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.events.kinds import Gain
from wandbwatch.commands.events.lifecycle import (
    CrashRetracted,
    DetectOptions,
    Event,
    EventMemory,
    GroupDone,
    RunEvent,
    detect,
)
from wandbwatch.commands.events.lifecycle.detection import listed

from tests.commands.events.reference import Reference, Told
from tests.commands.events.world import MINUTE, START, World, lives, moment

LEAST, SETTLE = 600.0, 120.0
TICKS = 500


def told(event: Event) -> Told:
    match event:
        case GroupDone():
            return event.kind.value, event.name
        case CrashRetracted():
            return "goes on", event.run.id
        case RunEvent():
            return event.kind.value, event.run.id


def without_returns(events: list[Told]) -> list[Told]:
    """Leave out what depends on a crash of long ago, which may be forgotten."""
    return [one for one in events if one[0] not in {"goes on", "resumed"}]


def looks(seed: int) -> list[float]:
    """Return when the runs are looked at: each minute, but for some long outages; in
    the end each hour, until all is over."""
    dice = random.Random(seed)  # noqa: S311
    times, at = [], START
    for number in range(TICKS):
        times.append(at)
        if number > 0.9 * TICKS:
            at += 60 * MINUTE
        at += MINUTE * (dice.randint(3, 40) if dice.random() < 0.02 else 1)
    return times


@pytest.mark.parametrize(("count", "kept"), [(1000, 2000), (200, 30)])
def test_each_transition_is_reported_once_despite_outages_and_restarts(count, kept):
    times = looks(kept)
    world = World(lives(count, TICKS, kept))
    reference = Reference(tuple(world.lives), LEAST, SETTLE)
    rules = DetectOptions(LEAST, SETTLE, (Objective("loss"),), Gain(0.0), kept)
    texts: tuple[str | None, str | None] = (None, None)
    largest, kinds = 0, set()
    for at in times:
        world.now = at
        before = EventMemory.read(*texts)  # as after a restart
        runs = listed(world, {}, ("loss",), before).runs
        happened, after = detect(before, runs, moment(at), rules)
        events = [one for one in happened if not getattr(one, "retracted", None)]
        got, wanted = sorted(map(told, events)), sorted(reference.look(at))
        if kept < count:
            got, wanted = without_returns(got), without_returns(wanted)
        assert got == wanted, f"at {at - START:.0f} s"
        kinds |= {kind for kind, _ in got}
        texts = after.written()
        largest = max(largest, sum(len(text or "") for text in texts))
        assert len(after.gone) <= kept
    assert kinds >= {"started", "crashed", "stalled", "recovered", "finished", "failed"}
    assert kinds >= {"best", "group", "sweep", "idle", "preempted", "killed"}
    assert (kinds >= {"goes on", "resumed"}) is (kept >= count)
    assert world.requests <= 1.1 * TICKS
    assert largest < 250_000
