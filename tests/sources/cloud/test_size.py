"""What is fetched grows with what is shown, not with what the runs have."""

from __future__ import annotations

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.query import Query
from wandbwatch.model.report import Report, Table
from wandbwatch.sources.cloud import plugin

from tests.fakes import NOW, fake_env
from tests.servers.wandb import Run

MOST = 100_000


ROWS = 120


@pytest.fixture(params=[100, 250], autouse=True)
def _large(server, request):
    rows = [
        {
            "_step": i,
            "_runtime": i,
            "_timestamp": 1767264000 + i,
            "val/loss": 1 / (i + 1),
        }
        for i in range(ROWS)
    ]
    for number in range(request.param):
        summary = {"table": "x" * 200_000, "val/loss": number / 250, "_step": ROWS - 1}
        server.store.add(
            Run(
                f"r{number:06}",
                display_name=f"glorious-river-{number}",
                state="running",
                rows=rows,
                summary=summary,
                created_at="2026-01-01T11:00:00Z",
                heartbeat_at="2026-01-01T11:59:00Z",
            )
        )


def test_a_window_and_idle_gpus_are_asked_for_by_their_ends(server):
    """A run whose GPU was busy last is not idle: its system metrics are not needed."""
    began = NOW.timestamp() - 2000 * 15
    rows = [
        {"_step": i, "_timestamp": began + i * 15, "val/loss": 1.0} for i in range(2000)
    ]
    events = [row | {"system.gpu.0.gpu": 3.0} for row in rows]
    runs = server.store.project("acme", "gpt").runs.values()
    for run in runs:
        run.system, run.rows, run.event_rows = {"system.gpu.0.gpu": 90.0}, rows, events
        run.summary["_step"] = 1999
    source = plugin(Cloud("acme", "gpt"))
    line = "alert acme/gpt --when 'idle(gpu, 5m)' --when 'mean(val/loss, 5m) > 5'"
    (report,) = grammar.parse(line, fake_env(source)).reports
    (table,) = (block for block in report.blocks if isinstance(block, Table))
    assert {row[1] for row in table.rows} == {"does not hold"}
    assert sum(server.sent.values()) < 6000 * len(runs)
    assert server.data_requests <= 8


@pytest.mark.parametrize(
    ("line", "requests"),
    [
        ("events", 2),
        ("digest", 2),
        ("top", 4),
        ("alert --when 'val/loss>5'", 2),
        ("alert --when 'nan(val/*)'", 3),
    ],
)
def test_no_whole_summaries_or_histories_are_fetched(server, line, requests):
    source = plugin(Cloud("acme", "gpt"))
    command, _, options = line.partition(" ")
    reports: list[Report] = list(
        grammar.parse(f"{command} acme/gpt {options}", fake_env(source)).reports
    )
    assert reports
    sent = sum(n for name, n in server.sent.items() if name.startswith("Wandbwatch"))
    assert sent < MOST * (1.5 if "nan" in line else 1)  # it takes three rows of each
    assert server.data_requests <= requests


def test_a_misspelt_key_is_found_by_names_alone(server):
    source = plugin(Cloud("acme", "gpt"))
    line = "alert acme/gpt --when 'val/los > 5'"
    with pytest.raises(NotFoundError, match="did you mean 'val/loss'"):
        list(grammar.parse(line, fake_env(source)).reports)
    assert server.sent["WandbwatchKeys"] < MOST
    assert server.sent["WandbwatchRuns"] < 2 * MOST


def test_the_best_run_is_found_all_the_same(server):
    query = Query(summary=None, config=(), numbers=True)
    found = plugin(Cloud("acme", "gpt")).runs(query).runs
    assert {tuple(run.summary) for run in found} == {("val/loss",)}
    assert server.counts["WandbwatchKeys"] == server.counts["WandbwatchRuns"] == 1
