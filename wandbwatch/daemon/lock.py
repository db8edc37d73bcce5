"""One daemon a state directory, held by the kernel and so never left behind."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from wandbwatch.model.errors import WandbwatchError


class TakenError(WandbwatchError):
    """Somebody else holds the lock."""


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
                f"{self.path}: a daemon (pid {pid or 'unknown'}) runs on this state; "
                f"stop it, or give this one a [daemon] state of its own"
            ) from e
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._file)
