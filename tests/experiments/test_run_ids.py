"""``--id`` is refused if a run or an experiment uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from wandbwatch.commands.experiment.report import check_free
from wandbwatch.model.errors import NetworkError, UsageError
from wandbwatch.model.experiment import Experiment, Phase, Plan
from wandbwatch.model.ports import Env
from wandbwatch.model.run import Run, State

from tests.fakes import FakeSource, fake_env

PLAN = Plan("ppo", "/s", "{}", "/w", entity="acme", project="gpt", run_id="mine")
REQUESTED = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://wandb.ai/acme/gpt/runs/mine"


class Listed:
    def __init__(self, *plans: Plan) -> None:
        self._plans = plans

    def listed(self, _limit: int) -> Sequence[Experiment]:
        return [
            Experiment(at, at, plan, Phase.FINISHED, "me", REQUESTED)
            for at, plan in enumerate(self._plans, 1)
        ]


def env(source: FakeSource, *plans: Plan) -> Env:
    return replace(fake_env(source), experiments=lambda: Listed(*plans))  # type: ignore[arg-type, return-value]


class Silent(FakeSource):
    def run(self) -> Run:
        raise NetworkError("no answer")


def test_the_id_of_a_run_in_wandb_is_refused():
    source = FakeSource([Run("mine", "x", State.FINISHED, url=URL)])
    with pytest.raises(UsageError, match=f"--id mine: {URL} uses this id"):
        check_free(PLAN, env(source))


def test_the_id_of_an_earlier_experiment_is_refused():
    with pytest.raises(UsageError, match="--id mine: experiment 2 uses this id"):
        check_free(PLAN, env(Silent(), replace(PLAN, run_id="x"), PLAN))


def test_without_an_answer_or_a_project_an_id_is_free():
    check_free(PLAN, env(Silent(), replace(PLAN, project="other")))
    check_free(replace(PLAN, project=""), env(FakeSource()))
