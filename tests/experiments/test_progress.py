"""The last line of a terminal: how far what runs is."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from wandbwatch.experiments.progress import ProgressLine, worded
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


def test_one_says_its_time_its_step_and_its_metrics():
    one = an_experiment(1)
    words = "3m 05s, step 1,240, reward 7.5, loss[2J 0.25"
    assert worded([one], [(one, RUN)], NOW) == words
    assert worded([one], [(one, None)], NOW) == "3m 05s, no run yet"


def test_several_are_counted():
    batch = [an_experiment(1, Phase.FAILED), an_experiment(2), an_experiment(3)]
    batch.append(an_experiment(4, Phase.WAITING))
    told = worded(batch, [(batch[1], RUN), (batch[2], None)], NOW)
    assert told.startswith("1 waiting, 2 running, 1 failed | [2] 3m 05s, step 1,240")
    assert told.endswith("| [3] 3m 05s, no run yet")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_gives_way_to_what_is_printed_and_reads_runs_now_and_then():
    asked: list[int] = []

    def newest(one: Experiment) -> Run:
        asked.append(one.id)
        return RUN

    terminal = Terminal()
    line = ProgressLine(terminal, newest)
    line.clear()
    assert terminal.getvalue() == ""
    line.show([an_experiment(1)], NOW)
    line.show([an_experiment(1)], NOW)
    assert asked == [1]
    line.clear()
    line.show([an_experiment(1)], NOW)
    assert asked == [1]
    assert terminal.getvalue().count("step 1,240") == 2
    line.clear()
    assert terminal.getvalue().startswith("\r\x1b[K3m 05s, step 1,240")
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_pipe_has_no_such_line():
    pipe = io.StringIO()
    ProgressLine(pipe, lambda _: RUN).show([an_experiment(1)], NOW)
    assert pipe.getvalue() == ""
