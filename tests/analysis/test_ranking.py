from __future__ import annotations

import math

import pytest
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.model.run import Json, Run, State


@pytest.mark.parametrize(
    ("text", "aim"),
    [
        ("val/loss", Objective("val/loss")),
        ("val/loss:min", Objective("val/loss")),
        ("acc:max", Objective("acc", largest=True)),
        ("acc:maximize", Objective("acc", largest=True)),
        ("a:b:max", Objective("a:b", largest=True)),
    ],
)
def test_an_aim_is_a_key_and_a_way(text, aim):
    assert Objective.read(text) == aim
    assert Objective.read(str(aim)) == aim


@pytest.mark.parametrize("text", ["", ":min", "a:up", "a:"])
def test_a_wrong_objective_is_reported(text):
    with pytest.raises(ValueError, match="is not KEY:min or KEY:max"):
        Objective.read(text)


@pytest.mark.parametrize(
    "value", [None, True, "1", math.nan, math.inf, -math.inf, [1], 10**400]
)
def test_what_has_no_place_in_a_ranking(value):
    assert finite(value) is None


VALUES: list[Json] = [3, math.nan, 1.5, "x", math.inf, 2]


def test_runs_are_ranked_by_finite_values_alone():
    runs = [
        Run(str(i), str(i), State.RUNNING, summary={"a": value})
        for i, value in enumerate(VALUES)
    ]
    smallest = Objective("a").ranked(runs)
    assert [(run.id, value) for run, value in smallest] == [
        ("2", 1.5),
        ("5", 2.0),
        ("0", 3.0),
    ]
    assert Objective("a", largest=True).ranked(runs) == smallest[::-1]
    assert Objective("b").ranked(runs) == []


@pytest.mark.parametrize(
    ("aim", "summary", "value"),
    [
        ("loss:min", {"loss.min": 0.1, "loss.max": 9.0}, 0.1),
        ("acc:max", {"acc.min": 0.1, "acc.max": 0.9}, 0.9),
        ("acc:max", {"acc": 0.5, "acc.max": 0.9}, 0.5),
        ("loss:min", {"loss.max": 9.0}, None),
    ],
)
def test_a_run_may_have_only_what_define_metric_sums_up(aim, summary, value):
    run = Run("a", "a", State.FINISHED, summary=summary)
    assert Objective.read(aim).value(run) == value
