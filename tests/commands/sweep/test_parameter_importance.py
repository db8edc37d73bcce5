from __future__ import annotations

import math
import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.commands.sweep.parameter_importance import correlation, importance

NUMBERS = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("xs", "ys", "expected"),
    [
        ([1, 2, 3], [2, 4, 6], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([1, 1, 1], [1, 2, 3], 0.0),
        ([1, 2, 3, 4], [1, -1, -1, 1], 0.0),
    ],
)
def test_pearsons_correlation(xs, ys, expected):
    assert correlation(xs, ys) == pytest.approx(expected)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20))
def test_a_correlation_is_within_its_bounds_and_the_same_both_ways(pairs):
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    assert -1 <= correlation(xs, ys) <= 1
    assert correlation(xs, ys) == pytest.approx(correlation(ys, xs))


@pytest.fixture
def _no_forest(monkeypatch):
    monkeypatch.setattr(
        "wandbwatch.commands.sweep.parameter_importance.has_forest", lambda: False
    )


@pytest.mark.usefixtures("_no_forest")
def test_what_varies_is_weighed_and_a_category_of_more_than_two_by_each_value():
    configs = [
        {
            "lr": lr,
            "opt": opt,
            "act": ("relu", "gelu", "silu")[i % 3],
            "seed": 7,
            "name": f"run {i}",
            "never": None,
        }
        for i, (lr, opt) in enumerate(
            [(0.1, "adam"), (0.2, "adam"), (0.3, "sgd"), (0.4, "sgd")] * 7
        )
    ]
    values = [0.1, 0.2, 0.3, 0.4] * 7
    names = ["opt", "lr", "act", "seed", "name", "never", "none"]
    found = importance(configs, values, names)
    acts = {"act=relu", "act=gelu", "act=silu"}
    assert {one.parameter for one in found} == {"lr", "opt=sgd", *acts}
    assert found[0].parameter == "lr"
    assert found[0].correlation == pytest.approx(1.0)
    assert found[1].correlation == pytest.approx(2 / 5**0.5)
    assert importance(configs[:2], values[:2], ["lr"]) == ()


def test_a_random_forest_finds_what_no_line_shows():
    pytest.importorskip("sklearn")
    configs = [{"a": i / 40 - 1, "b": i * 37 % 80} for i in range(81)]
    found = importance(configs, [c["a"] ** 2 for c in configs], ["a", "b"])
    assert [one.parameter for one in found] == ["a", "b"]
    assert found[0].weight > 0.9
    assert abs(found[0].correlation) < 0.5
    assert "sklearn" in sys.modules


@pytest.mark.usefixtures("_no_forest")
def test_the_best_in_the_middle_of_a_log_scale_is_what_matters():
    rng = random.Random(1)  # noqa: S311 -- the same at each run
    configs = [
        {"lr": 10 ** rng.uniform(-5, -1), "wd": rng.uniform(0, 0.1), "seed": i}
        for i in range(20)
    ]
    values = [
        (math.log10(config["lr"]) + 3) ** 2 + config["wd"] + rng.gauss(0, 0.05)
        for config in configs
    ]
    values[0] = 1e9  # it diverged
    found = importance(configs, values, ["wd", "seed", "lr"], ["lr"])
    assert found[0].parameter == "lr"
    assert found[0].log
    assert found[0].weight > 0.8
    assert found[1].weight < 0.4


@pytest.mark.usefixtures("_no_forest")
def test_values_over_decades_are_weighed_by_their_logarithm():
    configs = [{"lr": 10.0**-i, "wd": i} for i in range(6)]
    lr, wd = importance(configs, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], ["lr", "wd"])
    assert (lr.log, wd.log) == (True, False)
    assert lr.correlation == pytest.approx(-1.0)
