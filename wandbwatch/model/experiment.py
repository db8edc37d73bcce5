"""Experiments: how they are configured, their plans and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from pathlib import Path
from typing import Protocol

from wandbwatch.model.memory import LineRound
from wandbwatch.model.report import Report
from wandbwatch.model.run import Json


class ParameterType(Enum):
    """Types of values, as TOML and JSON name them."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    STRING = "string"
    LIST = "list"
    TABLE = "table"


@dataclass(frozen=True)
class ParameterRule:
    """The allowed values of one hyperparameter; None allows anything."""

    kind: ParameterType | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[Json, ...] | None = None
    default: Json = None
    """The default; None: no default."""
    required: bool = False


@dataclass(frozen=True)
class Schema:
    """The rules by the parameters' paths. Without rules, everything is accepted."""

    rules: Mapping[tuple[str, ...], ParameterRule] = field(default_factory=dict)


@dataclass(frozen=True)
class ExperimentConfig:
    """One ``[experiments.NAME]``."""

    name: str
    script: str
    """Its absolute path."""
    workdir: str
    """The absolute path of the directory that it is started in."""
    launcher: tuple[str, ...] = ()
    """The words before the script."""
    schema: Schema = field(default_factory=Schema)
    jobs: int = 1
    """How many experiments of one batch run at once."""
    env: Mapping[str, str] = field(default_factory=dict)
    channel: str | None = None
    timeout: timedelta | None = None
    retries: int = 0
    best: str = ""
    """``KEY:min`` or ``KEY:max``."""
    entity: str = ""
    project: str = ""
    group: str = ""
    one_run: bool = False
    """Whether the script makes one W&B run, whose id can be preset then."""


class Phase(StrEnum):
    """The state of an experiment."""

    WAITING = "waiting"
    """Not started yet: other experiments of its batch run first."""
    PENDING = "pending"
    """Submitted: waits in the queue of an engine such as Slurm."""
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    """Ended with a non-zero exit code, or by a signal that we did not send."""
    STOPPED = "stopped"
    """Stopped on request."""
    TIMED_OUT = "timed out"
    LOST = "lost"
    """Its end is unknown: its supervisor died, and no engine knows."""
    HELD = "held"
    """Not started: the first of its batch all failed the same way."""

    @property
    def over(self) -> bool:
        return self not in (Phase.WAITING, Phase.PENDING, Phase.RUNNING)


class Cause(StrEnum):
    """What ended an experiment; some causes are worth a retry."""

    FAILED = "failed"
    """Its own exit code."""
    TIMEOUT = "timeout"
    OOM = "oom"
    PREEMPTED = "preempted"
    NODE_FAIL = "node_fail"
    LOST = "lost"
    CANCELLED = "cancelled"


RETRIED = (Cause.FAILED, Cause.PREEMPTED, Cause.NODE_FAIL)
"""The causes that ``--retries`` retries, including jobs that an engine lost."""
RETRYABLE = (*RETRIED, Cause.TIMEOUT, Cause.OOM, Cause.LOST)
"""The words of ``--retry-on``."""


@dataclass(frozen=True)
class Plan:
    """One experiment to start: a script with one argument."""

    name: str
    """Of ``[experiments.NAME]``, or of the script."""
    script: str
    """Its absolute path."""
    argument: str
    """The JSON that the script gets as its only argument, byte for byte."""
    workdir: str
    """The absolute path of its working directory."""
    launcher: tuple[str, ...] = ()
    """The words before the script: ``srun --gres=gpu:1``."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Its environment variables in addition to ours."""
    channel: str | None = None
    """The channel that its start and end are posted to."""
    timeout: float | None = None
    """Seconds of running after which it is stopped."""
    retries: int = 0
    """The number of further attempts after a failure."""
    best: str = ""
    """``KEY:min`` or ``KEY:max``: the metric that its runs are compared by."""
    entity: str = ""
    project: str = ""
    group: str = ""
    """The W&B group of its runs; if empty, they get one of their own."""
    run_id: str = ""
    """Preset for a script that makes one run, so that it is known from the start."""
    retry_on: tuple[str, ...] = ()
    """Further causes of an end (`Cause`) that start another attempt."""
    gpus: tuple[int, ...] = ()
    """The GPUs that its batch uses; empty: CUDA_VISIBLE_DEVICES stays as it is."""
    gpus_per_run: int = 1
    account: str = ""
    """The account of watch.toml whose key and server it gets."""
    configured: bool = False
    """Whether *name* is that of an experiment of watch.toml."""

    @property
    def parameters(self) -> Mapping[str, Json]:
        import json  # noqa: PLC0415 -- seldom asked for

        read: Mapping[str, Json] = json.loads(self.argument)
        return read


@dataclass(frozen=True)
class Experiment:
    """One experiment in the state database: its plan and its state."""

    id: int
    batch: int
    """The id of its batch's first experiment."""
    plan: Plan
    phase: Phase
    by: str
    """Who started it: a user, or ``subscription NAME``."""
    asked: datetime
    attempt: int = 0
    """The number of starts so far."""
    started: datetime | None = None
    """When the last attempt began to run."""
    ended: datetime | None = None
    code: int | None = None
    """The exit code, negative for a signal; None if unknown."""
    reason: str = ""
    """What ended it, if its code does not say it; while pending, why it waits."""
    pid: int | None = None
    """Of the last attempt's process, the leader of its group."""
    log: str = ""
    """The path of the file that its output goes to."""
    directory: str = ""
    """The path below which its runs leave their files (``WANDB_DIR``)."""
    score: float | None = None
    """The best value among its runs of its plan's ``best`` metric."""
    detached: bool = False
    """Whether it survives the terminal that it was started from."""
    job: str = ""
    """Its job in an engine, as ``NAME/INDEX/ID``; empty: its process is here."""
    gpus: str = ""
    """The GPUs that it uses, as in CUDA_VISIBLE_DEVICES."""

    @property
    def runtime(self) -> float | None:
        """The duration of its last attempt in seconds, once that has ended."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()


class Experiments(Protocol):
    """Starts experiments and watches them. Raises UsageError and StateError."""

    def start(
        self,
        plans: Sequence[Plan],
        jobs: int,
        /,
        *,
        detached: bool,
        round_: LineRound | None = None,
    ) -> Sequence[Experiment]:
        """Start *plans*, at most *jobs* at once; none at all if a plan is invalid.

        Plans of a subscription's *round_* are reported in its channel, and started once
        even if the round is repeated. Relative paths of a plan start from the current
        directory.
        """
        ...

    def follow(self, batch: int, /) -> Sequence[Experiment]:
        """Show a batch's output on stderr as it comes, until the batch has ended.

        Ctrl-C is passed on to the experiments; repeated, it kills them.
        """
        ...

    def listed(self, limit: int) -> Sequence[Experiment]:
        """Return the newest experiments, newest first; 0 is all."""
        ...

    def find(self, experiment_id: int, /) -> Experiment:
        """UsageError when there is none."""
        ...

    def select(self, words: Sequence[str], /) -> Sequence[Experiment]:
        """Return the experiments that ``7`` and ``B3`` name. UsageError."""
        ...

    def of_run(self, run_id: str, /) -> Experiment | None:
        """Return the experiment whose run has this id; run ids are random."""
        ...

    def stop(self, words: Sequence[str], /) -> Sequence[Experiment]:
        """Stop the experiments that *words* name; without words, all.

        Raises UsageError if they have ended already.
        """
        ...

    def retry(
        self,
        words: Sequence[str],
        /,
        *,
        failed: bool = False,
        channel: str | None = None,
        detached: bool = True,
    ) -> Sequence[Experiment]:
        """Start the plans of ended experiments again, as a new batch.

        *failed*: only those that failed, timed out, were lost or held.
        """
        ...

    def attend(self) -> None:
        """Start a supervisor for batches whose supervisor died."""
        ...

    def listing(self, limit: int, /) -> Report:
        """Report the newest experiments and why they failed; 0 is all."""
        ...

    def batch_report(self, batch: int, /) -> Report:
        """Report on a batch: its progress, or its ranked result."""
        ...

    def report(self, experiment_id: int, /) -> Report:
        """Report the current state of one experiment."""
        ...

    def printed(
        self, experiment_id: int, last: int, /, *, whole: bool = False
    ) -> Sequence[str]:
        """Return the last *last* lines of its output; 0: all.

        *whole*: without a last line that has no end yet.
        """
        ...

    def log(self, experiment_id: int, /) -> Path:
        """Return the path of its output, whether the file exists yet or not."""
        ...
