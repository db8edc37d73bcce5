"""Command lines as plans: from options alone, and from watch.toml."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from wandbwatch.experiments.plan import PlanSet, Random, Request, planned
from wandbwatch.hyperparameters import Search
from wandbwatch.model.errors import ConfigError, UsageError
from wandbwatch.model.experiment import Plan
from wandbwatch.model.experiment_config import (
    ExperimentConfig,
    ParameterRule,
    ParameterType,
    Schema,
)

PPO = ExperimentConfig(
    "ppo",
    "/s/train.sh",
    "/w",
    launcher=("srun",),
    schema=Schema({("lr",): ParameterRule(ParameterType.FLOAT, default=0.1)}),
    jobs=3,
    env={"A": "1"},
    channel="research",
    timeout=timedelta(hours=1),
    retries=2,
    best="loss:min",
    project="p",
    one_run=True,
)


def experiment_configs() -> Mapping[str, ExperimentConfig]:
    return {"ppo": PPO, "dqn": ExperimentConfig("dqn", "/s/dqn.sh", "/w")}


def no_file() -> Mapping[str, ExperimentConfig]:
    raise ConfigError(["no watch.toml"])


def plan(*words: str, found: Any = experiment_configs, **options: Any) -> PlanSet:
    ids = map("id{}".format, itertools.count(1))
    chance = Random(lambda: 7, lambda: next(ids))
    return planned(Request(words, **options), found, str, chance)


def test_a_script_needs_no_file():
    found = plan('{"a":  1}', script="./run_experiment.sh", found=no_file)
    assert found.plans == (
        Plan("run_experiment", "./run_experiment.sh", '{"a":  1}', ""),
    )
    assert found.jobs == 1


def test_an_experiment_brings_what_it_needs():
    assert plan("ppo", "lr=1").plans == (
        Plan(
            "ppo",
            "/s/train.sh",
            '{"lr": 1}',
            "/w",
            launcher=("srun",),
            env={"A": "1"},
            channel="research",
            timeout=3600.0,
            retries=2,
            best="loss:min",
            project="p",
            run_id="id1",
        ),
    )
    assert plan("ppo").plans[0].argument == '{"lr": 0.1}'


def test_options_say_more_than_the_file():
    (one,) = plan(
        "ppo",
        launcher="sbatch --comment='a b'",
        channel="live",
        timeout=timedelta(minutes=1),
        retries=0,
        best="acc:max",
        entity="e",
        project="q",
        group="g",
        run_id="mine",
    ).plans
    assert one.launcher == ("sbatch", "--comment=a b")
    assert (one.channel, one.timeout, one.retries) == ("live", 60.0, 0)
    assert (one.best, one.entity, one.project) == ("acc:max", "e", "q")
    assert (one.group, one.run_id) == ("g", "mine")


def test_a_grid_of_twenty_has_a_run_each():
    lists = ("a=[1,2,3,4]", "b=[1,2,3,4,5]")
    found = plan("dqn", *lists, search=Search(grid=True), jobs=4)
    assert len({one.argument for one in found.plans}) == 20
    assert found.jobs == 4
    several = plan("ppo", "lr=[1,2,3]", search=Search(grid=True))
    assert [one.run_id for one in several.plans] == ["id1", "id2", "id3"]
    assert several.jobs == 3


def test_draws_tell_their_seed():
    assert plan("dqn", "a=[1,2]", search=Search(random=3)).seed == 7


@pytest.mark.parametrize(
    ("words", "options", "complaint"),
    [
        ([], {}, "nothing to start: --script PATH, or an exp"),
        (["a=1"], {}, "nothing to start"),
        (
            ["./train.sh"],
            {},
            "is not an experiment of watch.toml; --script ./train.sh starts",
        ),
        (["pp", "lr=1"], {}, "no experiment 'pp'; did you mean 'ppo'?"),
        (["zzz"], {}, "no experiment 'zzz'; known: ppo, dqn"),
        (["ppo", "fast"], {}, "'fast' is not a parameter; write KEY=VALUE"),
        (["ppo", "lr=x"], {}, 'lr = "x": must be a number'),
        (["ppo"], {"launcher": "srun '"}, "No closing quotation"),
        (["ppo"], {"launcher": " "}, "--launcher does not name a program"),
        (["ppo"], {"run_id": "a/b"}, "--id 'a/b': W&B takes no /"),
        (
            ["ppo", "lr=[1,2]"],
            {"run_id": "a", "search": Search(grid=True)},
            "--id names one run, not those of 2 sets",
        ),
    ],
)
def test_what_can_not_be_planned(words, options, complaint):
    with pytest.raises(UsageError) as raised:
        plan(*words, **options)
    assert complaint in str(raised.value)


def test_a_name_without_a_file_says_that():
    with pytest.raises(ConfigError, match=r"no watch\.toml"):
        plan("ppo", found=no_file)
