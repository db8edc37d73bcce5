"""The edges of what happens to runs, by value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.events.kinds import Gain
from wandbwatch.commands.events.lifecycle import (
    DetectOptions,
    Event,
    EventMemory,
    Stalled,
    detect,
)
from wandbwatch.commands.events.lifecycle.detection import listed, new_bests
from wandbwatch.commands.events.lifecycle.event import Leader
from wandbwatch.commands.events.lifecycle.progress import MISSED
from wandbwatch.model.query import Listing, Query
from wandbwatch.model.run import Json, Run, State

from tests.commands.events.test_simulated import told
from tests.fakes import NOW, FakeSource

MINUTE = timedelta(minutes=1)
OWL = Run("owl", "owl", State.RUNNING, created=NOW, heartbeat=NOW, runtime=0.0)
RULES = DetectOptions(600, 120)


class Life:
    """One tick after the other, each with the memory as it was written."""

    def __init__(self) -> None:
        self.memory: EventMemory | None = None

    def detect(self, minute: float, *runs: Run) -> Sequence[Event]:
        happened, after = detect(self.memory, runs, NOW + minute * MINUTE, RULES)
        self.memory = EventMemory.read(*after.written())
        assert self.memory == after
        return happened

    def kinds(self, minute: float, *runs: Run) -> list[str]:
        return [kind for kind, _ in map(told, self.detect(minute, *runs))]


def stepped(step: int, minute: float, **summary: Json) -> Run:
    at = NOW + minute * MINUTE
    return replace(OWL, last_step=step, heartbeat=at, summary=summary)


def test_the_first_steps_may_take_longer_then_the_runs_own_pace_counts():
    life = Life()
    life.detect(0)
    assert life.kinds(1, stepped(0, 1)) == ["started"]
    assert life.kinds(30, stepped(0, 30)) == []
    for minute in (31, 51, 71):  # an epoch takes 20 minutes
        assert life.kinds(minute, stepped(minute, minute)) == []
    assert life.kinds(71 + 39, stepped(71, 110)) == []
    (stall,) = life.detect(71 + 41, stepped(71, 112))
    assert isinstance(stall, Stalled)
    assert (stall.idle, stall.usual) == (41 * 60, 20 * 60)
    assert life.kinds(200, replace(stepped(71, 200), state=State.FINISHED)) == [
        "finished"
    ]


def test_before_the_first_step_the_heartbeat_counts():
    life = Life()
    life.detect(0, OWL)
    alive = replace(OWL, heartbeat=NOW + 9 * MINUTE)
    assert life.kinds(10, alive) == []
    assert life.kinds(20, alive) == ["stalled"]


@pytest.mark.parametrize("minute", [45, -60, 10_000])
def test_a_wrong_clock_does_not_stall_a_run(minute):
    """Steps are dated by the clock of the machine that trains."""
    life = Life()
    life.detect(0, stepped(0, 0))
    stamp = (NOW + minute * MINUTE).timestamp()
    for now in range(1, 40):
        assert life.kinds(now, stepped(now, now, _timestamp=stamp)) == []


def test_a_pending_or_unknown_run_stays_as_it_was():
    life = Life()
    pending = replace(OWL, state=State.PENDING)
    life.detect(0, pending)
    assert life.kinds(1, OWL) == ["started"]
    assert life.kinds(2, replace(OWL, state=State.UNKNOWN)) == []
    assert life.kinds(3, OWL) == []
    failed = replace(OWL, state=State.FAILED)
    assert life.kinds(4, failed) == ["failed"]
    assert life.kinds(5, pending) == []
    assert life.kinds(6, failed) == ["idle"]


def test_a_missing_run_is_remembered_for_an_hour():
    life = Life()
    life.detect(0, OWL)
    assert life.kinds(1) == []
    assert life.kinds(30, replace(OWL, state=State.CRASHED)) == ["crashed"]
    life = Life()
    life.detect(0, OWL)
    life.detect(1)
    assert life.kinds(2 + MISSED / 60) == []
    assert life.memory
    assert not life.memory.going


def test_a_late_upload_is_no_new_end_but_a_longer_run_is():
    life = Life()
    life.detect(0, stepped(5, 0))
    ended = replace(stepped(5, 1), state=State.FINISHED, runtime=60.0)
    assert life.kinds(1, ended) == ["finished"]
    uploaded = replace(ended, heartbeat=NOW + 8 * MINUTE)
    assert life.kinds(9, uploaded) == ["idle"]
    again = replace(stepped(9, 20), state=State.FINISHED, runtime=300.0)
    assert life.kinds(20, again) == ["finished"]


def test_a_corrected_end_is_reported():
    life = Life()
    life.detect(0, OWL)
    crashed = replace(OWL, state=State.CRASHED)
    assert life.kinds(1, crashed) == ["crashed"]
    assert life.kinds(2, replace(OWL, state=State.KILLED)) == ["goes on", "killed"]


class Filtered(FakeSource):
    """Applies the two filters that are used here."""

    def runs(self, query: Query) -> Listing:
        wanted: Mapping[str, Json] = query.filters
        found = super().runs(replace(query, limit=0)).runs
        match wanted:
            case {"state": state}:
                found = tuple(run for run in found if run.state.value == state)
            case {"name": {"$in": [*ids]}}:
                found = tuple(run for run in found if run.id in ids)
            case _:
                assert not wanted
        return Listing(found[: query.limit or None], len(found))


def test_a_run_that_stops_matching_the_filters_is_fetched_by_id():
    life = Life()
    filters: dict[str, Json] = {"state": "running"}
    life.detect(0, *listed(Filtered([OWL]), filters, (), None).runs)
    source = Filtered([replace(OWL, state=State.FINISHED)])
    found = listed(source, filters, (), life.memory)
    assert source.asked == 2
    assert life.kinds(1, *found.runs) == ["finished"]
    listed(source, filters, (), life.memory)
    assert source.asked == 3


def test_a_memory_of_another_version_starts_empty():
    assert EventMemory.read('{"shape":0}', "{}") is None
    assert EventMemory.read(None, None) is None


def test_a_value_behind_an_unreported_better_one_is_no_new_best():
    aim = Objective("loss")
    runs = [Run("a", "a", State.RUNNING, summary={"loss": 1.0})]
    leaders: dict[str, Leader] = {}
    told = []
    for at, loss in enumerate((1.0, 0.6, 0.8, 0.8, 0.55)):
        seen = [replace(runs[0], summary={"loss": loss})]
        gain = Gain(0.5 if loss == 0.6 else 0.1)
        for name, leader, event in new_bests(leaders, seen, [aim], gain, float(at)):
            leaders[name] = leader
            told += [event.value] if event else []
    assert told == [1.0, 0.55]
