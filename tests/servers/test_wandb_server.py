"""The server is good enough for the real wandb package, reading and logging."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.servers.wandb import KEY, Fault, Run

READ = """
import json, wandb
api = wandb.Api(timeout=20)
{script}
"""


def read(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", READ.format(script=script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    monkeypatch.setenv("WANDB_X_GRAPHQL_RETRY_MAX", "1")


def test_the_sdk_reads_a_run(wandb_server):
    wandb_server.store.add(
        Run(
            "abc",
            summary={"loss": float("nan")},
            settings={"lr": 0.1},
            system={"system.cpu": 5.0},
            rows=[{"_step": i, "loss": 1.0 / (i + 1)} for i in range(10)],
            event_rows=[{"_runtime": 1.0, "system.cpu": 5.0}],
            console=["one", "two", "three"],
        )
    )
    done = read("""
run = api.run("acme/gpt/abc")
print(json.dumps([run.state, run.summary_metrics, run.config, run.system_metrics]))
print(len(run.history(keys=["loss"], pandas=False)), len(run.history(pandas=False)))
print(run.history(stream="system", pandas=False), api.viewer.username)
print([line.content for line in run.console_logs(last=2)], run.url)
""")
    assert done.stdout.splitlines() == [
        '["finished", {"loss": "NaN"}, {"lr": 0.1}, {"system.cpu": 5.0}]',
        "10 10",
        "[{'_runtime': 1.0, 'system.cpu': 5.0}] alice",
        f"['two', 'three'] {wandb_server.url}/acme/gpt/runs/abc",
    ], done.stderr
    assert wandb_server.counts["Run"] == 1


def test_the_sdk_lists_filters_and_orders_runs(wandb_server):
    wandb_server.store.add(
        *(Run(f"r{i}", summary={"loss": -i}, group=f"g{i % 2}") for i in range(120))
    )
    done = read("""
runs = api.runs("acme/gpt", {"group": "g1"}, "+summary_metrics.loss", per_page=40)
print(len(runs), [run.id for run in runs][:2])
""")
    assert done.stdout == "60 ['r119', 'r117']\n", done.stderr
    assert wandb_server.counts["Runs"] == 2


def test_a_key_that_is_not_known_is_refused(wandb_server, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    assert "user is not logged in" in read("").stderr
    assert not wandb_server.counts


def test_a_fault_strikes_as_often_as_it_was_requested(wandb_server):
    wandb_server.store.add(Run("abc"))
    wandb_server.faults.append(Fault("status", operation="^Run$", status=404, times=1))
    done = read("""
try: api.run("acme/gpt/abc")
except Exception as e: print(e)
print(api.run("acme/gpt/abc").id)
""")
    assert done.stdout == "injected\nabc\n", done.stderr


def test_the_sdk_logs_a_run(wandb_server, log_run):
    where = log_run("""
        import wandb
        settings = dict(entity="acme", project="gpt", id="abc", config={"lr": 0.1})
        with wandb.init(**settings) as run:
            for i in range(3):
                run.log({"loss": i, "bad": float("nan")})
            print("hello")
    """)
    run = wandb_server.store.run("acme/gpt/abc")
    assert (run.state, run.exitcode, run.username) == ("finished", 0, "alice")
    assert [row["loss"] for row in run.rows] == [0, 1, 2]
    assert run.summary["loss"] == 2
    assert run.settings["lr"] == 0.1
    assert any("hello" in line for line in run.console)
    assert "config.yaml" in run.files
    assert list(where.glob("run-*/run-abc.wandb"))
    assert KEY not in str(run)
