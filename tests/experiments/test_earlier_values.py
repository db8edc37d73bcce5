"""Scores of older runs in the same W&B project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

from wandbwatch.analysis.ranking import Objective
from wandbwatch.experiments.notify import best_runs_query, earlier_values
from wandbwatch.model.run import Run, State

from tests.servers.wandb import Run as Served

OBJECTIVE = Objective("val/acc", largest=True)
OURS = Run("new", "new", State.FINISHED, entity="acme", project="gpt")


def test_finite_values_of_older_runs_are_found(wandb_server):
    for name, value, day in (
        ("a", 0.5, 1),
        ("b", 0.75, 2),
        ("c", "NaN", 3),
        ("d", 0.9, 8),
        ("e", None, 4),
    ):
        summary = {} if value is None else {"val/acc": value}
        created = f"2026-01-0{day}T00:00:00Z"
        wandb_server.store.add(Served(name, summary=summary, created_at=created))
    words = [
        sys.executable,
        "-m",
        "wandbwatch",
        *best_runs_query(OURS, OBJECTIVE),
        "-o",
        "json",
    ]
    done = subprocess.run(words, capture_output=True, env=os.environ, check=True)
    (report,) = json.loads(done.stdout)["reports"]
    found = earlier_values(report, OBJECTIVE, datetime(2026, 1, 5, tzinfo=UTC))
    assert found == (0.75, 0.5)


def test_a_project_without_runs_has_no_values():
    report = {"blocks": [{"type": "note", "text": "no runs here yet"}]}
    assert earlier_values(report, OBJECTIVE, datetime(2026, 1, 5, tzinfo=UTC)) == ()
