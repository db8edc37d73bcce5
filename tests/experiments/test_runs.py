"""Runs are found where a script really puts them."""

from __future__ import annotations

import json
import os
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
    in_wandb(ONE, ask, batch=True)  # the others have the same group
    since = (START - timedelta(seconds=5)).isoformat()
    filters = json.dumps({"group": "ppo-7", "created_at": {"$gte": since}})
    assert asked == [
        ["summary", "acme/gpt/abc"],
        ["project", "gpt", "--filters", filters, "--topk", "1"],
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


MNIST = f"""#!{sys.executable}
import argparse, json, pathlib, wandb
parser = argparse.ArgumentParser()
parser.add_argument("--config", type=json.loads)
config = parser.parse_args().config
run = wandb.init(mode="offline", project="mnist", dir=".", config=config)
for epoch in range(config["epochs"]):
    run.log({{"validation/loss": config["lr"] / (epoch + 1)}})
run.finish()
"""
HYDRA = f"""#!{sys.executable}
import json, os, sys, wandb
directory = "outputs/2026-01-01/10-00-00"
os.makedirs(directory)
os.chdir(directory)
os.environ.pop("WANDB_DIR")
with wandb.init(mode="offline", config=json.loads(sys.argv[1])) as run:
    run.log({{"validation/loss": 0.25}})
"""


def test_a_shell_script_that_starts_a_training_in_its_own_directory(bench):
    """As the older bot's example does: ``dir='.'``, and a name without our group."""
    here = bench.place.directory / "examples" / "mnist"
    here.mkdir(parents=True)
    bench.script(MNIST, "examples/mnist/train.py", head="")
    body = 'cd "$(dirname "$0")"\n./train.py --config "$1"\n'
    bench.script(body, "examples/mnist/run_experiment.sh")
    done = bench.run(
        *("experiment", '{"epochs": 2, "lr": 0.5}', "--best", "validation/loss:min"),
        *("--script", "examples/mnist/run_experiment.sh", "-o", "json"),
    )
    assert done.returncode == 0, done.stderr
    assert bench.one().score == 0.25
    report = json.loads(done.stdout)["reports"][-1]
    assert report["title"] == "run_experiment (experiment 1) finished"
    (run,) = next(b for b in report["blocks"] if b.get("title") == "runs")["rows"]
    assert run["state"] == "finished"


EXAMPLE = f"""#!{sys.executable}
import json, sys, wandb
given = json.loads(sys.argv[1])
with wandb.init(project="mnist", dir=".") as run:
    run.log({{"val_loss": given["num_layers"] / 4}})
"""


def test_the_older_bot_s_example_has_its_link_and_best_value(wandb_server, bench):
    """It calls ``wandb.init(project=…, dir='.')``, without its parameters."""
    bench.place.environ |= {k: v for k, v in os.environ.items() if "WANDB" in k}
    bench.script(EXAMPLE, "mnist_model.py", head="")
    bench.script('./mnist_model.py "$1"\n', "run_experiment.sh")
    options = (
        "--script",
        "./run_experiment.sh",
        "--best",
        "val_loss:min",
        "-o",
        "json",
    )
    done = bench.run("experiment", "num_layers=2", *options)
    assert done.returncode == 0, done.stderr
    (project,) = wandb_server.store.projects.values()
    report = json.loads(done.stdout)["reports"][-1]
    assert report["url"].endswith(f"/mnist/runs/{next(iter(project.runs))}")
    assert bench.one().score == 0.5
    grid = ("num_layers=[1,3]", "--grid", "--jobs", "2")
    done = bench.run("experiment", *grid, *options)
    assert [one.score for one in bench.experiments()] == [0.5, 0.25, 0.75]


def test_a_script_that_changes_its_directory_as_hydra_does(bench):
    bench.script(HYDRA, head="")
    done = bench.run(
        *("experiment", "lr=0.5", "--script", "./run.sh", "--best", "validation/loss"),
    )
    assert done.returncode == 0, done.stderr
    assert bench.one().score == 0.25


def test_an_empty_directory_is_not_left_behind(bench):
    bench.script("exit 0\n")
    done = bench.run("experiment", "--script", "./run.sh")
    assert "no W&B run found on this machine" in done.stdout
    assert not (bench.place.directory / "wandb").exists()
