"""Through a real Slurm."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


def test_an_error_of_sbatch_is_shown(bench):
    bench.script("exit 0\n")
    options = ("--script", "./run.sh", "--launcher", "sbatch --partition=none")
    done = bench.run("experiment", "{}", *options)
    assert done.returncode == 1
    assert "invalid partition specified: none" in done.stdout
