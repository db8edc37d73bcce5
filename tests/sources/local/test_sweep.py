from __future__ import annotations

from pathlib import Path

import pytest
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.run import Run, State
from wandbwatch.sources.local.media import sweep

HERE = Path("wandb")


def run(number: int, sweep_id: str = "s1", **config: float | str) -> Run:
    return Run(str(number), "", State.FINISHED, sweep=sweep_id, config=config)


def test_what_its_runs_vary_are_its_parameters():
    runs = [run(i, lr=i / 10, opt="adam" if i % 2 else "sgd", seed=7) for i in range(9)]
    found = sweep([*runs, run(10, "")], HERE)
    assert found.id == "s1"
    assert found.parameters == {
        "lr": {"min": 0.0, "max": 0.8},
        "opt": {"values": ["sgd", "adam"]},
    }


def test_none_and_several():
    with pytest.raises(NotFoundError, match=r"\./wandb|wandb has no run of a sweep"):
        sweep([run(1, "")], HERE)
    with pytest.raises(UsageError, match="--id is one of s1, s2"):
        sweep([run(1, "s1"), run(2, "s2")], HERE)
