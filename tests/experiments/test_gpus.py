"""GPUs for local batches; nvidia-smi is a stand-in on PATH."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from wandbwatch.experiments import training
from wandbwatch.experiments.plan import read_gpus
from wandbwatch.model.experiment import Phase

from tests.launchers.trainings import supervisors

SMI = """\
#!/bin/bash
case $1 in
--query-gpu=*) for n in 0 1 2 3; do echo "$n, GPU-$n"; done;;
*) cat "$(dirname "$0")/computing" 2>/dev/null || true;;
esac
"""
BODY = """
for gpu in ${CUDA_VISIBLE_DEVICES//,/ }; do
    mkdir "gpu-$gpu" || { echo "two on $gpu" >> clash; exit 9; }
done
echo "$CUDA_VISIBLE_DEVICES" >> used
sleep 0.$((RANDOM % 4))
for gpu in ${CUDA_VISIBLE_DEVICES//,/ }; do rmdir "gpu-$gpu"; done
"""


@pytest.fixture
def smi(bench, tmp_path):
    directory = tmp_path / "bin"
    directory.mkdir()
    program = directory / "nvidia-smi"
    program.write_text(SMI)
    program.chmod(0o755)
    bench.place.environ["PATH"] = f"{directory}:{os.environ['PATH']}"
    return directory


def start(bench, count: int, *words: str) -> None:
    trials = f"n=[{','.join(map(str, range(count)))}]"
    options = ("--grid", "--script", "./run.sh", "--detach", *words)
    done = bench.run("experiment", trials, *options)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0-3", (0, 1, 2, 3)), ("0,2", (0, 2)), ("0-1,4-5", (0, 1, 4, 5)), ("7", (7,))],
)
def test_a_list_of_gpus_is_read(text, expected):
    assert read_gpus(text) == expected


@pytest.mark.parametrize("text", ["", "a", "0-", "1,1", "3-1", "-1"])
def test_a_wrong_list_of_gpus_is_refused(text):
    with pytest.raises(ValueError, match="GPU"):
        read_gpus(text)


def test_free_gpus_are_neither_taken_nor_busy():
    assert training.free_gpus((0, 1, 2, 3), 2, {0}, {2}) == "1,3"
    assert training.free_gpus((0, 1, 2, 3), 2, {0, 1}, {2}) == ""


@pytest.mark.usefixtures("smi")
def test_no_gpu_has_two_trainings_although_supervisors_are_killed(bench):
    bench.script(BODY)
    start(bench, 24, "--gpus", "0-3", "--gpus-per-run", "2")
    start(bench, 6, "--gpus", "0-3")
    moments = random.Random(3)  # noqa: S311 -- the same moments each time
    killed = 0
    for _ in range(4):
        time.sleep(moments.uniform(0.1, 0.5))
        for pid in supervisors(bench):
            os.kill(pid, signal.SIGKILL)
            killed += 1
        bench.run("experiments")
    ended = bench.over()
    assert {one.phase for one in ended} <= {Phase.FINISHED, Phase.LOST}
    assert not (bench.place.directory / "clash").exists()
    used = (bench.place.directory / "used").read_text().split()
    # A supervisor killed between a start's record and its process loses that one.
    assert 30 - killed <= len(used) <= 30
    assert sum(one.phase is Phase.FINISHED for one in ended) <= len(used)
    assert {"0,1", "2,3"} <= set(used)


def test_gpus_with_the_work_of_others_are_skipped(bench, smi):
    (smi / "computing").write_text("GPU-0, 4711\nGPU-2, 4712\n")
    bench.script(BODY)
    start(bench, 4, "--gpus", "0-3")
    bench.over()
    used = set((bench.place.directory / "used").read_text().split())
    assert used == {"1", "3"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--gpus", "0-1", "--gpus-per-run", "3"), "--gpus names only 2"),
        (("--gpus-per-run", "3"), "--gpus-per-run needs --gpus"),
        (("--gpus", "x"), "is not a list of GPUs"),
        (("--gpus", "0", "--launcher", "sbatch"), "sbatch --gres=gpu:1"),
    ],
)
def test_impossible_gpus_are_refused(bench, words, complaint):
    bench.script("exit 0\n")
    done = bench.run("experiment", "--script", "./run.sh", *words)
    assert (done.returncode, bench.experiments()) == (2, [])
    assert complaint in done.stderr
