"""Sweep configurations, and distributions without a search."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping
from typing import Any

import pytest
from wandbwatch.hyperparameters import Search, expand, parse
from wandbwatch.hyperparameters.distributions import read
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import Schema

SHARES = (0.01, 0.3, 0.5, 0.77, 0.99)
FILES = {
    "grid.yaml": """
program: train.py
method: grid
metric: {name: val/loss, goal: minimize}
parameters:
  lr: {values: [0.1, 0.01]}
  layers: {min: 1, max: 3}
  units: {value: [64, 64]}
  optimizer:
    parameters:
      name: {values: [adam]}
      beta: {value: 0.9}
""",
    "random.yaml": """
method: random
parameters:
  lr: {distribution: log_uniform_values, min: 1.0e-5, max: 1.0e-1}
  drop: {distribution: normal, mu: 0.3, sigma: 0.1}
  opt: {values: [a, b], probabilities: [0.9, 0.1]}
  epochs: {value: 3}
""",
    "weighed.yaml": """
method: random
parameters:
  opt:
    distribution: categorical_w_probabilities
    values: [a, b]
    probabilities: [0.9, 0.1]
""",
    "misspelt.yaml": "method: grid\nparamters: {a: {values: [1, 2]}}\n",
    "methodless.yaml": "parameters: {a: {values: [1, 2]}}\n",
    "listed.yaml": "method: grid\nparameters: [a]\n",
    "doubled.yaml": "method: grid\nparameters: {a: {value: 1}, a: {value: 2}}\n",
    "clash.yaml": "method: grid\nparameters: {a: {value: 1}, a.b: {value: 2}}\n",
    "same.yaml": "method: grid\nparameters: {a.b: {value: 1}, a: {parameters: {b:"
    " {value: 2}}}}\n",
    "capped.yaml": "method: grid\nrun_cap: 2\nparameters: {a: {values: [1, 2, 3]}}\n",
    "capped.json": '{"method": "random", "run_cap": 4, "parameters": {"a": {"min": 0,'
    ' "max": 9}}}',
    "bayes.yaml": "method: bayes\nparameters: {a: {min: 0, max: 1}}\n",
    "text.yaml": "method: random\nparameters: {a: {min: 1e-5, max: 1}}\n",
    "plain.yaml": "lr: 0.1\nmodel: {layers: 2}\n",
    "broken.yaml": "a: [1,\nb: 2\n",
}


def made(*words: str, **search: Any) -> list[Mapping[str, Any]]:
    parsed = parse(words, FILES.__getitem__)
    return list(expand(parsed, Search(**search), Schema(), lambda: 7).values)


def test_a_grid_sweep_is_read_whole():
    found = made("@grid.yaml")
    assert len(found) == 6
    assert found[0] == {
        "lr": 0.1,
        "layers": 1,
        "units": [64, 64],
        "optimizer": {"name": "adam", "beta": 0.9},
    }
    assert [one["layers"] for one in found[:4]] == [1, 2, 3, 1]
    assert parse(["@grid.yaml"], FILES.__getitem__).sweep.best == "val/loss:min"


def test_a_random_sweep_is_read_whole():
    found = made("@random.yaml", random=200, seed=1)
    assert all(1e-5 <= one["lr"] <= 0.1 and one["epochs"] == 3 for one in found)
    assert statistics.mean(one["drop"] for one in found) == pytest.approx(0.3, abs=0.05)
    assert 150 < sum(one["opt"] == "a" for one in found) < 200
    assert found == made("@random.yaml", random=200, seed=1)


def test_pairs_override_the_parameters_of_a_sweep():
    found = made("@random.yaml", "lr=0.5", "extra=1", random=3)
    assert {(one["lr"], one["extra"]) for one in found} == {(0.5, 1)}
    assert len(made("@grid.yaml", "lr=1")) == 3


def test_run_cap_is_the_number_of_samples():
    assert len(made("@capped.json")) == 4
    assert len(made("@capped.json", random=2)) == 2
    assert len(made(FILES["capped.json"])) == 4


def test_run_cap_ends_a_grid():
    assert made("@capped.yaml") == [{"a": 1}, {"a": 2}]


def test_probabilities_have_a_distribution_of_their_own():
    found = made("@weighed.yaml", random=100, seed=1)
    assert 75 < sum(one["opt"] == "a" for one in found) < 100


def test_the_later_of_a_sweep_and_an_object_wins():
    assert {one["lr"] for one in made("@random.yaml", '{"lr": 3}', random=3)} == {3}
    assert made('{"lr": 3}', "@grid.yaml")[0]["lr"] == 0.1


def test_parameters_may_be_called_method():
    assert made('{"method": "ppo", "lr": 1}') == [{"method": "ppo", "lr": 1}]


def test_a_yaml_file_without_a_sweep_holds_parameters():
    assert made("@plain.yaml") == [{"lr": 0.1, "model": {"layers": 2}}]


# What the SDK's own sampler returns: sweeps 0.3.0, HyperParameter.ppf, at SHARES.
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"values": ["a", "b", "c"]}, ["a", "a", "b", "c", "c"]),
        (
            {"values": ["a", "b", "c"], "probabilities": [0.2, 0.5, 0.3]},
            ["a", "b", "b", "c", "c"],
        ),
        ({"min": 1, "max": 9}, [1, 3, 5, 7, 9]),
        ({"min": 0.5, "max": 2.5}, [0.52, 1.1, 1.5, 2.04, 2.48]),
        ({"distribution": "q_uniform", "min": 0, "max": 10, "q": 2}, [0, 4, 4, 8, 10]),
        (
            {"distribution": "log_uniform", "min": -9, "max": -2},
            [0.000132358, 0.00100779, 0.00408677, 0.0270518, 0.1261858],
        ),
        (
            {"distribution": "q_log_uniform", "min": 0, "max": 5, "q": 3},
            [0, 3, 12, 48, 141],
        ),
        (
            {"distribution": "inv_log_uniform", "min": 1, "max": 6},
            [0.00260584, 0.01110899, 0.03019738, 0.11648416, 0.34993775],
        ),
        (
            {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1},
            [1.09647820e-05, 1.58489319e-4, 0.001, 0.01202264, 0.09120108],
        ),
        (
            {"distribution": "q_log_uniform_values", "min": 1, "max": 1000, "q": 5},
            [0, 10, 30, 205, 935],
        ),
        (
            {"distribution": "inv_log_uniform_values", "min": 1e-5, "max": 0.1},
            [1.09647820e-05, 1.58489319e-4, 0.001, 0.01202264, 0.09120108],
        ),
        (
            {"distribution": "normal", "mu": 1, "sigma": 2},
            [-3.65269575, -0.04880103, 1.0, 2.47769370, 5.65269575],
        ),
        (
            {"distribution": "q_normal", "mu": 0, "sigma": 10, "q": 0.5},
            [-23.5, -5.0, 0.0, 7.5, 23.5],
        ),
        (
            {"distribution": "log_normal", "mu": 0, "sigma": 0.5},
            [0.31249277, 0.76935694, 1.0, 1.44690013, 3.20007401],
        ),
        (
            {"distribution": "q_log_normal", "mu": 3, "sigma": 1},
            [2.0, 12.0, 20.0, 42.0, 206.0],
        ),
    ],
)
def test_a_distribution_is_the_one_of_the_sdk(given, expected):
    draw = read(given, "p")
    found = [draw.at(share) for share in SHARES]
    numbers = [n for n in expected if not isinstance(n, str)]
    assert found == (pytest.approx(numbers, rel=1e-5) if numbers else expected)
    assert [type(n) for n in found] == [type(n) for n in expected]


@pytest.mark.parametrize(
    ("words", "search", "complaint"),
    [
        (["@bayes.yaml"], {}, "bayes.yaml: method bayes: W&B chooses each set"),
        (["@bayes.yaml"], {}, "Run `wandb sweep bayes.yaml`"),
        (["@random.yaml"], {}, "random.yaml: method random: add --random N"),
        (["@random.yaml"], {"grid": True}, "parameters.lr: a grid needs values"),
        (
            ["@text.yaml"],
            {"random": 1},
            "text.yaml:2:23: YAML reads 1e-5 as a string: write 1.0e-05, or '1e-5'",
        ),
        (["@broken.yaml"], {}, "broken.yaml:3:1:"),
        (
            ['{"method": "grid", "paramters": 1, "parameters": {"a": {"value": 1}}}'],
            {},
            "parameters: paramters: unknown word 'paramters'; did you mean",
        ),
        (
            ['{"method": "gird", "parameters": {"a": {"value": 1}}}'],
            {},
            "parameters: method: unknown method 'gird'",
        ),
        (
            ['{"method": "random", "parameters": {"a": {"mn": 1, "max": 2}}}'],
            {"random": 1},
            "parameters: parameters.a.mn: unknown word 'mn'",
        ),
        (
            ['{"method": "random", "parameters": {"a": {"distribution": "norml"}}}'],
            {"random": 1},
            "parameters.a.distribution: unknown distribution 'norml'",
        ),
        (["lr=uniform(0,1)"], {}, "lr: uniform(0,1) needs --random N"),
        (["m.lr=choice(1,2)", "a=[1]"], {"grid": True}, "m.lr: choice(1,2) needs"),
        (['{"lr": {"distribution": "normal"}}'], {}, "lr: a distribution needs"),
        (["lr=gauss(0,1)"], {"random": 1}, "lr: gauss(0,1): unknown distribution"),
        (
            ['{"a": {"distribution": "uniform", "min": 0, "mx": 1}}'],
            {"random": 1},
            "a.mx: unknown word 'mx'",
        ),
        (["@misspelt.yaml"], {}, "misspelt.yaml: paramters: unknown word 'paramters'"),
        (["@methodless.yaml"], {}, "methodless.yaml: method: needs grid, random"),
        (["@listed.yaml"], {}, "listed.yaml: parameters: needs at least one"),
        (["@doubled.yaml"], {}, "doubled.yaml:2:29: duplicate key 'a'"),
        (["@clash.yaml"], {}, "clash.yaml: parameters.a.b: a has a value and is not"),
        (["@same.yaml"], {}, "same.yaml: parameters.a.b is given twice"),
        (
            ["@grid.yaml", "lr.x=1"],
            {},
            "lr.x: grid.yaml: parameters.lr has a value and is not a table",
        ),
        (['{"a": {"values": [1, 2]}}'], {"grid": True}, "a: a distribution needs"),
        (["a=1", "a.b=2"], {}, "a.b: a has a value and is not a table"),
        (["a.b=2", "a=1"], {}, "a.b: a has a value and is not a table"),
    ],
)
def test_a_mistake_is_refused_with_its_place(words, search, complaint):
    with pytest.raises(UsageError, match=re.escape(complaint)):
        made(*words, **search)
