"""``[experiments.NAME]``: what it says, and what is wrong with it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from wandbwatch.model.experiment import ExperimentConfig, ParameterRule, ParameterType

from tests.config.texts import SMALL, complaints, read

PPO = f"""{SMALL}
[experiments.ppo]
script = "train.sh"
"""


def recipe(settings: str = "") -> ExperimentConfig:
    return read(PPO + settings, base=Path("/etc/w")).experiments["ppo"]


def test_a_script_is_enough():
    assert recipe() == ExperimentConfig("ppo", "/etc/w/train.sh", "/etc/w")


def test_every_setting_is_read():
    found = recipe("""\
workdir = "/data"
launcher = 'sbatch --wait --comment="two words"'
channel = "research"
jobs = 4
timeout = "1d12h"
retries = 2
best = "acc:maximize"
entity = "lab"
project = "cart-pole"
group = "night shift"
one_run = true
env = { OMP_NUM_THREADS = 4, DATA = "/data" }
""")
    assert found == ExperimentConfig(
        "ppo",
        "/etc/w/train.sh",
        "/data",
        launcher=("sbatch", "--wait", "--comment=two words"),
        channel="research",
        jobs=4,
        timeout=timedelta(hours=36),
        retries=2,
        best="acc:max",
        entity="lab",
        project="cart-pole",
        group="night shift",
        one_run=True,
        env={"OMP_NUM_THREADS": "4", "DATA": "/data"},
    )
    assert recipe('launcher = ["ray", "job submit"]').launcher == ("ray", "job submit")


def test_a_schema_nests_as_its_parameters_do():
    rules = recipe("""\
[experiments.ppo.schema]
lr = { type = "float", min = 1e-6, max = 1, default = 3e-4 }
resume = "bool"
"head.units" = { choices = [16, 32], required = true }
model.layers = { type = "int" }
any = {}
[experiments.ppo.schema.model.dropout]
default = 0.5
""").schema.rules
    assert rules == {
        ("lr",): ParameterRule(ParameterType.FLOAT, 1e-6, 1, default=3e-4),
        ("resume",): ParameterRule(ParameterType.BOOL),
        ("head", "units"): ParameterRule(choices=(16, 32), required=True),
        ("model", "layers"): ParameterRule(ParameterType.INT),
        ("model", "dropout"): ParameterRule(default=0.5),
        ("any",): ParameterRule(),
    }


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ('launcher = "srun \'"', "launcher: No closing quotation"),
        ('launcher = ""', "launcher: must name a program"),
        ("launcher = []", "launcher: must name a program"),
        ("launcher = 3", "launcher: must be an array, not a whole number"),
        ('workdir = ""', "workdir: must be a path"),
        ('channel = "resarch"', "no [channels.resarch]; did you mean"),
        ("jobs = 0", "jobs: must be from 1 to 256, not 0"),
        ("jobs = true", "jobs: must be a whole number, not true or false"),
        ("retries = -1", "retries: must be from 0 to 100"),
        ('timeout = "0s"', "timeout: '0s' is not longer than 0"),
        ('best = "loss:up"', "best: 'loss:up' is not KEY:min or KEY:max"),
        ('entity = "a/b"', "entity: 'a/b' is not a name that W&B accepts"),
        ('project = "a b"', "project: 'a b' is not a name"),
        ('group = ""', "group: must have 1 to 128 characters"),
        ("one_run = 1", "one_run: must be true or false"),
        ('env = { "A=B" = "1" }', "env.A=B: is not a variable name"),
        ("env = { A = true }", "env.A: must be a string, not true or false"),
        ('env = { A = "a\\u0000" }', "env.A: contains a NUL character"),
        (
            'env = { WANDB_API_KEY = "s3cr3t" }',
            "env.WANDB_API_KEY: would be stored in the state",
        ),
        ('env = { WANDB_PROJECT = "x" }', "env.WANDB_PROJECT: is set by project = …"),
        ('scrpt = "x"', "unknown setting; did you mean 'script'?"),
        ('schema = "x"', "schema: must be a table, not a string"),
        ("schema = { lr = 1 }", "schema.lr: must be a table, not a whole number"),
        ('schema = { lr = "flaot" }', "schema.lr.type: 'flaot' is not 'int' or"),
        ('schema = { lr = { tpye = "int" } }', "did you mean 'type'?"),
        ('schema = { lr = { min = "1" } }', "schema.lr.min: must be a number, not a"),
        ("schema = { lr = { min = nan } }", "schema.lr.min: must be a number, not nan"),
        ("schema = { lr = { min = 2, max = 1 } }", "schema.lr.min: 2 is more than max"),
        ('schema = { a = { type = "bool", max = 1 } }', "a.type: min and max are for"),
        ("schema = { a = { choices = [] } }", "a.choices: has no choices"),
        ("schema = { a = { choices = [nan] } }", "a.choices: nan is not a JSON number"),
        ("schema = { a = { choices = [1], default = 2 } }", "a.default: must be one"),
        ('schema = { a = { type = "int", default = "x" } }', "a.default: must be a wh"),
        ("schema = { a = { default = 2, required = true } }", "beside a default"),
    ],
)
def test_a_wrong_setting_is_reported_with_its_line(setting, complaint):
    (only,) = complaints(PPO + setting)
    line = len(PPO.splitlines()) + 1
    assert only.startswith(f"watch.toml:{line}: experiments.ppo: ")
    assert complaint in only


def test_it_needs_a_script_and_a_name():
    (only,) = complaints(f"{SMALL}\n[experiments.ppo]\n")
    assert only == "watch.toml:10: experiments.ppo: has no script"
    (only,) = complaints(f'{SMALL}\n[experiments."a b"]\nscript = "x"\n')
    assert "'a b' is not a name" in only
