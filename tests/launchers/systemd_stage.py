"""Through this machine's systemd."""

from __future__ import annotations

import sys

from tests.experiments.conftest import bench
from tests.launchers import trainings
from tests.launchers.systemd import manager

__all__ = ["bench"]
LAUNCHER = " ".join(["systemd-run", *manager(), "--wait", "--collect"])


def test_the_code_is_the_script_s(bench):
    trainings.ends_with_its_own_code(bench, LAUNCHER)


def test_stop_stops_the_unit(bench):
    trainings.is_stopped(bench, LAUNCHER)


def test_ctrl_c_stops_the_unit(bench):
    trainings.is_interrupted(bench, LAUNCHER)


def test_units_outlive_their_supervisor(bench):
    trainings.a_batch_outlives_its_supervisor(bench, LAUNCHER, 12, 6)


def test_a_training_leaves_its_run(bench):
    trainings.leaves_a_run(bench, LAUNCHER, sys.executable)
