"""Trainings that we start: their plans and their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from wandbwatch.model.memory import LineRound
from wandbwatch.model.report import Report
from wandbwatch.model.run import Json


class Phase(StrEnum):
    """How far an experiment is. All but the first two are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    """With an exit code other than 0, or by a signal that we did not send."""
    STOPPED = "stopped"
    """Stopped on request."""
    TIMED_OUT = "timed out"
    LOST = "lost"
    """Nobody saw how it ended: who looked after it was killed."""

    @property
    def over(self) -> bool:
        return self not in (Phase.WAITING, Phase.RUNNING)


@dataclass(frozen=True)
class Plan:
    """One training to start: a script with one argument."""

    name: str
    """Of ``[experiments.NAME]``, or of the script."""
    script: str
    """Its absolute path."""
    argument: str
    """The JSON that the script gets as its only argument, byte for byte."""
    workdir: str
    """The absolute path of the directory that it is started in."""
    launcher: tuple[str, ...] = ()
    """The words before the script: ``srun --gres=gpu:1``."""
    env: Mapping[str, str] = field(default_factory=dict)
    """What it has in its environment beside ours."""
    channel: str | None = None
    """The channel that its start and end are posted to."""
    timeout: float | None = None
    """Seconds after which it is ended."""
    retries: int = 0
    """How often it is started again after it failed."""
    best: str = ""
    """``KEY:min`` or ``KEY:max``: what its runs are compared by."""
    entity: str = ""
    project: str = ""
    group: str = ""
    """Of its runs; where it is empty they get one of their own."""
    run_id: str = ""
    """Preset where one script is one run, so that it is known from the start."""

    @property
    def parameters(self) -> Mapping[str, Json]:
        import json  # noqa: PLC0415 -- seldom asked for

        read: Mapping[str, Json] = json.loads(self.argument)
        return read


@dataclass(frozen=True)
class Experiment:
    """One plan that was taken on, as the state database knows it."""

    id: int
    batch: int
    """The id of the first of those that were asked for together."""
    plan: Plan
    phase: Phase
    by: str
    """Who asked for it: a user, or ``subscription NAME``."""
    asked: datetime
    attempt: int = 0
    """How often it was started."""
    started: datetime | None = None
    """Of the last attempt."""
    ended: datetime | None = None
    code: int | None = None
    """The exit code, negative for a signal; None if unknown."""
    reason: str = ""
    """Why it was ended, where its code does not say it."""
    pid: int | None = None
    """Of the last attempt's process, the leader of its group."""
    log: str = ""
    """The path of the file that its output goes to."""
    directory: str = ""
    """The path below which its runs leave their files (``WANDB_DIR``)."""
    score: float | None = None
    """What its best run came to, by its plan's ``best``."""
    detached: bool = False
    """Whether it outlives the terminal that it was started from."""

    @property
    def runtime(self) -> float | None:
        """Seconds of its last attempt, once that has ended."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()


class Experiments(Protocol):
    """Starts trainings and looks after them. Raises UsageError and StateError."""

    def start(
        self,
        plans: Sequence[Plan],
        jobs: int,
        /,
        *,
        detached: bool,
        round_: LineRound | None = None,
    ) -> Sequence[Experiment]:
        """Start *plans*, at most *jobs* at once; none if one of them is invalid.

        Plans of a subscription's *round_* are reported in its channel, and started once
        even if the round is repeated. Relative paths of a plan start from the current
        directory.
        """
        ...

    def follow(self, batch: int, /) -> Sequence[Experiment]:
        """Show a batch's output on stderr as it comes, until all of it is over.

        Ctrl-C is passed on; asked for again and again, it kills.
        """
        ...

    def listed(self, limit: int) -> Sequence[Experiment]:
        """Return the newest, the newest first; 0 is all."""
        ...

    def find(self, experiment_id: int, /) -> Experiment:
        """UsageError when there is none."""
        ...

    def stop(self, experiment_id: int, /) -> Experiment:
        """Ask for the end of one; UsageError when it is over."""
        ...

    def retry(self, experiment_id: int, /) -> Experiment:
        """Take on the plan of one that is over once more, detached."""
        ...

    def report(self, experiment_id: int, /) -> Report:
        """Tell of one as it is now."""
        ...

    def printed(self, experiment_id: int, last: int, /) -> Sequence[str]:
        """Return the newest *last* lines of its output, 0: all."""
        ...

    def log(self, experiment_id: int, /) -> Path:
        """Return where its output is, whether it is there yet or not."""
        ...
