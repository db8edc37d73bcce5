"""What every launcher has to hold: codes, output, the argument, an end when asked."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from wandbwatch.model.experiment import Experiment, Phase

from tests.experiments.place import Bench

ODD = '{"lr":  3e-4, "s": "a \\"quoted\\" $(touch pwned) ünï, \\\\"}'
SAYS = 'printf "got %s in %s\\n" "$1" "$WANDB_RUN_GROUP"; exit 7\n'
# Not every launcher starts it where it was asked for.
WAITS = """\
cd "$WANDB_DIR/../.."
trap 'echo "asked to end" | tee ended; exit 9' TERM
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
    """Stop one that runs; its script is asked gently, and is gone."""
    begun = _begun(bench, launcher, "--detach")
    begun.communicate()
    assert bench.run("stop", "1").returncode == 0
    (one,) = bench.over()
    assert one.phase is Phase.STOPPED
    assert (bench.place.directory / "ended").exists()
    return one


def is_interrupted(bench: Bench, launcher: str) -> None:
    """Ctrl-C in the terminal ends what runs elsewhere."""
    following = _begun(bench, launcher)
    following.send_signal(signal.SIGINT)
    following.communicate()
    (one,) = bench.over()
    assert one.phase.over
    assert (bench.place.directory / "ended").exists()


def _begun(bench: Bench, launcher: str, *options: str) -> subprocess.Popen[str]:
    bench.script(WAITS)
    words = ("--script", "./run.sh", "--launcher", launcher, *options)
    process = bench.started("experiment", "{}", *words)
    begun: Path = bench.place.directory / "begun"
    bench.until(begun.exists)
    return process
