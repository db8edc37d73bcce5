"""Through a real Ray."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.experiments.conftest import bench
from tests.launchers import trainings
from tests.launchers.ray import ray

__all__ = ["bench"]
LAUNCHER = "ray job submit --"


@pytest.fixture(scope="module")
def cluster():
    with ray() as environ:
        yield environ


@pytest.fixture(autouse=True)
def _on_it(bench, cluster):
    bench.place.environ.update(cluster)


def test_the_code_is_the_script_s(bench):
    trainings.ends_with_its_own_code(bench, LAUNCHER)


def test_stop_stops_the_job(bench):
    trainings.is_stopped(bench, LAUNCHER)
    words = ["ray", "job", "list"]
    environ = bench.place.environ
    jobs = subprocess.run(words, env=environ, capture_output=True, check=True)
    assert b"RUNNING" not in jobs.stdout


def test_ctrl_c_stops_the_job(bench):
    trainings.is_interrupted(bench, LAUNCHER)


def test_detached_jobs_outlive_their_supervisor(bench):
    trainings.a_batch_outlives_its_supervisor(bench, LAUNCHER, 50, 8)


def test_a_training_leaves_its_run(bench):
    trainings.leaves_a_run(bench, LAUNCHER, sys.executable)
