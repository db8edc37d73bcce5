"""How a training ended, as its process, its engine and our requests tell. Pure.

With the protocols of what a supervisor works with.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from wandbwatch.experiments import launchers
from wandbwatch.experiments.engine_job import EngineJob
from wandbwatch.experiments.launchers import Answer, Launch
from wandbwatch.experiments.ledger import Messages
from wandbwatch.experiments.processes import Process
from wandbwatch.experiments.reports import exit_status
from wandbwatch.model.delivery import QueuedMessage
from wandbwatch.model.experiment import Cause, Experiment, Phase

EQUAL_FAILURES = 5
"""This many equal failures at its start hold a batch."""
HOLD = "hold"
TIMEOUT = "limit"
"""A request beside those that a user makes: int, term and kill."""


class Training(Protocol):
    """One attempt: a process here, or a job of an engine."""

    code: int | None
    answer: Answer | None
    """What its engine said last; None: unknown, or it has no engine."""

    @property
    def child(self) -> subprocess.Popen[bytes] | None: ...

    @property
    def process(self) -> Process | None: ...

    @property
    def leads(self) -> bool:
        """Whether it waits or runs, as far as is known."""
        ...

    def left(self) -> list[int]:
        """List the pids of its processes here."""
        ...

    def send(self, sign: signal.Signals, /) -> None: ...

    def end(self, sign: signal.Signals, /) -> None: ...

    def close(self) -> None: ...


class EventNotifier(Protocol):
    """Makes the messages on starts and ends, and has them sent."""

    def started(self, one: Experiment, /) -> Sequence[QueuedMessage]:
        """Return the messages on the start of *one*."""
        ...

    def ended(self, one: Experiment, /, *, again: bool) -> tuple[Experiment, Messages]:
        """Return *one* with its score, and the messages on its end.

        *again*: another attempt follows.
        """
        ...

    def send(self) -> None:
        """Start to send the queued messages."""
        ...

    def step(self) -> bool:
        """Continue sending; return whether that is done."""
        ...


def bare_launch(one: Experiment) -> Launch:
    """Return a launch that only has the words of its launcher."""
    return Launch(one.plan.launcher, one.plan.script, "", "", "")


def rejected_because(training: Training) -> str:
    return training.rejected if isinstance(training, EngineJob) else ""


@dataclass(frozen=True)
class Outcome:
    phase: Phase
    reason: str = ""
    cause: Cause | None = None
    """The ends that may be worth another attempt."""


def outcome(  # noqa: PLR0911 -- a return for each way to end
    one: Experiment, training: Training, obeyed: str
) -> Outcome:
    """Return how *training*, which has ended, ended; *obeyed*: the last request."""
    code = training.code
    if obeyed == TIMEOUT:
        reason = f"exceeded its timeout of {one.plan.timeout:g} s"
        return Outcome(Phase.TIMED_OUT, reason, Cause.TIMEOUT)
    if obeyed == HOLD and one.started is None:
        return Outcome(Phase.HELD)
    if obeyed:
        return Outcome(Phase.FINISHED if code == 0 else Phase.STOPPED)
    if rejected := rejected_because(training):
        reason = f"could not start: {rejected.splitlines()[-1][:300]}"
        return Outcome(Phase.FAILED, reason, Cause.FAILED)
    engine = launchers.engine(bare_launch(one))
    answer = training.answer
    if answer and answer.cause:
        phase, words = _CAUSES[answer.cause]
        reason = f"{words} ({engine}: {answer.reason})"
        return Outcome(phase, reason, answer.cause)
    if code is None:
        why = "its supervisor was killed; exit code unknown"
        if engine:
            why = f"{engine} has no record of how it ended"
        return Outcome(Phase.LOST, why, Cause.LOST)
    return Outcome(
        Phase.FAILED if code else Phase.FINISHED,
        cause=Cause.FAILED if code else None,
    )


def hold_reason(batch: Sequence[Experiment]) -> str:
    """Say why the rest of *batch* is held; empty if it is not."""
    ended = [one for one in batch if one.phase.over]
    ways = {(one.phase, one.code, one.reason) for one in ended}
    if len(ended) < EQUAL_FAILURES or len(ways) > 1:
        return ""
    one = ended[0]
    if one.phase not in (Phase.FAILED, Phase.TIMED_OUT):
        return ""
    how = one.reason or exit_status(one)
    return f"the first {len(ended)} all failed: {how}"


_CAUSES = {
    Cause.TIMEOUT: (Phase.TIMED_OUT, "exceeded the time limit"),
    Cause.OOM: (Phase.FAILED, "ran out of memory"),
    Cause.PREEMPTED: (Phase.FAILED, "was preempted"),
    Cause.NODE_FAIL: (Phase.FAILED, "its node failed"),
    Cause.CANCELLED: (Phase.STOPPED, "cancelled"),
}
"""The phase and the words for what an engine says."""
