"""The plans of a command line, from its options and from watch.toml."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from wandbwatch.experiments.plan import PlanSet, RandomSource, Request, make_plans
from wandbwatch.hyperparameters import Search
from wandbwatch.model.errors import ConfigError, UsageError
from wandbwatch.model.experiment import (
    ExperimentConfig,
    ParameterRule,
    ParameterType,
    Plan,
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


def two_configs() -> Mapping[str, ExperimentConfig]:
    return {"ppo": PPO, "dqn": ExperimentConfig("dqn", "/s/dqn.sh", "/w")}


def no_file() -> Mapping[str, ExperimentConfig]:
    raise ConfigError(["no watch.toml"])


def plan(*words: str, configs: Any = two_configs, **options: Any) -> PlanSet:
    ids = map("id{}".format, itertools.count(1))
    random = RandomSource(lambda: 7, lambda: next(ids))
    return make_plans(Request(words, **options), configs, str, random)


def test_a_script_needs_no_file():
    found = plan('{"a":  1}', script="./run_experiment.sh", configs=no_file)
    assert found.plans == (
        Plan("run_experiment", "./run_experiment.sh", '{"a":  1}', ""),
    )
    assert found.jobs == 1


def test_a_named_experiment_uses_its_settings():
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
            configured=True,
        ),
    )
    assert plan("ppo").plans[0].argument == '{"lr": 0.1}'


def test_options_override_the_file():
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


def test_each_plan_of_a_grid_has_its_own_run_id():
    lists = ("a=[1,2,3,4]", "b=[1,2,3,4,5]")
    found = plan("dqn", *lists, search=Search(grid=True), jobs=4)
    assert len({one.argument for one in found.plans}) == 20
    assert found.jobs == 4
    several = plan("ppo", "lr=[1,2,3]", search=Search(grid=True))
    assert [one.run_id for one in several.plans] == ["id1", "id2", "id3"]
    assert several.jobs == 3


def test_the_plans_of_random_samples_have_a_seed():
    assert plan("dqn", "a=[1,2]", search=Search(random=3)).seed == 7


@pytest.mark.parametrize(
    ("words", "options", "complaint"),
    [
        ([], {}, "nothing to start: add --script PATH, or the"),
        (["a=1"], {}, "nothing to start"),
        (["./train.sh"], {}, "write --script ./train.sh to start"),
        (["pp", "lr=1"], {}, "no experiment 'pp'; did you mean 'ppo'?"),
        (["zzz"], {}, "no experiment 'zzz'; it has ppo, dqn"),
        (["ppo", "fast"], {}, "'fast' is not a parameter: write KEY=VALUE"),
        (["ppo", "lr=x"], {}, 'lr = "x": must be a number'),
        (["ppo"], {"launcher": "srun '"}, "No closing quotation"),
        (["ppo"], {"launcher": " "}, "--launcher is empty"),
        (["ppo"], {"run_id": "a/b"}, "--id 'a/b': a run id has no spaces"),
        (
            ["ppo", "lr=[1,2]"],
            {"run_id": "a", "search": Search(grid=True)},
            "--id names one run, but there are 2 trainings",
        ),
    ],
)
def test_an_invalid_request_is_refused(words, options, complaint):
    with pytest.raises(UsageError) as raised:
        plan(*words, **options)
    assert complaint in str(raised.value)


def test_a_name_needs_a_watch_toml():
    with pytest.raises(ConfigError, match=r"no watch\.toml"):
        plan("ppo", configs=no_file)


@pytest.mark.parametrize(
    ("head", "mode", "why"),
    [
        ("#!/bin/bash\n", 0o644, "not executable; run chmod +x"),
        ("#!/no/such/bash\n", 0o755, "interpreter /no/such/bash: no such program"),
        ("#!/usr/bin/env nobash\n", 0o755, "interpreter nobash: no such program"),
        ("#!/bin/bash\r\n", 0o755, "has Windows line endings"),
        ("echo\n", 0o755, "the first line must name an interpreter"),
        ("", 0o755, "the first line must name an interpreter"),
    ],
)
def test_a_script_that_cannot_start_is_refused(bench, head, mode, why):
    bench.script("", head=head).chmod(mode)
    done = bench.run("experiment", "--script", "./run.sh")
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not bench.experiments()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--script", "./none.sh"], "no such script"),
        (["--script", "."], "not a file"),
        (["{", "--script", "./run.sh"], "parameters:1:2: Expecting property name"),
        (["[1]", "--script", "./run.sh"], "object"),
        ([], "nothing to start: add --script PATH"),
    ],
)
def test_wrong_words_start_nothing(bench, words, why):
    bench.script("")
    done = bench.run("experiment", *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not bench.experiments()
