"""Through a real Slurm."""

from __future__ import annotations

import subprocess
import sys

import pytest
from wandbwatch.model.experiment import Phase

from tests.experiments.conftest import bench
from tests.launchers import trainings
from tests.launchers.slurm import slurm

__all__ = ["bench"]
LAUNCHERS = pytest.mark.parametrize("launcher", ["sbatch --wait", "srun"])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with slurm(tmp_path_factory.mktemp("slurm") / "here") as environ:
        yield environ


@pytest.fixture(autouse=True)
def _on_it(bench, cluster):
    bench.place.environ.update(cluster)


@pytest.fixture
def queue(bench):
    def listed():
        words = ["squeue", "--noheader"]
        environ = bench.place.environ
        return subprocess.run(words, env=environ, capture_output=True, check=True)

    return listed


@LAUNCHERS
def test_the_code_is_the_script_s(bench, launcher):
    trainings.ends_with_its_own_code(bench, launcher)


@LAUNCHERS
def test_stop_cancels_the_job(bench, launcher, queue):
    trainings.is_stopped(bench, launcher)
    bench.until(lambda: not queue().stdout)


def test_an_alert_cancels_the_job(bench, queue, wandb_server):
    trainings.is_stopped_by_an_alert(bench, "sbatch --wait", wandb_server)
    bench.until(lambda: not queue().stdout)


@LAUNCHERS
def test_ctrl_c_cancels_the_job(bench, launcher, queue):
    trainings.is_interrupted(bench, launcher)
    bench.until(lambda: not queue().stdout)


def test_a_job_with_the_user_s_name_is_cancelled_by_its_number(bench, queue):
    trainings.is_stopped(bench, "sbatch --wait --job-name=mine")
    bench.until(lambda: not queue().stdout)


@LAUNCHERS
def test_a_training_leaves_its_run(bench, launcher):
    trainings.leaves_a_run(bench, launcher, sys.executable)


def test_an_array_outlives_its_supervisor(bench, queue):
    trainings.a_batch_outlives_its_supervisor(bench, "sbatch", 500, 60)
    assert not queue().stdout


def test_a_job_in_the_queue_is_pending(bench, queue):
    bench.script("exit 0\n")
    options = ("--script", "./run.sh", "--launcher", "sbatch --begin=now+1hour")
    bench.run("experiment", "{}", "--detach", "--timeout", "1s", *options)
    bench.until(lambda: bench.one().reason == "BeginTime")
    assert (bench.one().phase, bench.one().started) == (Phase.PENDING, None)
    assert bench.run("stop", "1").returncode == 0
    (one,) = bench.over()
    assert one.phase is Phase.STOPPED
    bench.until(lambda: not queue().stdout)


def test_the_time_limit_of_slurm_is_reported_as_such(bench):
    bench.script("sleep 1000\n")
    options = ("--script", "./run.sh", "--launcher", "sbatch --time=0:01", "--retries")
    done = bench.run("experiment", "{}", *options, "1")
    assert done.returncode == 124
    (one,) = bench.over()
    assert (one.phase, one.attempt) == (Phase.TIMED_OUT, 1)
    assert one.reason == "exceeded the time limit (Slurm: TIMEOUT)"


def test_an_error_of_sbatch_is_shown(bench):
    bench.script("exit 0\n")
    options = ("--script", "./run.sh", "--launcher", "sbatch --partition=none")
    done = bench.run("experiment", "{}", *options)
    assert done.returncode == 1
    assert "invalid partition specified: none" in done.stdout
