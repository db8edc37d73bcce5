"""Supervise one batch: start what waits, obey requests, record every end.

It is a process of its own session, so neither a terminal nor a daemon takes it along.
What it knows is in the ledger: another one takes over where it is killed.
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

from wandbwatch.experiments.ledger import Ledger, Letters
from wandbwatch.experiments.processes import adopt_orphans, reap
from wandbwatch.experiments.training import TrainingProcess, found, start
from wandbwatch.model.errors import StateError
from wandbwatch.model.experiment import Experiment, Phase
from wandbwatch.model.queued_message import QueuedMessage

log = logging.getLogger(__name__)

GRACE = 10.0
"""Seconds from the gentle end to the firm one."""
LINGER = 5.0
"""Seconds that what a script left behind has to end by itself, as uploads do."""
LOOK = 1.0
"""Seconds between looks at what was asked for."""
_LIMIT = "limit"
GONE = "the terminal that started it is gone"


class Notifies(Protocol):
    """Words what is told; sends what waits to be told."""

    def started(self, one: Experiment, /) -> Sequence[QueuedMessage]:
        """Return what is told of the start of *one*."""
        ...

    def ended(self, one: Experiment, /, *, again: bool) -> tuple[Experiment, Letters]:
        """Return *one* with what its runs came to, and what is told of that.

        *again*: it is started once more.
        """
        ...

    def send(self) -> None:
        """Have what is to be told sent."""
        ...

    def look(self) -> bool:
        """Go on with what was begun; return whether nothing is left of it."""
        ...


@dataclass
class _Kept:
    """One that runs, and what was done to end it."""

    one: Experiment
    started: TrainingProcess
    sent: str = ""
    since: float | None = None
    """When it was asked to end, monotonic seconds."""
    over: float | None = None
    """When its leader was seen to be gone."""


class BatchSupervisor:
    def __init__(
        self,
        ledger: Ledger,
        batch: int,
        herald: Notifies,
        environ: Mapping[str, str],
        link: int | None = None,
    ) -> None:
        """*link* is a descriptor whose other end the terminal's process holds."""
        self._ledger = ledger
        self._batch = batch
        self._herald = herald
        self._environ = environ
        self._link = link
        self._state = ledger.store.path.parent
        self._kept: dict[int, _Kept] = {}
        self._wake, self._waker = os.pipe()
        self._ending = False

    def run(self) -> None:
        """Return when all of the batch is over."""
        self._listen()
        adopt_orphans()
        for one in self._ledger.of_batch(self._batch):
            if one.phase is Phase.RUNNING:
                left = found(one, self._ledger.process(one), self._state, self._environ)
                self._kept[one.id] = _Kept(one, left)
        while not self._done():
            self._wait()

    def _done(self) -> bool:
        """Do what there is to do; return whether that is all for ever."""
        try:
            reap({k.started.child.pid for k in self._kept.values() if k.started.child})
            for kept in list(self._kept.values()):
                self._look(kept)
            waiting = self._waiting()
            for one in waiting:
                if self._ledger.request(one.id):
                    self._end(one, Phase.STOPPED)
                elif len(self._kept) < self._ledger.jobs(self._batch):
                    self._begin(one)
            sent = self._herald.look()
            return sent and not self._kept and not self._waiting()
        except StateError as e:
            log.warning("%s", e)  # a full disk passes; nothing is done until then
            return False

    def _waiting(self) -> Sequence[Experiment]:
        batch = self._ledger.of_batch(self._batch)
        return [one for one in batch if one.phase is Phase.WAITING]

    def _begin(self, one: Experiment) -> None:
        """Start one that waits."""
        output = self._state / "experiments" / f"{one.id}.log"
        base = Path(self._environ.get("WANDB_DIR") or one.plan.workdir)
        directory = base / "wandb" / f"experiment-{one.id}"
        begun = self._ledger.begin(
            one, str(output), str(directory), self._herald.started
        )
        if begun is None:
            return
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            directory.mkdir(parents=True, exist_ok=True)
            started = start(begun, self._state, self._environ)
        except OSError as e:
            what = f"{e.filename}: {e.strerror}" if e.filename else str(e)
            why = f"could not start: {what}"
            self._end(replace(begun, reason=why), Phase.FAILED)
            return
        self._kept[one.id] = _Kept(begun, started)
        if started.process:
            self._ledger.has_process(begun, started.process)
        self._herald.send()

    def _look(self, kept: _Kept) -> None:
        self._obey(kept)
        now = time.monotonic()
        if kept.since is not None and now - kept.since > GRACE:
            kept.started.end(signal.SIGKILL)
        if kept.started.leads:
            return
        if kept.over is None:
            kept.over = now
        if kept.started.left() and not self._hopeless(kept, now):
            if kept.since is None and now - kept.over > LINGER:
                kept.started.end(signal.SIGTERM)
                kept.since = now
            return
        self._over(kept)

    @staticmethod
    def _hopeless(kept: _Kept, now: float) -> bool:
        """Whether the kernel itself can't end what is left."""
        return kept.since is not None and now - kept.since > 3 * GRACE

    def _obey(self, kept: _Kept) -> None:
        request = self._ledger.request(kept.one.id)
        if not request and kept.since is None and self._too_long(kept.one):
            request = _LIMIT
        if not request or request == kept.sent:
            return
        kept.sent = request
        if request == "int":
            kept.started.send(signal.SIGINT)
        elif request == "kill":
            kept.started.end(signal.SIGKILL)
            kept.since = time.monotonic()
        else:
            kept.started.end(signal.SIGTERM)
            kept.since = time.monotonic()

    def _too_long(self, one: Experiment) -> bool:
        if one.plan.timeout is None or one.started is None:
            return False
        took = self._ledger.store.now() - one.started
        return took.total_seconds() > one.plan.timeout

    def _over(self, kept: _Kept) -> None:
        code = kept.started.code
        one = replace(self._ledger.find(kept.one.id), code=code)
        if kept.sent == _LIMIT:
            why = f"timed out after {one.plan.timeout:g} s"
            self._end(replace(one, reason=why), Phase.TIMED_OUT)
        elif kept.sent:
            self._end(one, Phase.FINISHED if code == 0 else Phase.STOPPED)
        elif code is None:
            why = "its supervisor was killed; exit code unknown"
            self._end(replace(one, reason=why), Phase.LOST)
        else:
            self._end(one, Phase.FAILED if code else Phase.FINISHED)
        del self._kept[kept.one.id]

    def _end(self, one: Experiment, phase: Phase) -> None:
        ended = replace(one, phase=phase, ended=self._ledger.store.now())
        again = phase is Phase.FAILED and 0 < one.attempt <= one.plan.retries
        ended, letters = self._herald.ended(ended, again=again)
        self._ledger.end(ended, Phase.WAITING if again else phase, letters)
        self._herald.send()

    def _wait(self) -> None:
        watched = [self._wake, *([self._link] if self._link is not None else [])]
        ready, _, _ = select.select(watched, [], [], LOOK)
        if self._wake in ready:
            os.read(self._wake, 4096)
        if self._link in ready and not os.read(self._link, 4096):
            self._link = None
            self._ask_all(GONE)
        if self._ending:
            self._ending = False
            self._ask_all("its supervisor was stopped")

    def _ask_all(self, why: str) -> None:
        self._ledger.ask(self._ledger.of_batch(self._batch), "term", why)

    def _listen(self) -> None:
        """Wake up for each signal. What is handled here is as usual in children."""
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)

        def end(*_: object) -> None:
            self._ending = True

        signal.signal(signal.SIGCHLD, lambda *_: None)
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, end)
        for sign in (signal.SIGHUP, signal.SIGQUIT):
            signal.signal(sign, lambda *_: None)
