"""Runs one batch: starts, stops and times out its experiments, and records each end.

It is a process with its own session, so it survives its terminal and the daemon. Its
state is in the ledger, so another supervisor can take over if it is killed.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from wandbwatch.experiments.ledger import Ledger, Messages
from wandbwatch.experiments.processes import adopt_orphans, reap
from wandbwatch.experiments.training import TrainingProcess, recover, start
from wandbwatch.model.errors import StateError
from wandbwatch.model.experiment import Experiment, Phase
from wandbwatch.model.queued_message import QueuedMessage

log = logging.getLogger(__name__)

GRACE = 10.0
"""Seconds from SIGTERM to SIGKILL."""
LINGER = 5.0
"""Seconds for processes that a script leaves behind, such as uploads, to end."""
LOOK = 1.0
"""Seconds between two steps."""
_TIMEOUT = "limit"
"""A request beside those that a user makes: int, term and kill."""


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


@dataclass
class _Running:
    """A running experiment, and what was done to end it."""

    one: Experiment
    training: TrainingProcess
    obeyed: str = ""
    """The last request that was carried out."""
    ending_since: float | None = None
    """When it was signalled to end, in monotonic seconds."""
    gone_since: float | None = None
    """When its first process was seen to be gone, in monotonic seconds."""


class BatchSupervisor:
    def __init__(
        self,
        ledger: Ledger,
        batch: int,
        notifier: EventNotifier,
        environ: Mapping[str, str],
        link: int | None = None,
    ) -> None:
        """*link*: a pipe's file descriptor that closes with the terminal's process."""
        self._ledger = ledger
        self._batch = batch
        self._notifier = notifier
        self._environ = environ
        self._link = link
        self._state = ledger.store.path.parent
        self._running: dict[int, _Running] = {}
        self._wake, self._waker = os.pipe()
        self._ending = False

    def run(self) -> None:
        """Return when every experiment of the batch is over."""
        self._listen()
        adopt_orphans()
        for one in self._ledger.of_batch(self._batch):
            if one.phase is Phase.RUNNING:
                process = self._ledger.process(one)
                training = recover(one, process, self._state, self._environ)
                self._running[one.id] = _Running(one, training)
        while not self._step():
            self._wait()

    def _step(self) -> bool:
        """Carry out what is due; return whether the batch is over and reported."""
        try:
            children = (r.training.child for r in self._running.values())
            reap({child.pid for child in children if child})
            for running in list(self._running.values()):
                self._check(running)
            for one in self._waiting():
                if self._ledger.request(one.id):
                    self._end(one, Phase.STOPPED)
                elif len(self._running) < self._ledger.jobs(self._batch):
                    self._start(one)
            sent = self._notifier.step()
            return sent and not self._running and not self._waiting()
        except StateError as e:
            log.warning("%s", e)  # such as a full disk: wait until it has space
            return False

    def _waiting(self) -> Sequence[Experiment]:
        batch = self._ledger.of_batch(self._batch)
        return [one for one in batch if one.phase is Phase.WAITING]

    def _start(self, one: Experiment) -> None:
        output = self._state / "experiments" / f"{one.id}.log"
        base = Path(self._environ.get("WANDB_DIR") or one.plan.workdir)
        directory = base / "wandb" / f"experiment-{one.id}"
        started = self._ledger.begin(
            one, str(output), str(directory), self._notifier.started
        )
        if started is None:  # stopped in the meantime
            return
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            directory.mkdir(parents=True, exist_ok=True)
            training = start(started, self._state, self._environ)
        except OSError as e:
            error = f"{e.filename}: {e.strerror}" if e.filename else str(e)
            self._end(
                replace(started, reason=f"could not start: {error}"), Phase.FAILED
            )
            return
        self._running[one.id] = _Running(started, training)
        if training.process:
            self._ledger.set_process(started, training.process)
        self._notifier.send()

    def _check(self, running: _Running) -> None:
        """Carry out requests; record the end once all processes are gone."""
        self._obey(running)
        training, now = running.training, time.monotonic()
        if running.ending_since is not None and now - running.ending_since > GRACE:
            training.end(signal.SIGKILL)
        if training.leads:
            return
        if running.gone_since is None:
            running.gone_since = now
        if training.left() and not self._unkillable(running, now):
            if running.ending_since is None and now - running.gone_since > LINGER:
                training.end(signal.SIGTERM)
                running.ending_since = now
            return
        self._finish(running)

    @staticmethod
    def _unkillable(running: _Running, now: float) -> bool:
        """Whether SIGKILL had no effect: a process hangs in the kernel."""
        since = running.ending_since
        return since is not None and now - since > 3 * GRACE

    def _obey(self, running: _Running) -> None:
        request = self._ledger.request(running.one.id)
        if not request and running.ending_since is None and self._overdue(running.one):
            request = _TIMEOUT
        if not request or request == running.obeyed:
            return
        running.obeyed = request
        if request == "int":
            running.training.send(signal.SIGINT)
            return
        kill = request == "kill"
        running.training.end(signal.SIGKILL if kill else signal.SIGTERM)
        running.ending_since = time.monotonic()

    def _overdue(self, one: Experiment) -> bool:
        if one.plan.timeout is None or one.started is None:
            return False
        runtime = self._ledger.store.now() - one.started
        return runtime.total_seconds() > one.plan.timeout

    def _finish(self, running: _Running) -> None:
        code = running.training.code
        one = replace(self._ledger.find(running.one.id), code=code)
        if running.obeyed == _TIMEOUT:
            reason = f"exceeded its timeout of {one.plan.timeout:g} s"
            self._end(replace(one, reason=reason), Phase.TIMED_OUT)
        elif running.obeyed:
            self._end(one, Phase.FINISHED if code == 0 else Phase.STOPPED)
        elif code is None:
            reason = "its supervisor was killed; exit code unknown"
            self._end(replace(one, reason=reason), Phase.LOST)
        else:
            self._end(one, Phase.FAILED if code else Phase.FINISHED)
        del self._running[one.id]

    def _end(self, one: Experiment, phase: Phase) -> None:
        ended = replace(one, phase=phase, ended=self._ledger.store.now())
        again = phase is Phase.FAILED and 0 < one.attempt <= one.plan.retries
        ended, messages = self._notifier.ended(ended, again=again)
        self._ledger.end(ended, Phase.WAITING if again else phase, messages)
        self._notifier.send()

    def _wait(self) -> None:
        watched = [self._wake, *([self._link] if self._link is not None else [])]
        ready, _, _ = select.select(watched, [], [], LOOK)
        if self._wake in ready:
            os.read(self._wake, 4096)
        if self._link in ready and not os.read(self._link, 4096):
            self._link = None
            self._stop_all("its terminal was closed")
        if self._ending:
            self._ending = False
            self._stop_all("its supervisor was stopped")

    def _stop_all(self, reason: str) -> None:
        self._ledger.ask(self._ledger.of_batch(self._batch), "term", reason)

    def _listen(self) -> None:
        """Wake up for each signal. Children would inherit SIG_IGN, but not handlers."""
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)

        def end(*_: object) -> None:
            self._ending = True

        signal.signal(signal.SIGCHLD, lambda *_: None)
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, end)
        for sign in (signal.SIGHUP, signal.SIGQUIT):
            signal.signal(sign, lambda *_: None)
