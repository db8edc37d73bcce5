from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.analysis.compare import best_of
from wandbwatch.analysis.objective import UNKNOWN, choose, curve_keys, with_curve
from wandbwatch.analysis.ranking import Objective
from wandbwatch.model.query import Curves
from wandbwatch.model.report import Note, Table
from wandbwatch.model.run import Run, Series, State
from wandbwatch.model.run_details import Sweep

from tests.analysis.fresh_trainer_keys import FRESH
from tests.analysis.trainer_keys import BY_NAME, JUDGING, LATER, MORE, RULES, Trainer


def run(summary: dict[str, float]) -> Run:
    return Run("a1", "owl", State.RUNNING, summary=summary)


@pytest.mark.parametrize(
    "trainer", [*RULES, *JUDGING, *LATER, *MORE], ids=lambda one: one.name
)
def test_the_metric_of_a_trainer(trainer: Trainer):
    chosen = choose([run(trainer.summary)])
    assert (str(chosen.objective) if chosen.objective else None) == trainer.best
    assert (chosen.reason == UNKNOWN) == (trainer.best is None)


@pytest.mark.parametrize(("name", "best", "keys"), FRESH)
def test_the_metric_of_more_trainers(name, best, keys):
    logged = run({key: 0.1 + 0.37 * n for n, key in enumerate(keys)})
    chosen = choose([logged])
    assert (str(chosen.objective) if chosen.objective else None) == best, name


@pytest.mark.parametrize(("best", "keys"), BY_NAME)
def test_the_metric_by_its_usual_name(best, keys):
    logged = run({key: 0.1 + n for n, key in enumerate(keys)})
    assert str(choose([logged]).objective) == best


def test_the_sweep_says_it_first():
    sweep = Sweep("s1", metric="train/loss", goal="maximize")
    chosen = choose([run({"val/acc": 0.9, "train/loss": 1})], sweep)
    assert chosen.objective == Objective("train/loss", largest=True)
    assert choose([run({"val/acc": 0.9})], replace(sweep, metric="")).curve == (
        "val/acc",
    )


def test_define_metric_says_it_before_names():
    chosen = choose([run({"val/acc": 0.9, "energy.min": -3, "lr.max": 1})])
    assert chosen.objective == Objective("energy.min")
    assert chosen.curve == ("energy",)
    assert "define_metric" in chosen.reason


def test_a_goal_of_define_metric_comes_before_names():
    logged = {"val/acc": 0.9, "quality": 3.0, "cost/a": 2.0, "cost/val_loss": 1.0}
    goals = {"quality": True}
    chosen = choose([replace(run(logged), goals=goals)])
    assert chosen.objective == Objective("quality", largest=True)
    assert "define_metric" in chosen.reason
    chosen = choose([replace(run(logged), goals={"cost/*": False})])
    assert chosen.objective == Objective("cost/val_loss")
    summed_up = replace(run({"quality.best": 3.0, "val/acc": 0.9}), goals=goals)
    assert choose([summed_up]).objective == Objective("quality.best", largest=True)
    assert choose([replace(run({"val/acc": 0.9}), goals=goals)]).curve == ("val/acc",)


def test_a_summary_of_several_values_declares_no_goal():
    chosen = choose([run({"acc.min": 0.1, "acc.max": 0.9, "loss": 1})])
    assert chosen.objective == Objective("acc.max", largest=True)


def test_a_key_that_is_the_same_in_all_runs_ranks_none():
    runs = [run({"val/acc": 1.0, "val/loss": loss}) for loss in (0.1, 0.2)]
    assert choose(runs).objective == Objective("val/loss")


def test_most_runs_have_it():
    runs = [run({"loss": x, **({"val/acc": x} if x == 1 else {})}) for x in (1, 2, 3)]
    assert choose(runs).objective == Objective("loss")


def test_a_single_point_is_no_curve():
    known = [run({"test/acc": 0.9, "loss": 1.0, "lr": 1e-3})]
    tried = curve_keys(known, 3)
    assert tried[0] == "test/acc"
    once, curve = Series("test/acc", [9], [0.9]), Series("loss", [0, 9], [3.0, 1.0])
    found = [Curves(known[0], {"test/acc": once, "loss": curve})]
    assert with_curve(tried, found) == ["loss"]
    assert with_curve(tried, [Curves(known[0], {"test/acc": once})]) == ["test/acc"]
    assert curve_keys(known, 3, Objective("loss"))[0] == "loss"


@pytest.mark.parametrize(
    "curves",
    [
        ("eval/loss", "train/loss", "train/grad_norm", "train/learning_rate"),
        (
            "metrics/mAP50-95(B)",
            "val/box_loss",
            "train/box_loss",
            "metrics/mAP50(B)",
        ),
        ("val-core/math500/acc/mean@4", "critic/rewards/mean", "critic/score/mean"),
        ("val_acc", "val_loss", "train_loss", "train_acc"),
    ],
)
def test_a_picture_has_one_curve_of_each_kind(curves):
    clocks = ("eval/runtime", "eval/samples_per_second", "time/fps", "_step")
    rl = ("actor/pg_loss", "response_length/mean", "val-core/math500/acc/best@4/mean")
    less = rl if "critic/score/mean" in curves else ()
    logged = dict.fromkeys([*clocks, *less, *reversed(curves)], 0.5)
    assert curve_keys([run(logged)], len(curves)) == curves


def test_nothing_fits():
    assert choose([]).objective is None
    assert "--best KEY:min|max" in choose([run({"lr": 1})]).reason


def test_the_best_run_is_named_with_its_key():
    logged = {"losses/policy_loss": (-0.1, -0.2), "charts/episodic_return": (480, 20)}
    pairs = [{key: both[at] for key, both in logged.items()} for at in range(2)]
    (best,) = best_of([run(one) for one in pairs], ())
    assert isinstance(best, Table)
    assert best.rows[0][-2:] == ("charts/episodic_return", 480)
    assert list(best_of([run({"lr": 1})], ())) == [Note(UNKNOWN)]
    assert not list(best_of([], ()))


@given(st.dictionaries(st.text(min_size=1, max_size=30), st.floats()))
def test_any_keys_are_answered(summary):
    chosen = choose([run(summary)])
    assert not chosen.objective or chosen.objective.key in summary
