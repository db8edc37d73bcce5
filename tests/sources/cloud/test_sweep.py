from __future__ import annotations

from datetime import UTC, datetime

import pytest
from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.run_details import Sweep
from wandbwatch.sources.cloud import plugin

from tests.servers.wandb import Run, WandbServer

CONFIG = """
name: find lr
method: bayes
metric: {name: val/loss, goal: maximize}
parameters:
  lr: {min: 0.0001, max: 0.1, distribution: log_uniform_values}
  opt: {values: [adam, sgd]}
  model:
    parameters:
      depth: {value: 4}
"""


@pytest.fixture
def swept(server: WandbServer) -> WandbServer:
    server.store.add(Run("r1", sweep_name="s1"))
    project = server.store.project("acme", "gpt")
    project.sweeps["s1"] = {
        "config": CONFIG,
        "displayName": "[b]@everyone",
        "state": "RUNNING",
        "runCountExpected": 20,
    }
    return server


def test_a_sweep_is_reported_by_one_request(swept):
    source = plugin(Cloud("acme", "gpt", sweep="s1"))
    found = source.sweep("")
    assert swept.data_requests == 1
    assert found == Sweep(
        "s1",
        "[b]@everyone",
        "RUNNING",
        "bayes",
        "val/loss",
        "maximize",
        {
            "lr": {"min": 0.0001, "max": 0.1, "distribution": "log_uniform_values"},
            "opt": {"values": ["adam", "sgd"]},
            "model.depth": {"value": 4},
        },
        20,
        datetime(2026, 1, 1, tzinfo=UTC),
        url=found.url,
        count=1,
    )
    assert found.url
    assert found.url.endswith("/acme/gpt/sweeps/s1")


@pytest.mark.usefixtures("swept")
def test_a_sweep_that_is_missing():
    with pytest.raises(NotFoundError, match="sweep 'nope' not found in 'acme/gpt'"):
        plugin(Cloud("acme", "gpt", sweep="nope")).sweep("")
    with pytest.raises(UsageError, match="is not one sweep"):
        plugin(Cloud("acme", "gpt")).sweep("")


@pytest.mark.parametrize(
    "config", ["{}", "[1]", "metric: 3\nparameters: {a: 1, b: {}}"]
)
def test_a_sweep_of_which_little_is_known(swept, config):
    swept.store.project("acme", "gpt").sweeps["s1"] = {"config": config}
    found = plugin(Cloud("acme", "gpt", sweep="s1")).sweep("")
    assert (found.id, found.metric, found.parameters) == ("s1", "", {})


def test_a_missing_project_is_said_as_such(swept):
    with pytest.raises(NotFoundError, match="project 'acme/nope' not found"):
        plugin(Cloud("acme", "nope")).sweep("s1")
    with pytest.raises(NotFoundError, match="project 'acme/nope' not found"):
        plugin(Cloud("acme", "nope")).console("abc", 0)
    assert swept.counts["WandbwatchConsole"] == 0
