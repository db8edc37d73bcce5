"""Supervises one batch: starts, stops and times out its experiments, records each end.

Its state is in the ledger, so another supervisor can take over if it is killed.
`watcher` has the process.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from wandbwatch.delivery.outbox import Outbox
from wandbwatch.experiments import launchers
from wandbwatch.experiments.engine import JobEngine
from wandbwatch.experiments.engine_job import EngineJob, Submitter
from wandbwatch.experiments.launchers import JobState
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.outcomes import (
    HOLD,
    TIMEOUT,
    EventNotifier,
    Training,
    bare_launch,
    hold_reason,
    outcome,
    rejected_because,
)
from wandbwatch.experiments.output import cap_log
from wandbwatch.experiments.training import (
    Nvidia,
    TrainingProcess,
    free_gpus,
    recover,
    start,
)
from wandbwatch.model.errors import StateError
from wandbwatch.model.experiment import RETRIED, Cause, Experiment, Phase

log = logging.getLogger(__name__)

GRACE = 10.0
"""Seconds from SIGTERM to SIGKILL."""
LINGER = 5.0
"""Seconds for processes that a script leaves behind, such as uploads, to end."""
RELEASE = 10.0
"""Seconds after an end in which a GPU may still look busy with that training."""
RESUBMIT = 20.0
"""Seconds until a submission is repeated that never reached its engine."""


@dataclass
class _Running:
    """A submitted or running experiment, and what was done to end it."""

    one: Experiment
    training: Training
    obeyed: str = ""
    """The last request that was carried out."""
    ending_since: float | None = None
    """When it was signalled to end, in monotonic seconds."""
    gone_since: float | None = None
    """When its first process was seen to be gone, in monotonic seconds."""
    held: str = ""
    """Why it is taken out of its queue before it runs."""
    since: float = field(default_factory=time.monotonic)
    search_at: float = 0.0
    """When its runs are looked for in its processes, in monotonic seconds."""


class BatchSupervisor:
    def __init__(
        self,
        ledger: Ledger,
        batch: int,
        notifier: EventNotifier,
        environ: Mapping[str, str],
        engine: JobEngine,
    ) -> None:
        """*environ*: of the trainings. *engine* keeps its jobs, if one does."""
        self._ledger = ledger
        self._batch = batch
        self._notifier = notifier
        self._environ = environ
        self._state = ledger.store.path.parent
        self._log_size = Outbox(ledger.store).keep().log_size
        self._engine = engine
        self._submitter = Submitter(ledger, engine, environ)
        self._nvidia = Nvidia(environ)
        self._running: dict[int, _Running] = {}
        self._leaving = False
        self._stop_reason = ""
        """Why all of it is to be stopped, until that is in the ledger."""
        self._submit_after = 0.0
        self._last_end = float("-inf")
        self.impatient = False
        """Whether `step` is due soon although nothing has ended."""

    def take_over(self) -> None:
        """Continue what another supervisor has started."""
        for one in self._ledger.of_batch(self._batch):
            if one.phase in (Phase.PENDING, Phase.RUNNING):
                self._running[one.id] = _Running(one, self._recover(one))

    @property
    def children(self) -> Iterator[int]:
        """The pids of its processes that are not the engine's questions."""
        children = (running.training.child for running in self._running.values())
        yield from (child.pid for child in children if child)
        yield from self._submitter.children

    @property
    def descriptors(self) -> Iterator[int]:
        """Become readable when a training ends whose process is not our child."""
        for running in self._running.values():
            training = running.training
            if isinstance(training, TrainingProcess) and running.gone_since is None:
                yield from () if (one := training.descriptor) is None else (one,)

    def leave(self) -> None:
        """Start nothing more: its jobs continue without us, as after a reboot."""
        self._leaving = True

    def stop(self, reason: str) -> None:
        """Stop all of it, at once even if the ledger's disk is full."""
        self._stop_reason = reason

    def _recover(self, one: Experiment) -> Training:
        if one.job:
            return self._submitter.recover(one)
        process = self._ledger.process(one)
        return recover(one, process, self._state, self._environ, self._engine)

    def step(self) -> bool:
        """Carry out what is due; return whether the batch is over and reported."""
        self.impatient = False
        try:
            self._submitter.step()
            for running in self._running.values():
                self._obey(running)
            for running in list(self._running.values()):
                self._check(running)
            if self._stop_reason:
                batch = self._ledger.of_batch(self._batch)
                self._ledger.ask(batch, "term", self._stop_reason)
                self._stop_reason = ""
            waiting = not self._leaving and self._start_waiting()
            sent = self._notifier.step()
        except (StateError, OSError) as e:
            log.warning("%s", e)  # such as a full disk: wait until it has space
            return False
        return sent and (self._leaving or not (self._running or waiting))

    def _start_waiting(self) -> bool:
        """Start what may start; return whether anything waited."""
        first = self._ledger.waiting(self._batch, 1)
        for one in self._ledger.withdrawn(self._batch):  # read last: it misses no stop
            self._end(one, Phase.STOPPED)
        if not first:
            return False
        free = self._ledger.jobs(self._batch) - len(self._running)
        if time.monotonic() < self._submit_after:
            return True
        launch = bare_launch(first[0])
        if launchers.array(launch):
            self._submit_array(free)
            return True
        submitted = launchers.submits(launch, detached=first[0].detached)
        for one in self._ledger.waiting(self._batch, max(free, 0)):
            if not submitted:
                self._start(one)
            elif job := self._submitter.single(one, self._log(one), self._runs(one)):
                self._running[one.id] = _Running(*job)
        return True

    def _submit_array(self, free: int) -> None:
        """Submit all that wait; while others run, only as many as may run with them."""
        most = max(free, 0) if self._running else -1
        if not (waiting := self._ledger.waiting(self._batch, most)):
            return
        at_once = min(self._ledger.jobs(self._batch), len(waiting))
        base = self._base(waiting[0])
        for one, job in self._submitter.array(waiting, at_once, base):
            self._running[one.id] = _Running(one, job)

    def _log(self, one: Experiment) -> Path:
        return self._state / "experiments" / f"{one.id}.log"

    def _base(self, one: Experiment) -> Path:
        return Path(self._environ.get("WANDB_DIR") or one.plan.workdir)

    def _runs(self, one: Experiment) -> Path:
        return self._base(one) / "wandb" / f"experiment-{one.id}"

    def _start(self, one: Experiment) -> None:
        output, directory = self._log(one), self._runs(one)
        busy = self._nvidia.busy() if one.plan.gpus else ()
        if busy is None:  # it does not answer: ask again
            return
        plan = one.plan
        started = self._ledger.begin(
            one,
            str(output),
            str(directory),
            self._notifier.started,
            pending=launchers.queues(bare_launch(one)),
            gpus=(
                (lambda taken: free_gpus(plan.gpus, plan.gpus_per_run, taken, busy))
                if plan.gpus
                else None
            ),
        )
        if started is None:  # stopped in the meantime, or no GPU is free
            self.impatient = time.monotonic() - self._last_end < RELEASE
            return
        try:
            Path(plan.workdir).stat()  # or the next would make it again
            output.parent.mkdir(parents=True, exist_ok=True)
            directory.mkdir(parents=True, exist_ok=True)
            training = start(started, self._state, self._environ, self._engine)
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
        """Look after one; record its end once all its processes are gone."""
        training, now = running.training, time.monotonic()
        leads = training.leads
        if not leads or isinstance(training, TrainingProcess):
            cap_log(running.one.log, self._log_size)
        self._find_runs(running, now)
        self._follow_queue(running, leads=leads)
        if leads:
            return
        if running.gone_since is None:
            running.gone_since = now
        if training.left() and not self._unkillable(running, now):
            if running.ending_since is None and now - running.gone_since > LINGER:
                training.end(signal.SIGTERM)
                running.ending_since = now
            return
        self._finish(running)

    def _find_runs(self, running: _Running, now: float) -> None:
        """Record where its script writes a run, if that is not its own directory."""
        training, one = running.training, running.one
        if not isinstance(training, TrainingProcess) or now < running.search_at:
            return
        running.search_at = now + min(max((now - running.since) / 10, 1.0), 60.0)
        own = Path(one.directory)
        found = training.run_directories()
        if found and not any(path.is_relative_to(own) for path in found):
            self._ledger.set_directory(one, str(found[0]))
            running.one = replace(one, directory=str(found[0]))
            _remove_empty(own)

    def _follow_queue(self, running: _Running, *, leads: bool) -> None:
        """Record that a job waits in its queue and why, or that it runs."""
        one, answer = running.one, running.training.answer
        state = answer.state if answer else None
        if state is JobState.WAITING:
            reason = answer.reason if answer else ""
            if one.phase is Phase.RUNNING or one.reason != reason:
                self._ledger.set_pending(one, reason)
                running.one = self._ledger.find(one.id)
        elif one.phase is Phase.PENDING and (
            state is JobState.RUNNING or (not leads and self._ran(running))
        ):
            started = answer.started if answer else None
            running.one = self._ledger.set_running(one, started, self._notifier.started)
            self._notifier.send()

    @staticmethod
    def _ran(running: _Running) -> bool:
        """Whether a job that has ended also ran."""
        training, answer = running.training, running.training.answer
        if (
            answer
            and answer.cause is Cause.CANCELLED
            and (answer.started is None or answer.started == answer.ended)
        ):
            return False  # in its queue
        return training.code is not None and not rejected_because(training)

    @staticmethod
    def _unkillable(running: _Running, now: float) -> bool:
        """Whether SIGKILL had no effect: a process hangs in the kernel."""
        since = running.ending_since
        return since is not None and now - since > 3 * GRACE

    def _obey(self, running: _Running) -> None:
        """Carry out a request or the timeout, in the end with SIGKILL."""
        ending = running.ending_since
        if ending is not None and time.monotonic() - ending > GRACE:
            running.training.end(signal.SIGKILL)
        request = self._ledger.request(running.one.id)
        if not request and self._stop_reason:
            request = "term"
        if not request and ending is None and self._overdue(running.one):
            request = TIMEOUT
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
        training = running.training
        one = replace(self._ledger.find(running.one.id), code=training.code)
        unsubmitted = isinstance(training, EngineJob) and training.unsubmitted
        if unsubmitted and not running.obeyed:
            training.close()
            self._ledger.postpone(one)
            self._submit_after = time.monotonic() + RESUBMIT
            del self._running[one.id]
            return
        ended = outcome(one, training, running.obeyed)
        if ended.phase is Phase.HELD:
            ended = replace(ended, reason=running.held)
        answer = training.answer
        if answer and answer.ended and one.started:
            moment = max(answer.ended, one.started.timestamp())
            one = replace(one, ended=datetime.fromtimestamp(moment, UTC))
        reason = ended.reason or ("" if one.phase is Phase.PENDING else one.reason)
        if running.obeyed and not ended.reason:
            reason = one.reason or self._stop_reason
        self._end(replace(one, reason=reason), ended.phase, ended.cause)
        _remove_empty(Path(one.directory))
        training.close()
        del self._running[one.id]
        self._last_end = time.monotonic()

    def _end(
        self, one: Experiment, phase: Phase, cause: Cause | None = Cause.FAILED
    ) -> None:
        ended = replace(one, phase=phase, ended=one.ended or self._ledger.store.now())
        retried = {*RETRIED, *one.plan.retry_on}
        if one.job:
            retried.add(Cause.LOST)  # the engine says that nothing of it runs
        again = (
            phase is not Phase.STOPPED
            and cause in retried
            and 0 < one.attempt <= one.plan.retries
        )
        ended, messages = self._notifier.ended(ended, again=again)
        if phase in (Phase.FAILED, Phase.TIMED_OUT) and not again:
            self._hold(ended)
        self._ledger.end(ended, Phase.WAITING if again else phase, messages)
        self._notifier.send()

    def _hold(self, last: Experiment) -> None:
        """Start no more if the first trainings of the batch all failed the same way.

        *last* has just ended.
        """
        batch = self._ledger.of_batch(self._batch)
        reason = hold_reason([last if one.id == last.id else one for one in batch])
        if not reason:
            return
        for one in batch:
            if one.phase is Phase.WAITING and not one.attempt:
                self._ledger.end(replace(one, reason=reason), Phase.HELD)
            running = self._running.get(one.id)
            if one.phase is Phase.PENDING and running and not running.obeyed:
                running.obeyed, running.held = HOLD, reason
                running.training.end(signal.SIGTERM)


def _remove_empty(directory: Path) -> None:
    """Remove a directory for runs that has none, and the ``wandb`` around it."""
    with contextlib.suppress(OSError):
        directory.rmdir()
        directory.parent.rmdir()
