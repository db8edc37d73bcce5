"""The watcher: one process for all batches whose jobs an engine keeps."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from wandbwatch.experiments import supervisor_process
from wandbwatch.model.experiment import Phase

from tests.experiments.test_engines import Slurm, slurm, start
from tests.launchers.trainings import supervisors

__all__ = ["slurm"]
BATCHES = 4


def _start_batches(bench, count: int = BATCHES) -> None:
    for number in range(count):
        start(bench, f"n={number}", "--to", "lab")
    bench.until(lambda: all(_watched(bench, one.batch) for one in bench.experiments()))
    bench.until(lambda: len(supervisors(bench)) == 1)


def _watched(bench, batch: int) -> bool:
    return supervisor_process.watched(bench.place.state, batch)


def _running(bench) -> bool:
    return all(one.phase is Phase.RUNNING for one in bench.experiments())


def test_one_process_and_one_question_watch_all_batches(bench, slurm: Slurm):
    slurm.say(0, "RUNNING 0 None")
    _start_batches(bench)
    bench.until(lambda: _running(bench))
    (question,) = {q for q in slurm.calls("squeue") if q.count("wandbwatch-B") > 3}
    assert question.count("--name=") == 1
    slurm.say(0, "FAILED 1792 NonZeroExitCode")
    ended = bench.over()
    assert [(one.phase, one.code) for one in ended] == [(Phase.FAILED, 7)] * BATCHES
    assert len(bench.posted(2 * BATCHES)) == 2 * BATCHES
    bench.until(lambda: not supervisors(bench))


def test_one_process_takes_over_all_batches(bench, slurm: Slurm):
    slurm.say(0, "RUNNING 0 None")
    _start_batches(bench)
    bench.until(lambda: _running(bench))
    (watcher,) = supervisors(bench)
    os.kill(watcher, signal.SIGKILL)
    bench.until(lambda: not supervisors(bench))
    slurm.say(0, "COMPLETED 0 None")
    bench.run("experiments")
    bench.until(lambda: all(_watched(bench, n + 1) for n in range(BATCHES)))
    assert len(supervisors(bench)) == 1
    assert {one.phase for one in bench.over()} == {Phase.FINISHED}


def test_a_batch_keeps_the_environment_that_it_was_started_with(bench, slurm: Slurm):
    """The watcher was started with another one."""
    slurm.say(0, "RUNNING 0 None")
    _start_batches(bench, 1)
    bench.place.environ["ONLY_HERE"] = "yes"
    start(bench, "n=2")
    bench.until(lambda: len(slurm.calls("sbatch")) == 2)
    assert "ONLY_HERE=yes" in slurm.environment()
    slurm.say(0, "COMPLETED 0 None")
    bench.over()


def test_a_broken_watch_toml_ends_no_watcher(bench, slurm: Slurm):
    slurm.say(0, "RUNNING 0 None")
    _start_batches(bench, 1)
    bench.until(lambda: bench.one().phase is Phase.RUNNING)
    watch_toml: Path = bench.place.file
    sound = watch_toml.read_text()
    start(bench, "n=2")
    watch_toml.write_text("[")
    (watcher,) = supervisors(bench)[:1]
    bench.until(lambda: supervisors(bench) == [watcher])
    watch_toml.write_text(sound)
    bench.run("experiments")
    slurm.say(0, "COMPLETED 0 None")
    assert {one.phase for one in bench.over()} == {Phase.FINISHED}
