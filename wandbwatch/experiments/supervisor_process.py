"""Supervisors as processes of their own, one per batch."""

from __future__ import annotations

import fcntl
import getpass
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.processes import MARK
from wandbwatch.model.errors import StateError
from wandbwatch.model.experiment import Experiment

WORKER = "WANDBWATCH_WORKER"
"""In the environment of a daemon's worker, which may not leave anything behind."""
_DIRECTORY = "experiments"
_PATIENCE = 5.0
"""Seconds that a keeper waits for one that only looks whether there is one."""


def start(state: Path, batch: int, file: Path | None, link: int | None = None) -> None:
    """Start a keeper of *batch* in a session of its own; StateError.

    *file* is the watch.toml that tells the channels. The keeper minds the end of
    *link*, a descriptor, as that of the terminal.
    """
    directory = state / _DIRECTORY
    command = [sys.executable, "-m", "wandbwatch", "keep", str(state), str(batch)]
    if file:
        command += ["--config", str(file)]
    if link is not None:
        command += ["--link", str(link)]
    environ = dict(os.environ)
    if environ.pop(WORKER, None):
        return  # what a worker starts ends with it: its daemon starts the keeper
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (directory / f"keeper-{batch}.log").open("ab") as log:
            subprocess.Popen(  # noqa: S603 -- our own program
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


def recover(ledger: Ledger, file: Path | None) -> None:
    """Give a keeper to every batch that has lost its own."""
    state = ledger.store.path.parent
    for batch in ledger.going():
        with alone(state, batch) as free:
            pass
        if free:
            start(state, batch, file)


@contextmanager
def alone(state: Path, batch: int) -> Iterator[bool]:
    """Be the only keeper of *batch*; yields False where there is one."""
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
            yield False
        else:
            yield True
    finally:
        os.close(file)


@contextmanager
def kept(state: Path, batch: int) -> Iterator[bool]:
    """Be the keeper of *batch*; yields False where another one stays."""
    give_up = time.monotonic() + _PATIENCE
    while True:
        with alone(state, batch) as free:
            if free or time.monotonic() > give_up:
                yield free
                return
        time.sleep(0.05)


def output(ledger: Ledger, one: Experiment) -> Path:
    """Return where the output of *one* goes."""
    return ledger.store.path.parent / _DIRECTORY / f"{one.id}.log"


def who() -> str:
    """Return the name of who asks."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
