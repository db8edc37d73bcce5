"""The process of supervisors: of one batch, or of all whose jobs an engine keeps.

It has its own session, so it survives its terminal and the daemon. Trainings of this
machine are children of their supervisor, and have the environment of their terminal:
each of these batches has a process of its own. Jobs of an engine need nobody: one
process, *the watcher*, asks about all of them.
"""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from wandbwatch.experiments import launchers, supervisor_process
from wandbwatch.experiments.batch_supervisor import BatchSupervisor
from wandbwatch.experiments.engine import JobEngine
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.outcomes import EventNotifier, bare_launch
from wandbwatch.experiments.processes import MARK, adopt_orphans, reap
from wandbwatch.model.errors import WandbwatchError

log = logging.getLogger(__name__)

LOOK, SOON = 1.0, 0.1
"""Seconds between two steps; and if a supervisor is impatient."""
_ANSWER = 10.0
"""Seconds for the watcher to accept a batch."""
_HAND_OVER = 60.0
"""Seconds to find a watcher, or to become it."""
_MESSAGE = 1 << 22


@dataclass(frozen=True)
class Assignment:
    """A batch to supervise, as the process that started it sees the world."""

    batch: int
    file: Path | None
    """The watch.toml with the channels."""
    environ: Mapping[str, str]
    """Its secrets are handed over in memory only."""


Staff = Callable[[Assignment], tuple[EventNotifier, Mapping[str, str]]]
"""Returns what a batch needs: who reports on it, and its trainings' environment."""


class Watcher:
    """Steps its supervisors, until all of their batches are over."""

    def __init__(self, ledger: Ledger, staff: Staff, link: int | None = None) -> None:
        """*link*: a pipe's file descriptor that closes with the terminal's process."""
        self._ledger = ledger
        self._staff = staff
        self._link = link
        self._supervisors: dict[int, BatchSupervisor] = {}
        self._locks: dict[int, ExitStack] = {}
        self._engines: dict[tuple[str, ...], JobEngine] = {}
        self._wake, self._waker = os.pipe()
        self._ending = False

    def add(self, assignment: Assignment, lock: ExitStack) -> None:
        """Supervise another batch, whose *lock* is ours until its end."""
        batch = assignment.batch
        notifier, environ = self._staff(assignment)
        launch = bare_launch(self._ledger.find(batch))
        place = launchers.cluster(launch, environ)
        if place not in self._engines:
            mark = f"{self._ledger.store.path.parent}:engine:{batch}"
            self._engines[place] = JobEngine({**environ, MARK: mark})
        supervisor = BatchSupervisor(
            self._ledger, batch, notifier, environ, self._engines[place]
        )
        supervisor.take_over()
        self._supervisors[batch], self._locks[batch] = supervisor, lock

    def _take(self, assignment: Assignment, lock: ExitStack) -> None:
        """Supervise a batch that was handed over; another process takes it if not."""
        try:
            self.add(assignment, lock)
        except WandbwatchError as e:
            log.warning("B%d: %s", assignment.batch, e)
            lock.close()

    def run(self, mailbox: socket.socket | None = None) -> None:
        """Return when every batch is over. Others come in by *mailbox*."""
        self._listen()
        adopt_orphans()
        while self._step():
            self._wait(mailbox)
        for engine in self._engines.values():
            engine.close()

    def _step(self) -> bool:
        """Carry out what is due; return whether anything is left to watch."""
        known = {pid for s in self._supervisors.values() for pid in s.children}
        for engine in self._engines.values():
            known.update(engine.children)
        reap(known)
        for engine in self._engines.values():
            engine.step()
        for batch, supervisor in list(self._supervisors.items()):
            if supervisor.step():
                del self._supervisors[batch]
                self._locks.pop(batch).close()
        return bool(self._supervisors)

    def _wait(self, mailbox: socket.socket | None) -> None:
        soon = any(one.impatient for one in self._supervisors.values())
        watched: list[int | socket.socket] = [self._wake]
        watched += [one for one in (self._link, mailbox) if one is not None]
        watched += [d for s in self._supervisors.values() for d in s.descriptors]
        ready, _, _ = select.select(watched, [], [], SOON if soon else LOOK)
        if self._wake in ready:
            os.read(self._wake, 4096)
        link = self._link
        if link is not None and link in ready and not os.read(link, 4096):
            self._link = None
            self._stop("its terminal was closed")
        if mailbox is not None and mailbox in ready:
            for assignment, lock in received(mailbox):
                self._take(assignment, lock)
        if self._ending:
            self._ending = False
            self._end()

    def _end(self) -> None:
        for batch, supervisor in self._supervisors.items():
            if supervisor_process.outlives(self._ledger, batch):
                supervisor.leave()
            else:
                supervisor.stop("its supervisor was stopped")

    def _stop(self, reason: str) -> None:
        for supervisor in self._supervisors.values():
            supervisor.stop(reason)

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


def supervise(
    ledger: Ledger, assignment: Assignment, staff: Staff, link: int | None
) -> None:
    """Supervise a batch until it is over, or hand it over to the watcher."""
    state, batch = ledger.store.path.parent, assignment.batch
    with ExitStack() as lock:
        descriptor = lock.enter_context(supervisor_process.lock(state, batch))
        if descriptor is None:
            return
        if not supervisor_process.outlives(ledger, batch):
            watcher = Watcher(ledger, staff, link)
            watcher.add(assignment, lock.pop_all())
            watcher.run()
            return
        give_up = time.monotonic() + _HAND_OVER
        while time.monotonic() < give_up:
            with supervisor_process.try_lock(state, ALL) as first:
                if first is not None:
                    watch_all(ledger, assignment, staff, lock.pop_all())
                    return
            staff(assignment)  # complain here, where its own log is
            if handed_over(state, assignment, descriptor):
                return
            time.sleep(0.1)


ALL = 0
"""The lock of the watcher, in place of a batch's number."""


def watch_all(
    ledger: Ledger, assignment: Assignment, staff: Staff, lock: ExitStack
) -> None:
    """Be the watcher: of this batch, of all that have lost theirs, and of new ones."""
    state = ledger.store.path.parent
    own = supervisor_process.account(ledger, assignment.batch)
    watcher = Watcher(ledger, staff)
    with mailbox(state) as box:
        watcher.add(assignment, lock)
        for batch in ledger.unfinished():
            if batch == assignment.batch:
                continue
            if not supervisor_process.outlives(ledger, batch):
                continue
            if supervisor_process.account(ledger, batch) != own:
                continue  # its own process has its key, and hands it over
            with ExitStack() as other:
                taken = other.enter_context(supervisor_process.try_lock(state, batch))
                if taken is not None:
                    adopted = Assignment(batch, assignment.file, assignment.environ)
                    watcher.add(adopted, other.pop_all())
        watcher.run(box)


@contextmanager
def mailbox(state: Path) -> Iterator[socket.socket]:
    """Listen for batches that other processes hand over."""
    with _address(state) as address:
        Path(address).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as box:
            box.bind(address)
            box.listen(64)
            box.settimeout(0)
            try:
                yield box
            finally:
                Path(address).unlink(missing_ok=True)


@contextmanager
def _address(state: Path) -> Iterator[str]:
    """Yield the path of the mailbox; a socket's path has 107 bytes at most."""
    directory = os.open(state / "experiments", os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/watcher.sock"
    finally:
        os.close(directory)


def received(box: socket.socket) -> Iterator[tuple[Assignment, ExitStack]]:
    """Yield what was handed over, and confirm each."""
    while True:
        try:
            connection, _ = box.accept()
        except OSError:
            return
        with connection, suppress(OSError, ValueError):
            connection.settimeout(_ANSWER)
            data, descriptors, _, _ = socket.recv_fds(connection, _MESSAGE, 1)
            with ExitStack() as lock:
                for descriptor in descriptors:
                    lock.callback(os.close, descriptor)
                while not data.endswith(b"\n") and (more := connection.recv(_MESSAGE)):
                    data += more
                batch, file, environ = json.loads(data)
                assignment = Assignment(batch, Path(file) if file else None, environ)
                yield assignment, lock.pop_all()
            connection.sendall(b"ok")


def handed_over(state: Path, assignment: Assignment, lock: int) -> bool:
    """Hand a batch and its *lock* over to the watcher; False if there is none."""
    file = str(assignment.file) if assignment.file else None
    data = [assignment.batch, file, dict(assignment.environ)]
    message = json.dumps(data).encode() + b"\n"
    with (
        suppress(OSError),
        _address(state) as address,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        connection.settimeout(_ANSWER)
        connection.connect(address)
        sent = socket.send_fds(connection, [message], [lock])
        connection.sendall(message[sent:])
        return connection.recv(16) == b"ok"
    return False
