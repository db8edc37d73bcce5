from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.analysis.keys import likely, numeric, selected
from wandbwatch.model.run import Run, State

KNOWN = (
    "loss",
    "train/loss",
    "train/a/b",
    "train.lr",
    "val/loss",
    "_step",
    "system/cpu",
)


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ("loss", ["loss"]),
        ("train", ["train.lr", "train/a/b", "train/loss"]),
        ("train/", ["train/a/b", "train/loss"]),
        ("train/a", ["train/a/b"]),
        ("*/loss", ["train/loss", "val/loss"]),
        (
            "*",
            ["loss", "system/cpu", "train.lr", "train/a/b", "train/loss", "val/loss"],
        ),
        ("_step", ["_step"]),
        ("rain", []),
        ("", []),
    ],
)
def test_what_a_word_selects(wanted, keys):
    assert selected(wanted, KNOWN) == keys


def run(*keys: str) -> Run:
    return Run("a1", "owl", State.RUNNING, summary=dict.fromkeys(keys, 1.0))


def test_losses_and_scores_come_first_and_clocks_never():
    keys = ["lr", "epoch", "val/accuracy", "global_step", "train/loss", "val/loss"]
    keys += [
        "train/aux_loss",
        "eval/mse",
        "loss/kl",
        "_runtime",
        "perf/samples_per_sec",
    ]
    assert likely([run(*keys)]) == [
        "train/loss",
        "val/loss",
        "train/aux_loss",
        "val/accuracy",
        "loss/kl",
        "eval/mse",
        "lr",
    ]


def test_names_of_many_habits():
    keys = ("valLoss", "trainLoss", "rollout/ep_rew_mean", "eval_accuracy", "time/fps")
    assert likely([run(*keys)])[:4] == [
        "trainLoss",
        "valLoss",
        "eval_accuracy",
        "rollout/ep_rew_mean",
    ]


def test_what_few_runs_have_comes_later():
    runs = [run("loss", "reward"), run("reward"), run("reward")]
    assert likely(runs) == ["reward", "loss"]


def test_what_define_metric_sums_up_is_known_by_its_key():
    assert set(numeric([run("val/loss.min")])) == {"val/loss.min", "val/loss"}


def test_only_numbers_are_curves():
    odd = Run(
        "a1",
        "owl",
        State.RUNNING,
        summary={
            "a": "text",
            "b": True,
            "c": None,
            "d": [1],
            "e": {"_type": "x"},
            "f": 1,
        },
        system={"cpu": 2.0},
    )
    assert numeric([odd]) == {"f": 1, "system/cpu": 1}
    assert likely([odd]) == ["f"]
    assert likely([]) == []


@given(st.lists(st.text(min_size=1, max_size=30)))
def test_any_key_has_its_place(keys):
    assert set(likely([run(*keys)])) <= set(numeric([run(*keys)]))
