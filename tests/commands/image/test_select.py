"""Which curves are meant, by the questions and notes of the image command."""

from __future__ import annotations

import shlex

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.run import Run, Series, State

from tests.commands.image.curved import (
    CLOCK,
    LOSS,
    TWO,
    Logs,
    notes,
    plots,
    posted,
    told,
)
from tests.fakes import FakeSource, fake_env


def test_likely_keys_are_chosen_and_named():
    logged = dict.fromkeys(("z", "epoch", "val/acc", "train/loss", "val/loss"), LOSS)
    logged |= {"_step": LOSS, "best/loss": [], "_runtime": CLOCK}
    source = Logs({"a1": logged})
    report = told(source, "")
    keys = ["val/acc", "val/loss", "train/loss", "z"]
    assert [p.key for p in plots(report)] == keys
    assert notes(report) == [
        f"no --keys given: chose {', '.join(keys)}; --keys selects others"
    ]
    assert (source.asked, len(source.asked_curves)) == (1, 1)


def test_a_summary_value_that_is_no_curve_is_not_chosen():
    source = Logs({"a1": {"loss": LOSS}})
    source.logged = {"a1": {"accuracy": LOSS}}
    assert notes(told(source, "")) == ["no run has logged numbers yet"]
    assert notes(told(Logs({}), "")) == ["no runs here yet"]


def test_the_newest_are_said_to_be_no_more_than_that():
    many = Logs({f"r{i}": {"loss": LOSS} for i in range(7)}, total=27)
    assert "the newest 5 of 27 runs; --runs selects others" in notes(told(many, ""))
    assert notes(told(many, "--keys loss")) == [
        "the newest 5 runs; --runs selects others"
    ]
    assert len(plots(told(many, "--keys loss"))[0].lines) == 5
    assert notes(told(Logs(TWO), "--keys train/loss")) == []


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ("train", ["train/acc", "train/loss"]),
        ("'*/loss'", ["train/loss", "val/loss"]),
        ("val/loss,train", ["val/loss", "train/acc", "train/loss"]),
        ("'t*,val/loss'", ["train/acc", "train/loss", "val/loss"]),
        ("system", ["system/cpu"]),
        ("_runtime", ["_runtime"]),
    ],
)
def test_groups_and_globs(wanted, keys):
    logged = ("train/loss", "train/acc", "val/loss", "system/cpu", "_runtime")
    source = Logs({"a1": dict.fromkeys(logged, LOSS)})
    assert [p.key for p in plots(told(source, f"--keys {wanted}"))] == keys


def test_a_key_that_no_run_has_is_named():
    source = Logs(TWO)
    report = told(source, "--keys train/loss,train/los,rewards")
    assert [p.key for p in plots(report)] == ["train/loss"]
    assert notes(report) == [
        "no run has 'train/los'; did you mean 'train/loss'?",
        "no run has 'rewards'",
    ]
    assert len(source.asked_curves) == 1


def test_of_the_newest_runs_no_more_is_said_than_what_they_lack():
    many = Logs({f"r{i}": {"loss": LOSS} for i in range(7)}, total=27)
    lacks = "none of the newest 5 runs has"
    assert f"{lacks} 'acc'" in notes(told(many, "--keys loss,acc"))
    axis = notes(posted(many, "--keys nope --x epoch"))
    assert f"{lacks} 'epoch' for the x axis" in axis


def test_a_key_that_only_the_summaries_have_is_no_mistake_of_spelling():
    source = Logs({"a1": {"accuracy": LOSS}})
    source.logged = {"a1": {"loss": LOSS}}
    assert notes(told(source, "--keys accuracy")) == [
        "'accuracy' is only in summaries; it has no curve"
    ]


def test_a_key_that_is_never_beside_the_axis_is_said_so():
    source = Logs(TWO)
    assert notes(posted(source, "--keys nope --x val/loss")) == [
        "no run has 'nope' in rows that have 'val/loss'"
    ]


def test_a_glob_does_not_bring_a_flood():
    source = Logs({"a1": {f"loss/{i:02}": LOSS for i in range(30)}})
    report = told(source, "--keys 'loss/*'")
    assert len(plots(report)) == 24
    assert notes(report) == ["the first 24 of 30 keys; --keys selects others"]


def test_a_key_of_words_is_said_to_be_no_number():
    source = Logs({"a1": {"loss": LOSS}}, a1={"summary": {"phase": "warm up"}})
    assert notes(told(source, "--keys phase")) == [
        "'phase' is no number; its last value is warm up"
    ]


@pytest.mark.parametrize("key", ["curves/PR(B)", "curves/PR(B)_table", "curves"])
@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("me/p", "me/p/a1"),
        ("me/p/a1", "me/p/a1"),
        ("./wandb", "./wandb/a1"),
        ("./wandb/run-20260101_000000-a1", "./wandb/run-20260101_000000-a1"),
    ],
)
def test_a_chart_is_said_to_be_media_with_the_line_that_shows_it(key, place, where):
    table = {"_type": "table-file", "path": "media/table/a.json"}
    logged = {"loss": 1.0, "curves/PR(B)_table": table}
    source = Logs({"a1": {"loss": LOSS}}, a1={"summary": logged})
    line = f"wandbwatch media {where} --keys {shlex.quote(key)}"
    assert notes(told(source, f"--keys {shlex.quote(key)}", place)) == [
        f"{key!r} is no curve; `{line}` shows it"
    ]


def test_filters_select_the_runs_of_a_picture():
    loss = Series("loss", (0.0, 1.0), (2.0, 1.0))
    source = FakeSource([Run("a1", "a1", State.FAILED)], [loss])
    line = """image a/b --keys loss --filters '{"state": "failed"}'"""
    list(grammar.parse(line, fake_env(source)).reports)
    assert [query.filters for query in source.queries] == [{"state": "failed"}]
