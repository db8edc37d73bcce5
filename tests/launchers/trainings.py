"""Checks for every launcher: exit code, output, argument, stop and Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from wandbwatch.model.experiment import Experiment, Phase

from tests.daemon.running import PATIENCE, subscription
from tests.experiments.place import Bench
from tests.servers.wandb import KEY
from tests.servers.wandb.server import WandbServer

ODD = '{"lr":  3e-4, "s": "a \\"quoted\\" $(touch pwned) ünï, \\\\"}'
SAYS = 'printf "got %s in %s\\n" "$1" "$WANDB_RUN_GROUP"; exit 7\n'
# Not every launcher keeps the working directory.
WAITS = """\
cd "$WANDB_DIR/../.."
trap 'echo "got SIGTERM" | tee ended; exit 9' TERM
echo begun > begun
while true; do sleep 0.1; done
"""
TRAINS = """\
import json, sys, wandb
run = wandb.init(mode="offline", config=json.loads(sys.argv[1]), project="launched")
for step in range(5):
    run.log({"loss": 1 / (step + 1)})
run.finish()
"""


def ends_with_its_own_code(bench: Bench, launcher: str) -> None:
    bench.script(SAYS)
    options = ("--script", "./run.sh", "--launcher", launcher, "--group", "grp")
    done = bench.run("experiment", ODD, *options)
    assert done.returncode == 7, done.stderr
    assert f"got {ODD} in grp" in done.stderr
    assert not (bench.place.directory / "pwned").exists()
    one = bench.one()
    assert (one.phase, one.code) == (Phase.FAILED, 7)


def leaves_a_run(bench: Bench, launcher: str, python: str) -> None:
    bench.script(TRAINS, "train.py", f"#!{python}\n")
    options = ("--script", "./train.py", "--launcher", launcher, "--best", "loss")
    done = bench.run("experiment", "lr=0.5", *options, "-o", "json")
    assert done.returncode == 0, done.stderr
    assert bench.one().score == 0.2
    assert json.loads(json.dumps(bench.one().plan.parameters)) == {"lr": 0.5}


def is_stopped(bench: Bench, launcher: str) -> Experiment:
    """Stop a running training: its script gets SIGTERM and ends."""
    _start(bench, launcher, "--detach").communicate()
    assert bench.run("stop", "1").returncode == 0
    (one,) = bench.over()
    assert one.phase is Phase.STOPPED
    assert (bench.place.directory / "ended").exists()
    return one


def is_stopped_by_an_alert(
    bench: Bench, launcher: str, server: WandbServer
) -> Experiment:
    """An alert of a daemon ends the job of a training that logs NaN."""
    place = bench.place
    place.environ |= {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY}
    line = "alert acme/gpt --when nan(loss) --then stop"
    place.write(subscription("nan", line, when='interval = "1s"'))
    bench.script(BREAKS, "train.py", f"#!{sys.executable}\n")
    words = ("--script", "./train.py", "--launcher", launcher, "--detach")
    assert bench.run("experiment", "{}", *words).returncode == 0
    with place.start() as daemon:
        assert server.asked("UpsertBucket", PATIENCE)
        looked = server.counts["WandbwatchRuns"] + 3
        daemon.wait(lambda: server.counts["WandbwatchRuns"] >= looked)
        (place.directory / "broken").touch()
        (one,) = bench.over()
        daemon.wait(lambda: "stopping it" in str(place.server.messages))
    assert one.phase is Phase.STOPPED
    return one


def is_interrupted(bench: Bench, launcher: str) -> None:
    """Ctrl-C in the terminal ends the job."""
    following = _start(bench, launcher)
    following.send_signal(signal.SIGINT)
    following.communicate()
    (one,) = bench.over()
    assert one.phase.over
    assert (bench.place.directory / "ended").exists()


BREAKS = """\
import math, pathlib, time, wandb
run = wandb.init(entity="acme", project="gpt")
while True:
    broken = pathlib.Path("broken").exists()
    run.log({"loss": math.nan if broken else 1.0})
    time.sleep(0.1)
"""

_SECONDS = 900.0
"""For hundreds of jobs, on a busy machine."""
COUNTS = """\
#!/bin/sh
n=$(echo "$1" | tr -dc 0-9)
echo "$n" >> "{starts}"
sleep $(( n % 3 ))
exit $(( n % 4 ))
"""


def a_batch_outlives_its_supervisor(
    bench: Bench, launcher: str, count: int, jobs: int
) -> None:
    """Kill everything on the submitting side; each end is known with its code."""
    starts = bench.place.directory / "starts"
    bench.script(COUNTS.format(starts=starts), head="")
    trials = ",".join(map(str, range(count)))
    options = ("--script", "./run.sh", "--launcher", launcher, "--jobs", str(jobs))
    done = bench.run("experiment", f"n=[{trials}]", "--grid", "--detach", *options)
    assert done.returncode == 0, done.stderr
    first = lambda: any(one.phase.over for one in bench.experiments())  # noqa: E731
    bench.until(first, _SECONDS)
    for pid in supervisors(bench):
        os.kill(pid, signal.SIGKILL)
    bench.run("experiments")
    ended = bench.over(_SECONDS)
    assert [one.code for one in ended] == [n % 4 for n in range(count)]
    assert {one.phase for one in ended} <= {Phase.FINISHED, Phase.FAILED}
    started = Counter(starts.read_text().split())
    assert (len(started), max(started.values())) == (count, 1)


def supervisors(bench: Bench) -> list[int]:
    state = os.fsencode(bench.place.state)
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if b"keep" in words and state in words:
                found.append(int(path.parent.name))
    return found


def _start(bench: Bench, launcher: str, *options: str) -> subprocess.Popen[str]:
    bench.script(WAITS)
    words = ("--script", "./run.sh", "--launcher", launcher, *options)
    process = bench.start("experiment", "{}", *words)
    begun: Path = bench.place.directory / "begun"
    bench.until(begun.exists)
    return process
