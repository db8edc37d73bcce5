"""An alert's actions, by a real daemon that is sometimes killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from wandbwatch.model.experiment import Phase

from tests.daemon.running import PATIENCE, Place, subscription
from tests.experiments.place import Bench
from tests.servers.wandb import KEY, Run

TRAINING = """
import math, pathlib, time, wandb
run = wandb.init(entity="acme", project="gpt", id="abc", name="owl")
for step in range(3000):
    broken = pathlib.Path("broken").exists()
    run.log({"loss": math.nan if broken else 1.0})
    time.sleep(0.1)
"""
HEED = f"""#!{sys.executable}
import json, sys
with open(sys.argv[1], "a") as file:
    print(json.load(sys.stdin)["run"]["id"], file=file)
"""


LAUNCHED = """
import math, pathlib, time, wandb
run = wandb.init(entity="acme", project="gpt")
while True:
    losses = {"broken": math.nan, "high": 9.0}
    named = [loss for name, loss in losses.items() if pathlib.Path(name).exists()]
    run.log({"loss": named[0] if named else 1.0})
    time.sleep(0.1)
"""
LAUNCHER = """
trap 'echo stopped >> launched' TERM
echo "$2" >> launched
"$@" &
wait $!
wait $!
"""


@pytest.fixture
def place(tmp_path, discord_server, wandb_server) -> Place:
    place = Place(tmp_path, discord_server)
    place.environ |= {
        "WANDB_BASE_URL": wandb_server.url,
        "WANDB_API_KEY": KEY,
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_X_GRAPHQL_RETRY_MAX": "1",
        "WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL": "1",
    }
    heed = tmp_path / "heed.py"
    heed.write_text(HEED)
    heed.chmod(0o755)
    command = f"exec {heed} {tmp_path / 'heard'}"
    line = f"alert acme/gpt --when nan(loss) --then stop --then '{command}'"
    place.write(subscription("nan", line, when='interval = "1s"'))
    return place


def heard(place: Place) -> list[str]:
    file = place.directory / "heard"
    return file.read_text().split() if file.exists() else []


def posted(place: Place) -> str:
    return str([message["message"] for message in place.server.messages])


def test_a_training_that_logs_nan_is_stopped(place, wandb_server):
    """W&B's SDK asks each 15 s whether it is to stop, so this takes that long."""
    work = place.directory / "training"
    work.mkdir()
    with (
        subprocess.Popen(
            [sys.executable, "-c", TRAINING], cwd=work, env=place.environ
        ) as training,
        place.start() as daemon,
    ):
        try:
            assert wandb_server.asked("UpsertBucket", PATIENCE)
            seen = wandb_server.counts["WandbwatchRuns"] + 3
            daemon.wait(looked(wandb_server, seen))
            Path(work / "broken").touch()
            broken = time.monotonic()
            training.wait(60)
            took = time.monotonic() - broken
        finally:
            training.kill()
        daemon.wait(lambda: "stopping it" in posted(place))
        daemon.wait(lambda: "command finished" in posted(place))
    run = wandb_server.store.run("acme/gpt/abc")
    assert (run.stops, run.state, heard(place)) == (1, "failed", ["abc"])
    assert took <= 90 - 60, "here a look is a second, and not a minute, after the last"


def test_a_daemon_killed_at_any_moment_acts_at_most_once(place, wandb_server):
    dice = random.Random(5)  # noqa: S311
    names = [f"run{number}" for number in range(3)]
    for name in names:
        wandb_server.store.add(Run(name, state="running", rows=[row(0, 1.0)]))
    beat(wandb_server)
    with place.start() as daemon:
        daemon.wait(looked(wandb_server, 2))
        daemon.end(signal.SIGKILL)
    for name in names:
        with place.start() as daemon:
            asked = wandb_server.counts["WandbwatchRuns"] + 1
            daemon.wait(looked(wandb_server, asked))
            run = wandb_server.store.run(f"acme/gpt/{name}")
            run.rows += [row(step, float("nan")) for step in (1, 2, 3)]
            beat(wandb_server)
            time.sleep(dice.uniform(0.5, 2.5))
            daemon.end(signal.SIGKILL)
    beat(wandb_server)
    with place.start() as daemon:
        for name in names:
            daemon.wait(lambda name=name: posted(place).count(f"{name}: command") >= 1)
            daemon.wait(lambda name=name: f"{name}: stopping it" in posted(place))
    assert len(set(heard(place))) == len(heard(place))
    for name in names:
        stops = wandb_server.store.run(f"acme/gpt/{name}").stops
        assert 1 <= stops <= 2, "asking once more changes nothing"


def test_experiments_are_retried_and_stopped_through_their_launcher(
    place, wandb_server
):
    bench = Bench(place)
    rules = ("nan(loss) --then retry", "'loss > 5' --for 0s --then stop")
    lines = [f"alert acme/gpt --when {rule}" for rule in rules]
    place.write(subscription("acts", *lines, when='interval = "1s"'))
    bench.script(LAUNCHED, "train.py", f"#!{sys.executable}\n")
    launcher = bench.script(LAUNCHER, "launcher.sh")
    words = ("--script", "./train.py", "--launcher", str(launcher), "--detach")
    started = bench.run("experiment", "lr=0.1", *words)
    assert started.returncode == 0, started.stderr
    with place.start() as daemon:
        assert wandb_server.asked("UpsertBucket", PATIENCE)
        daemon.wait(looked(wandb_server, wandb_server.counts["WandbwatchRuns"] + 6))
        (place.directory / "broken").touch()
        daemon.wait(lambda: "retries experiment 1" in posted(place))
        (place.directory / "broken").unlink()
        (place.directory / "high").touch()
        daemon.wait(lambda: "stopping experiment 2" in posted(place))
        one, other = bench.over()
    assert (one.phase, other.phase) == (Phase.STOPPED, Phase.STOPPED)
    assert one.plan == other.plan
    launched = (place.directory / "launched").read_text().splitlines()
    assert launched == ['{"lr": 0.1}', "stopped"] * 2


def test_a_dry_run_reports_the_action_and_takes_none(place, wandb_server):
    wandb_server.store.add(run := Run("owl", state="running", rows=[row(0, 1.0)]))
    beat(wandb_server)
    assert place.wandbwatch("run", str(place.file)).returncode == 0
    run.rows += [row(step, float("nan")) for step in (1, 2, 3)]
    beat(wandb_server)
    rehearsed = place.wandbwatch("run", str(place.file), "--dry-run")
    assert rehearsed.returncode == 0, rehearsed.stderr
    assert "dry run; would do: stop, exec" in rehearsed.stdout
    assert (run.stops, heard(place), posted(place)) == (0, [], "[]")
    assert place.wandbwatch("run", str(place.file)).returncode == 0
    assert (run.stops, heard(place)) == (1, ["owl"])


def looked(wandb_server, times: int) -> Callable[[], bool]:
    return lambda: wandb_server.counts["WandbwatchRuns"] >= times


def row(step: int, loss: float) -> dict[str, float]:
    return {"_step": step, "_timestamp": time.time() - 10 + step, "loss": loss}


def beat(wandb_server) -> None:
    """Let all runs have given a sign of life just now."""
    for project in wandb_server.store.projects.values():
        for run in project.runs.values():
            run.heartbeat_at = datetime.now(UTC).isoformat()
