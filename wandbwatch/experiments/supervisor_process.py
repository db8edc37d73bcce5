"""The process of a batch's supervisor: its start, its lock, its recovery."""

from __future__ import annotations

import fcntl
import getpass
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wandbwatch.experiments import launchers, secrets
from wandbwatch.experiments.launchers import Launch
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.processes import MARK
from wandbwatch.model.errors import ConfigError, StateError
from wandbwatch.model.experiment import Experiment

log = logging.getLogger(__name__)

WORKER = "WANDBWATCH_WORKER"
"""Set in the environment of a daemon's worker, which must not leave processes."""
_DIRECTORY = "experiments"
_LOCK_TIMEOUT = 5.0
"""Seconds to wait for the lock: `recover` takes it for a moment."""


def start(
    ledger: Ledger, batch: int, file: Path | None, link: int | None = None
) -> None:
    """Start the supervisor of *batch* in its own session. StateError, ConfigError.

    *file* is the watch.toml with the channels. *link* is a pipe's file descriptor;
    when its other end closes, the supervisor stops the batch.
    """
    if WORKER in os.environ:
        return  # a worker's children end with it; the daemon calls `recover`
    state = ledger.store.path.parent
    directory = state / _DIRECTORY
    command = [sys.executable, "-m", "wandbwatch", "keep", str(state), str(batch)]
    if file:
        command += ["--config", str(file)]
    if link is not None:
        command += ["--link", str(link)]
    environ = secrets.of_keeper(os.environ, file, account(ledger, batch))
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (directory / f"keeper-{batch}.log").open("ab") as log:
            _started[batch] = subprocess.Popen(  # noqa: S603 -- our own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**environ, MARK: "keeper"},
                pass_fds=[] if link is None else [link],
                start_new_session=True,
            )
    except OSError as e:
        raise StateError(f"{e.filename or directory}: {e.strerror}") from e


_started: dict[int, subprocess.Popen[bytes]] = {}
"""The last supervisor that this process started for each batch."""


def recover(ledger: Ledger, file: Path | None) -> None:
    """Start a supervisor for each unfinished batch that has none."""
    state = ledger.store.path.parent
    watchers: set[str] = set()
    for batch in ledger.unfinished():
        if attended(state, batch):
            continue
        if outlives(ledger, batch):
            if (own := account(ledger, batch)) in watchers:
                continue  # the one that was just started adopts this, too
            watchers.add(own)
        try:
            start(ledger, batch, file)
        except ConfigError as e:
            if str(e) not in _complained:
                log.error("B%d has no supervisor: %s", batch, e)  # noqa: TRY400
            _complained.add(str(e))


_complained: set[str] = set()
"""What was logged: the same comes again every few seconds."""


def account(ledger: Ledger, batch: int) -> str:
    """Return the account whose key the batch gets; empty for none."""
    return ledger.of_batch(batch)[0].plan.account


def outlives(ledger: Ledger, batch: int) -> bool:
    """Whether the jobs of *batch* run on without a process here: an engine has them."""
    one = ledger.find(batch)
    launch = Launch(one.plan.launcher, one.plan.script, "", "", "")
    return one.detached and launchers.submits(launch, detached=True)


def attended(state: Path, batch: int) -> bool:
    """Whether *batch* has a supervisor, or we have started one that has no lock yet."""
    one = _started.get(batch)
    return bool(one and one.poll() is None) or watched(state, batch)


def watched(state: Path, batch: int) -> bool:
    """Whether *batch* has a supervisor."""
    with try_lock(state, batch) as free:
        return free is None


@contextmanager
def try_lock(state: Path, batch: int) -> Iterator[int | None]:
    """Hold the lock of *batch*, a file descriptor; yields None if another process does.

    It is held as long as any copy of the descriptor is open.
    """
    directory = state / _DIRECTORY
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(directory / f"keeper-{batch}.lock", os.O_RDWR | os.O_CREAT)
    except OSError as e:
        raise StateError(f"{e.filename or directory}: {e.strerror}") from e
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield file
    finally:
        os.close(file)


@contextmanager
def lock(state: Path, batch: int) -> Iterator[int | None]:
    """Be the supervisor of *batch*; yields None if there is another one."""
    give_up = time.monotonic() + _LOCK_TIMEOUT
    while True:
        with try_lock(state, batch) as free:
            if free is not None or time.monotonic() > give_up:
                yield free
                return
        time.sleep(0.05)


def output(ledger: Ledger, one: Experiment) -> Path:
    """Return the path of the output of *one*."""
    return ledger.store.path.parent / _DIRECTORY / f"{one.id}.log"


def user() -> str:
    """Return the name of the user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
