"""The progress line at the end of a terminal's output."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from wandbwatch.experiments.output import ProgressLine, progress
from wandbwatch.model.experiment import Experiment, Phase, Plan
from wandbwatch.model.run import Run, State

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(minutes=3, seconds=5)
PLAN = Plan("ppo", "/s", "{}", "/w", best="reward:max")
RUN = Run(
    "r",
    "r",
    State.RUNNING,
    last_step=1240,
    summary={"reward": 7.5, "loss\x1b[2J": 0.25},
)


def an_experiment(number: int, phase: Phase = Phase.RUNNING) -> Experiment:
    return Experiment(number, 1, PLAN, phase, "me", START, started=START)


def test_progress_has_runtime_step_and_metrics():
    one = an_experiment(1)
    words = "3m 05s, step 1,240, reward 7.5, loss[2J 0.25"
    assert progress([one], [(one, RUN)], NOW) == words
    assert progress([one], [(one, None)], NOW) == "3m 05s, no run yet"


def test_several_experiments_are_counted_by_phase():
    batch = [an_experiment(1, Phase.FAILED), an_experiment(2), an_experiment(3)]
    batch.append(an_experiment(4, Phase.WAITING))
    text = progress(batch, [(batch[1], RUN), (batch[2], None)], NOW)
    assert text.startswith("1 waiting, 2 running, 1 failed | [2] 3m 05s, step 1,240")
    assert text.endswith("| [3] 3m 05s, no run yet")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_can_be_cleared_and_rarely_reads_runs():
    reads: list[int] = []

    def newest(one: Experiment) -> Run:
        reads.append(one.id)
        return RUN

    terminal = Terminal()
    line = ProgressLine(terminal, newest)
    line.clear()
    assert terminal.getvalue() == ""
    line.show([an_experiment(1)], NOW)
    line.show([an_experiment(1)], NOW)
    assert reads == [1]
    line.clear()
    line.show([an_experiment(1)], NOW)
    assert reads == [1]
    assert terminal.getvalue().count("step 1,240") == 2
    line.clear()
    assert terminal.getvalue().startswith("\r\x1b[K3m 05s, step 1,240")
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_pipe_has_no_progress_line():
    pipe = io.StringIO()
    ProgressLine(pipe, lambda _: RUN).show([an_experiment(1)], NOW)
    assert pipe.getvalue() == ""
