from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch import plugins
from wandbwatch.analysis.delta import SeenValues, Since
from wandbwatch.cli import grammar
from wandbwatch.cli.grammar.command import OUTPUTS
from wandbwatch.commands.summary.report import report
from wandbwatch.model.cell import Cell, Level
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Fields, Note, Report, Table, Text
from wandbwatch.model.run import Run, State
from wandbwatch.model.run_details import Alert

from tests.fakes import NOW, FakeSource, fake_env

OWL = Run(
    "a1",
    "owl",
    State.FAILED,
    created=NOW,
    heartbeat=NOW + timedelta(minutes=2),
    runtime=120,
    last_step=7,
    entity="me",
    project="p",
    url="https://w.example/me/p/runs/a1",
    group="birds",
    job_type="train",
    tags=("night",),
    user="ada",
    notes="first\nsecond",
    sweep="s1",
    host="box",
    exit_code=3,
    config={"lr": 0.1, "model.depth": 2},
    summary={
        "loss": math.nan,
        "train/loss": 0.5,
        "train/a/b": 1,
        "val.loss": 2,
        "_step": 7,
        "_runtime": 120,
        "_timestamp": 1.5,
        "_wandb.runtime": 120,
        "_mine": 1,
    },
    system={"cpu": 10.0, "gpu.0.temp": 50.0},
)
BARE = Run("b2", "b2", State.RUNNING)


def groups(told: Report) -> dict[str, dict[str, Cell]]:
    """Every group but the first, which is about the run itself."""
    found = [block for block in told.blocks if isinstance(block, Fields)]
    return {block.title: dict(block.items) for block in found[1:]}


def names(filters: Sequence[str]) -> list[str]:
    told = groups(report(OWL, filters))
    return [f"{group}/{key}" for group, items in told.items() for key in items]


def notes(told: Report) -> list[str]:
    return [block.text for block in told.blocks if isinstance(block, Note)]


def test_values_are_grouped_by_the_part_before_the_first_slash():
    told = groups(report(OWL))
    assert list(told) == ["_default", "train", "system"]
    assert list(told["_default"]) == ["state", "_mine", "loss", "val.loss"]
    assert told["_default"]["state"] is State.FAILED
    assert told["train"] == {"a/b": 1, "loss": 0.5}
    assert told["system"] == {"cpu": 10.0, "gpu.0.temp": 50.0}


KERAS = dict.fromkeys(
    ("acc", "epoch", "loss", "lr", "train/loss", "val/f1", "val_acc", "val_loss"), 0.5
)


def test_people_see_validation_and_training_first_and_programs_the_old_order():
    run = Run("a1", "owl", State.FINISHED, summary=KERAS, system={"cpu": 1.0})
    found = report(run)
    titles = [b.title for b in found.blocks if isinstance(b, Fields)]
    assert titles == ["run", "_default", "val", "train", "system"]
    shown = [b for b in found.read if isinstance(b, Fields)]
    assert [b.heading for b in shown] == ["run", "val", "train", "Charts", "system"]
    names = [name for name, _ in shown[3].items]
    assert names == ["val_acc", "val_loss", "acc", "loss", "epoch", "lr"]
    bare = report(replace(run, summary={})).read
    assert bare[:2] == (found.read[0], found.read[-1])


def test_who_when_and_how_long_come_first():
    told = report(OWL)
    assert told.title == "owl (me/p/a1)"
    assert told.url == "https://w.example/me/p/runs/a1"
    assert told.blocks[0] == Fields(
        "run",
        (
            ("state", State.FAILED),
            ("user", "ada"),
            ("created", NOW),
            ("last heard", NOW + timedelta(minutes=2)),
            ("runtime", timedelta(minutes=2)),
            ("last step", 7),
            ("exit code", 3),
            ("group", "birds"),
            ("job type", "train"),
            ("tags", ("night",)),
            ("sweep", "s1"),
            ("host", "box"),
        ),
    )
    assert told.blocks[1] == Text("notes", "first\nsecond")


def test_what_is_unknown_is_left_out():
    told = report(BARE)
    assert told.blocks == (
        Fields("run", (("state", State.RUNNING),)),
        Fields("_default", (("state", State.RUNNING),), "Charts"),
        Note("the run has no summary values yet"),
    )


@pytest.mark.parametrize("output", [*OUTPUTS, "discord"])
def test_people_read_charts_and_programs_read_default(output):
    render = plugins.load("wandbwatch.renderers", output)
    text = str(list(render([report(OWL, ["loss"])], Screen())))
    people = output in ("terminal", "discord")
    assert ("Charts" in text, "_default" in text) == (people, not people)


def test_a_changed_value_keeps_its_heading():
    since = Since(SeenValues.of({"a1": {"_default/loss": 1}}))
    (charts,) = (b for b in report(OWL, ["loss"], since=since).blocks[2:])
    assert isinstance(charts, Fields)
    assert charts.heading == "Charts"


def test_a_key_that_begins_with_a_slash_is_in_no_group():
    odd = Run("a", "a", State.RUNNING, summary={"/loss": 1, "": 2})
    told = groups(report(odd))
    assert told == {"_default": {"state": State.RUNNING, "": 2, "/loss": 1}}


@pytest.mark.parametrize(
    ("filters", "selected"),
    [
        (["train"], ["train/a/b", "train/loss"]),
        (["train/"], ["train/a/b", "train/loss"]),
        (["train/a"], ["train/a/b"]),
        (["train/loss", "loss"], ["_default/loss", "train/loss"]),
        (["*loss"], ["_default/loss", "_default/val.loss", "train/loss"]),
        (["val"], ["_default/val.loss"]),
        (["_default/state"], ["_default/state"]),
        (["state"], ["_default/state"]),
        (["Charts/state", "Charts/los*"], ["_default/state", "_default/loss"]),
        (
            ["Charts"],
            ["_default/state", "_default/_mine", "_default/loss", "_default/val.loss"],
        ),
        (
            ["_default"],
            ["_default/state", "_default/_mine", "_default/loss", "_default/val.loss"],
        ),
        (["system/gpu.0"], ["system/gpu.0.temp"]),
        (["_step", "_default/_runtime"], ["_default/_runtime", "_default/_step"]),
        (["loss*", "trai?"], ["_default/loss"]),
    ],
)
def test_filters_select_groups_keys_and_globs(filters, selected):
    assert names(filters) == selected


@pytest.mark.parametrize(
    ("wanted", "note"),
    [
        ("trian", "nothing matches 'trian'; did you mean 'train'?"),
        ("train/los", "nothing matches 'train/los'; did you mean 'train/loss'?"),
        ("charts", "nothing matches 'charts'; did you mean 'Charts'?"),
        ("zzz", "nothing matches 'zzz'"),
        ("/", "nothing matches '/'"),
    ],
)
def test_a_filter_that_matches_nothing_is_named(wanted, note):
    assert notes(report(OWL, ["train", wanted])) == [note]


def test_the_configuration_is_shown_when_asked_for():
    assert "config" not in groups(report(OWL))
    told = groups(report(OWL, ["train"], config=True))
    assert told["config"] == {"lr": 0.1, "model.depth": 2}
    assert "the run has no config" in notes(report(BARE, config=True))


@pytest.mark.parametrize("state", State)
def test_the_level_is_that_of_the_state(state):
    expected = {
        State.FINISHED: Level.GOOD,
        State.FAILED: Level.BAD,
        State.CRASHED: Level.BAD,
        State.KILLED: Level.BAD,
    }
    told = report(Run("a", "a", state))
    assert told.level is expected.get(state, Level.INFO)


def test_the_line_says_which_values():
    line = grammar.parse(
        "summary me/p/a1 --filters train,state --config", fake_env(FakeSource([OWL]))
    )
    (told,) = line.reports
    assert list(groups(told)) == ["_default", "train", "config"]


def test_a_project_instead_of_a_run_gets_a_hint():
    env = fake_env(FakeSource([OWL]))
    with pytest.raises(
        UsageError, match=r"not a run; `wandbwatch project https.* lists"
    ):
        grammar.parse("summary https://wandb.ai/me/p", env)


class NotThere(FakeSource):
    def run(self) -> Run:
        raise NotFoundError("run 'x' not found")


@pytest.mark.parametrize("address", ["me/p", "me/p/x"])
def test_a_run_that_is_missing_is_the_error_of_the_source(address):
    env = fake_env(NotThere())  # cli/addresses.py adds what may have been meant
    with pytest.raises(NotFoundError, match=r"^run 'x' not found$"):
        list(grammar.parse(f"summary {address}", env).reports)


def test_what_the_code_raised_is_in_it_the_newest_last():
    run = Run("abc", "owl", State.RUNNING)
    raised = [Alert(f"title {i}", "text", "WARN") for i in range(12)]
    (table,) = (b for b in report(run, raised=raised).blocks if isinstance(b, Table))
    assert table.rows[-1] == ("WARN", "title 11", "text")
    assert len(table.rows) == 10
    assert Note("2 older alerts are left out") in report(run, raised=raised).blocks
