"""A part of the corpus in the suite; the whole is ``python -m tests.bench corpus``."""

from __future__ import annotations

from tests.corpus.lives import Fault, project, projects, tuned
from tests.corpus.trial import explain, watch_events, watch_rules

PART = [seed for seed in range(12) if not tuned(seed)]


def test_a_seed_makes_the_same_lives_again():
    one, other = project(5), project(5)
    assert [life.id for life in one.lives] == [life.id for life in other.lives]
    assert [s.y for s in one.lives[3].series.values()] == [
        s.y for s in other.lives[3].series.values()
    ]


def test_half_of_the_lives_replay_recorded_trainings_and_every_fault_occurs():
    lives = [life for one in projects(range(32)) for life in one.lives]
    assert len(lives) >= 200
    assert sum(life.real for life in lives) == len(lives) // 2
    assert {life.fault for life in lives} == {None, *Fault}
    assert sum(life.fault is None for life in lives) > len(lives) // 2


def test_pauses_are_no_stalls_and_hangs_are():
    counts = watch_events(projects(PART))
    assert counts["stalled"].false == []
    assert counts["stalled"].missed == counts["stalled"].late == []
    assert counts["stalled"].faults >= 2
    for kind in ("crashed", "failed", "best"):
        assert counts[kind].false == []
        assert counts[kind].missed == []


def test_a_rule_fires_for_its_fault_and_for_no_noise():
    part = projects(PART[:3])
    counts = watch_rules(part, ["nan(train/loss)", "spike(train/loss)"], every=300)
    assert all(not count.false and not count.missed for count in counts.values())


def test_why_names_the_first_fault_and_no_other():
    right, wrong, false = explain(projects(PART))
    assert false == []
    assert len(wrong) <= (right + len(wrong)) / 10
