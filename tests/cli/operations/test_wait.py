"""`wait`: real runs until they end, on this machine and on a server."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest
from wandbwatch.cli import grammar
from wandbwatch.cli.main import _source
from wandbwatch.model.report import Table
from wandbwatch.sources.cloud import session

from tests.fakes import FakeSource, fake_env
from tests.servers.wandb import Fault, Run

FAST = {"WANDB_X_GRAPHQL_RETRY_MAX": "1", "WANDB_X_GRAPHQL_TIMEOUT_SECONDS": "1"}


def waiting(*words: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wandbwatch", "wait", *words],
        env=os.environ | FAST,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def run(place: Path, name: str) -> str:
    (found,) = place.glob(f"wandb/*-{name}")
    return str(found)


def next_line(stream: IO[str] | None) -> str:
    assert stream
    return stream.readline().removeprefix("wandbwatch: ").strip()


def rest(stream: IO[str] | None) -> list[str]:
    assert stream
    with stream:
        return stream.read().splitlines()


@pytest.mark.parametrize(
    ("names", "flags", "code"),
    [
        (["finished"], [], 0),
        (["finished", "failed"], [], 3),
        (["failed", "finished"], ["--any"], 3),
    ],
)
def test_the_exit_code_says_how_runs_ended(local_runs, names, flags, code):
    words = [run(local_runs, name) for name in names]
    waited = waiting(*words, *flags, "-o", "json")
    out, _ = waited.communicate()
    assert waited.returncode == code
    told = json.loads(out)["reports"]
    states = [report["blocks"][0]["items"]["state"] for report in told]
    assert sorted(states) == sorted(names)


def test_a_real_run_that_keeps_running_times_out(running_run):
    running_run.log(1)
    path = run(running_run.directory, "running")
    waited = waiting(path, "--timeout", "0.1s")
    out, err = waited.communicate()
    assert (waited.returncode, out) == (124, "")
    assert "running: running, step" in err
    assert "still running after 0.1s: running" in err


def test_one_of_several_will_do(running_run, local_runs):
    words = (run(running_run.directory, "running"), run(local_runs, "finished"))
    waited = waiting(*words, "--any")
    out, _ = waited.communicate()
    assert waited.returncode == 0
    assert "run/state\tfinished" in out


def test_ctrl_c_ends_it(running_run):
    waited = waiting(run(running_run.directory, "running"))
    assert next_line(waited.stderr).startswith("running: running")
    waited.send_signal(signal.SIGINT)
    assert waited.wait() == 130
    assert rest(waited.stdout) == rest(waited.stderr) == []


def test_runs_of_a_server_are_waited_for_through_an_outage(wandb_server):
    one, two = Run("one", state="running"), Run("two", state="running")
    wandb_server.store.add(one, two)
    waited = waiting("acme/gpt/one", "acme/gpt/two", "--every", "0.1s")
    assert {next_line(waited.stderr) for _ in range(2)} == {
        "one: running",
        "two: running",
    }
    fault = Fault("status", status=500)
    wandb_server.faults.append(fault)
    assert "retrying for" in next_line(waited.stderr)
    with wandb_server.store.lock:
        one.state, two.state = "finished", "crashed"
    wandb_server.faults.remove(fault)
    assert next_line(waited.stderr) == "connected again"
    assert waited.wait() == 3
    assert [line for line in rest(waited.stdout) if "state" in line] == [
        "run/state\tfinished",
        "run/state\tcrashed",
    ]
    assert sorted(rest(waited.stderr)) == [
        "wandbwatch: one: finished",
        "wandbwatch: two: crashed",
    ]


def test_a_terminal_sees_bars_and_scripts_their_lines(local_runs):
    ours, theirs = pty.openpty()
    waited = waiting(run(local_runs, "finished"), "--total", "100", stderr=theirs)
    os.close(theirs)
    out, _ = waited.communicate()
    assert "run/state\tfinished\n" in out
    seen = b""
    try:
        while more := os.read(ours, 4096):
            seen += more
    except OSError:  # its other end is closed
        pass
    os.close(ours)
    assert waited.returncode == 0
    assert b"/100" in seen


FAILING = """
    import wandb
    settings = wandb.Settings(x_stats_sampling_interval=0.1, console="wrap")
    with wandb.init(entity="acme", project="gpt", id="real", settings=settings) as run:
        for step in range(30):
            run.log({"val/loss": 1 / (step + 1)})
        print("working", flush=True)
        raise ValueError("no such shape: 3x4")
"""


def test_a_real_run_of_a_server_ends_and_is_reported(log_run):
    log_run(FAILING)
    waited = waiting("acme/gpt/real", "-o", "json")
    out, _ = waited.communicate()
    assert waited.returncode == 3
    (told,) = json.loads(out)["reports"]
    assert told["blocks"][0]["items"]["state"] == "failed"
    session.forget()
    env = replace(fake_env(FakeSource()), source=_source, now=lambda: datetime.now(UTC))
    line = "digest acme/gpt --since 1h --best val/loss:min"
    (digest,) = grammar.parse(line, env).reports
    tables = {b.title: b.rows for b in digest.blocks if isinstance(b, Table)}
    assert [row[1] for row in tables["best"]] == ["real"]
    assert [row[2] for row in tables["ended"]] == ["real"]
    assert [str(row[0]) for row in tables["failures"]] == [
        "ValueError: no such shape: 3x4"
    ]
