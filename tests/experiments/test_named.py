"""Experiments of watch.toml, in a terminal and in a subscription."""

from __future__ import annotations

import json
import sys

import pytest
from wandbwatch.model.experiment import Phase

from tests.daemon.running import subscription
from tests.experiments.place import Bench

PPO = """
[experiments.ppo]
script = "run.sh"
jobs = 4
best = "loss:min"
project = "cart-pole"
env = { STAGE = "night" }
[experiments.ppo.schema]
lr = { type = "float", min = 1e-6, max = 1.0, default = 0.5 }
n = "int"
"""
TRAIN = f"""#!{sys.executable}
import json, os, sys, wandb
given = json.loads(sys.argv[1])
run = wandb.init(mode="offline", id=given.get("id"), config=given)
for step in range(3):
    run.log({{"loss": given["lr"] / (step + 1)}})
run.finish()
"""


def configure(bench: Bench, *lines: str, extra: str = PPO) -> None:
    nightly = subscription("nightly", *lines, when='cron = "0 3 * * *"')
    bench.place.write(*([nightly] if lines else []), extra=extra)


def test_a_grid_of_twenty_by_name(bench):
    configure(bench)
    bench.script('echo "$STAGE $WANDB_PROJECT $1"; exit $(( ${1: -2:1} % 3 ))\n')
    line = ("experiment", "ppo", "lr=[0.1,0.2,0.3,0.4]", "n=[0,1,2,3,4]", "--grid")
    dry = bench.run(*line, "--dry-run", "-o", "json")
    (report,) = json.loads(dry.stdout)["reports"]
    table = next(b for b in report["blocks"] if "rows" in b)
    assert (len(table["rows"]), report["title"]) == (20, "ppo: 20 trainings")
    assert not bench.experiments()
    done = bench.run(*line)
    ended = bench.experiments()
    assert [one.plan.argument for one in ended] == [
        f'{{"lr": {lr}, "n": {n}}}' for lr in (0.1, 0.2, 0.3, 0.4) for n in range(5)
    ]
    assert [one.code for one in ended] == [n % 3 for _ in range(4) for n in range(5)]
    assert done.returncode == 1
    assert '[20] night cart-pole {"lr": 0.4, "n": 4}' in done.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("ppo", "lr=2"), "lr = 2: must be at most 1.0"),
        (("ppo", "rate=1"), "unknown parameter 'rate'"),
        (("pp0",), "watch.toml has no experiment 'pp0'; did you mean 'ppo'?"),
        (("ppo", "@none.json"), "none.json: cannot be read: No such file"),
        (("ppo", '{"lr": NaN}'), "parameters:1:8: NaN is not a JSON number"),
        (("ppo", "lr=[1,2]", "--grid"), "lr = 2: must be at most 1.0"),
        (("ppo", "--best", "loss:up"), "is not KEY:min or KEY:max"),
        (("ppo", "--to", "lob"), "no channel 'lob'; it has lab"),
    ],
)
def test_a_mistake_starts_nothing(bench, words, why):
    configure(bench)
    bench.script("touch started\n")
    done = bench.run("experiment", *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not bench.experiments()


def test_check_validates_experiment_commands(bench):
    configure(bench, "experiment ppo lr=0.1", "experiment ppo lr=7", "experiment dqn")
    done = bench.run("check", str(bench.place.file))
    assert done.returncode == 78
    first, second = done.stderr.splitlines()
    assert first.endswith("commands[1]: lr = 7: must be at most 1.0")
    assert "commands[2]: watch.toml has no experiment 'dqn'" in second
    configure(bench, "experiment ppo lr=0.1")
    assert "fine" in bench.run("check", str(bench.place.file)).stdout


def test_a_subscription_starts_and_reports_its_training(bench):
    configure(bench, "experiment ppo n=7")
    bench.script('echo "$1" > given\n')
    assert bench.run("run", str(bench.place.file), "nightly").returncode == 0
    bench.until(lambda: len(bench.experiments()) == 1)
    (one,) = bench.over()
    assert one.phase is Phase.FINISHED
    given = (bench.place.directory / "given").read_text()
    assert json.loads(given) == {"n": 7, "lr": 0.5}
    start = "ppo (experiment 1) started by subscription nightly: n 7, lr 0.5"
    assert bench.posted(2)[0] == start


def test_real_trainings_are_compared_with_earlier_ones(bench):
    head, _, body = TRAIN.partition("\n")
    bench.script(body, "train.py", f"{head}\n")
    without_schema = PPO.partition("[experiments.ppo.schema]")[0]
    configure(bench, extra=without_schema.replace("run.sh", "train.py"))
    bench.run("experiment", "ppo", "lr=0.6", "id=mine")
    output = bench.run("experiment", "ppo", "lr=0.3", "-o", "json").stdout
    first, second = bench.experiments()
    assert (first.score, second.score) == (pytest.approx(0.2), pytest.approx(0.1))
    blocks = json.loads(output)["reports"][-1]["blocks"]
    titles = [block.get("title") for block in blocks]
    assert "compared with the best so far" in titles
