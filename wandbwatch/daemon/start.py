"""Build the daemon from watch.toml and the environment, and run it."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from wandbwatch.config import secret
from wandbwatch.config.load import Config, load
from wandbwatch.config.paths import local_zone, state_directory
from wandbwatch.daemon import deadman
from wandbwatch.daemon.child import Child
from wandbwatch.daemon.health import Health
from wandbwatch.daemon.job_queue import DueSlots, JobQueue
from wandbwatch.daemon.monitor import Monitor
from wandbwatch.daemon.pool import OURS, Pool, WorkerFactory
from wandbwatch.daemon.supervisor import Notify, Parts, Signals, Supervisor
from wandbwatch.delivery.outbox import Outbox, Store
from wandbwatch.delivery.outbox.store import no_locks
from wandbwatch.experiments import output, secrets, supervisor_process
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.processes import adopt_orphans
from wandbwatch.model.errors import ConfigError, WandbwatchError
from wandbwatch.model.settings import Keep


class TakenError(WandbwatchError):
    """Another process holds the lock."""


class Lock:
    """An flock on *path*, with our pid in it; released when the process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def take(self) -> None:
        """Raise TakenError, which names the holder's pid, if it is held."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            pid = os.pread(self._file, 32, 0).decode("ascii", "replace").strip()
            raise TakenError(
                f"{self.path}: another daemon (pid {pid or 'unknown'}) uses this"
                " state; stop it, or set another [daemon] state"
            ) from e
        except OSError as e:
            raise no_locks(self.path, e) from e
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._file)


log = logging.getLogger(__name__)

SILENCE = 120.0
"""Seconds of silence after which the sender counts as hanging: no post takes longer."""
CHECKED = 60.0
"""Seconds that the check of a changed file may take."""


def run(path: Path, environ: Mapping[str, str], flags: Sequence[str] = ()) -> None:
    """Run the subscriptions of the file at *path* until a signal asks to stop.

    *flags* are passed on to child processes that log.
    """
    signals = Signals()
    daemon = _Daemon(path, environ, tuple(flags))
    adopt_orphans()
    log.info("running the subscriptions of %s; state in %s", path, daemon.state)
    Supervisor(daemon.parts(), Notify(environ), signals, daemon.reload).run()


def tidy(store: Store, keep: Keep) -> None:
    """Delete old experiment logs, and free unused space. Raises StateError."""
    if Outbox(store).forgets():
        output.prune_logs(Ledger(store), keep.logs)
    store.vacuum(keep.free)


class _Daemon:
    """The current configuration, and the parts built from it."""

    def __init__(
        self, path: Path, environ: Mapping[str, str], flags: tuple[str, ...]
    ) -> None:
        self._path = path
        self._flags = flags
        self._environ = environ
        self._zone = local_zone(environ)
        self.config = load(path, self._zone)
        self.state = state_directory(self.config.daemon, path, environ)
        self._store = Store(self.state)
        self._lock = Lock(self.state / "daemon.lock")
        self._lock.take()
        Outbox(self._store).set_keep(self.config.keep)
        self._monitor = Monitor(self._store, datetime.now(UTC))
        work = self.state / "work"
        shutil.rmtree(work, ignore_errors=True)
        self._workers = WorkerFactory(path, self.config, environ, work, flags)

    def parts(self) -> Parts:
        outbox = Outbox(self._store)
        now = datetime.now(UTC)
        return Parts(
            DueSlots(self.config.subscriptions, outbox, now),
            Pool(JobQueue(), self._workers.start, self.config.daemon.jobs),
            outbox,
            lambda: supervisor_process.recover(Ledger(self._store), self._path),
            lambda: Child(
                [*OURS, "send", str(self._path), *self._flags], silence=SILENCE
            ),
            lambda: secrets.of_sender(self._environ, self.config),
            Child([sys.executable, "-m", deadman.__name__], silence=30),
            self._ping(self.config),
            self._health,
            self._monitor,
            lambda: tidy(self._store, self.config.keep),
        )

    def _health(self, now: datetime, error: str) -> Health:
        config = self.config
        return self._monitor.look(
            config.subscriptions, tuple(config.channels), now, error
        )

    def reload(self, parts: Parts, now: datetime) -> None:
        """Apply the current file; after a ConfigError nothing has changed."""
        self._check()
        config = load(self._path, self._zone)
        if state_directory(config.daemon, self._path, self._environ) != self.state:
            raise ConfigError(["daemon.state: restart the daemon to change it"])
        parts.deadman_environ = self._ping(config)
        self.config = self._workers.config = config
        parts.outbox.set_keep(config.keep)
        parts.due_slots.keep(config.subscriptions, now)
        parts.pool.queue.keep(s.name for s in config.subscriptions)
        parts.pool.size = config.daemon.jobs
        parts.pool.renew()

    def _check(self) -> None:
        """Check the command lines too, in a separate process, as they need Typer."""
        try:
            done = subprocess.run(  # noqa: S603 -- our own program
                [*OURS, "check", str(self._path)],
                capture_output=True,
                text=True,
                timeout=CHECKED,
                check=False,
            )
        except subprocess.TimeoutExpired as e:
            raise ConfigError([f"{self._path}: the check timed out"]) from e
        if done.returncode:
            lines = [
                line.removeprefix("wandbwatch: ") for line in done.stderr.splitlines()
            ]
            raise ConfigError(lines or [f"{self._path}: the check failed"])

    def _ping(self, config: Config) -> dict[str, str]:
        """Return the environment of the dead-man's ping, empty if there is none."""
        url = config.daemon.dead_man
        if not url:
            return {}
        plain = secrets.of_sender(self._environ, config)
        return {**plain, deadman.VARIABLE: secret.read(url, self._environ)}
