"""What is fetched grows with what is shown, not with what the runs have."""

from __future__ import annotations

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.address import Cloud
from wandbwatch.model.query import Query
from wandbwatch.model.report import Report
from wandbwatch.sources.cloud import plugin

from tests.fakes import fake_env
from tests.servers.wandb import Run

MOST = 100_000


@pytest.fixture(autouse=True)
def _large(server):
    rows = [{"_step": i, "_runtime": i, "val/loss": 1 / (i + 1)} for i in range(3)]
    for number in range(100):
        summary = {"table": "x" * 200_000, "val/loss": 1 / (number + 1), "_step": 2}
        server.store.add(
            Run(
                f"r{number:02}",
                state="running",
                rows=rows,
                summary=summary,
                created_at="2026-01-01T11:00:00Z",
                heartbeat_at="2026-01-01T11:59:00Z",
            )
        )


@pytest.mark.parametrize(
    "line", ["events", "digest", "top", "alert --when 'val/loss>5'"]
)
def test_no_whole_summaries_are_fetched(server, line):
    source = plugin(Cloud("acme", "gpt"))
    command, _, options = line.partition(" ")
    reports: list[Report] = list(
        grammar.parse(f"{command} acme/gpt {options}", fake_env(source)).reports
    )
    assert reports
    sent = sum(n for name, n in server.sent.items() if name.startswith("Wandbwatch"))
    assert sent < MOST


def test_the_best_run_is_found_all_the_same(server):
    query = Query(summary=None, config=(), numbers=True)
    found = plugin(Cloud("acme", "gpt")).runs(query).runs
    assert {tuple(run.summary) for run in found} == {("val/loss",)}
    assert server.counts["WandbwatchKeys"] == server.counts["WandbwatchRuns"] == 1
