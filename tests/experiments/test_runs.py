"""Runs are found where a script really puts them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from wandbwatch.experiments.runs import belongs, in_wandb
from wandbwatch.model.experiment import Experiment, Phase, Plan
from wandbwatch.model.run import Run, State

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLAN = Plan("ppo", "/s", '{"lr": 0.5}', "/w", project="gpt")
END = START + timedelta(minutes=5)
ONE = Experiment(7, 7, PLAN, Phase.FINISHED, "me", START, 1, START, END)
RUN = Run(
    *("abc", "x", State.FINISHED, START + timedelta(minutes=1)),
    group="ppo-7",
    config={"lr": 0.5, "epochs": 3},
)


@pytest.mark.parametrize(
    ("changes", "alone", "ours"),
    [
        ({}, False, True),
        ({"group": ""}, False, True),
        ({"group": "other"}, True, False),
        ({"config": {}}, True, True),
        ({"config": {}}, False, False),
        ({"config": {"lr": 0.1}}, False, False),
        ({"created": START - timedelta(hours=1)}, True, False),
        ({"created": START + timedelta(hours=1)}, True, False),
        ({"group": "", "config": {}}, True, False),
    ],
)
def test_a_run_belongs_by_time_group_and_parameters(changes, alone, ours):
    assert belongs(replace(RUN, **changes), ONE, alone=alone) is ours


def test_a_run_belongs_by_its_id():
    one = replace(ONE, plan=replace(ONE.plan, run_id="abc"))
    assert belongs(replace(RUN, group="other", created=None), one, alone=False)


def test_wandb_is_asked_by_id_or_by_group():
    asked: list[Any] = []

    def ask(words):
        asked.append(list(words))
        return {}

    in_wandb(replace(ONE, plan=replace(ONE.plan, run_id="abc", entity="acme")), ask)
    in_wandb(ONE, ask)
    in_wandb(replace(ONE, plan=replace(ONE.plan, project="")), ask)
    assert asked == [
        ["summary", "acme/gpt/abc"],
        ["project", "gpt", "--filters", '{"group": "ppo-7"}', "--topk", "1"],
    ]


TRAIN = f"""#!{sys.executable}
import json, sys, time, wandb
given = json.loads(sys.argv[1])
run = wandb.init(mode="offline", dir=given["dir"], config=given)
run.log({{"loss": given["lr"]}})
time.sleep(given.get("sleep", 0))
run.finish()
"""


@pytest.mark.parametrize("place", ["inside", "outside"])
def test_a_script_may_choose_the_directory_of_its_runs(bench, tmp_path, place):
    (bench.place.directory / "src").mkdir(exist_ok=True)
    outside = tmp_path / "scratch"
    outside.mkdir()
    bench.script(TRAIN, head="")
    given = {"lr": 0.5, "dir": "."}
    if place == "outside":  # its process is seen to write there
        given = {"lr": 0.5, "dir": str(outside), "sleep": 3}
    done = bench.run(
        *("experiment", json.dumps(given), "--script", "./run.sh", "--best", "loss"),
    )
    assert done.returncode == 0, done.stderr
    assert "no W&B run" not in done.stdout
    assert bench.one().score == 0.5
    assert not list(bench.place.directory.glob("wandb/experiment-*"))


def test_an_empty_directory_is_not_left_behind(bench):
    bench.script("exit 0\n")
    done = bench.run("experiment", "--script", "./run.sh")
    assert "no W&B run found on this machine" in done.stdout
    assert not (bench.place.directory / "wandb").exists()
