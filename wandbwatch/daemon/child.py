"""A helper process of the daemon that runs on demand: the sender, the ping."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from wandbwatch.daemon import journal
from wandbwatch.experiments.processes import end_tree
from wandbwatch.model.errors import StateError


class Child:
    """One command, at most one process of it at a time.

    With *silence*, a process that writes nothing to stdout for that many seconds
    counts as hanging and is killed.
    """

    def __init__(self, command: Sequence[str], *, silence: float) -> None:
        self._command = command
        self._silence = silence
        self._process: subprocess.Popen[bytes] | None = None
        self._last_output = 0.0

    @property
    def pids(self) -> set[int]:
        return {self._process.pid} if self._process else set()

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self, moment: float, environ: Mapping[str, str]) -> None:
        """Start it at *moment* (monotonic seconds) if it isn't running. StateError."""
        if self._process:
            return
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=journal.children_stderr(),
                env=environ,
                start_new_session=True,
            )
        except OSError as e:
            what = " ".join(self._command[1:4])
            raise StateError(f"{what!r} can't be started: {e.strerror}") from e
        self._last_output = moment
        if self._process.stdout:
            os.set_blocking(self._process.stdout.fileno(), False)

    def look(self, moment: float) -> int | None:
        """Return its exit code if it has just ended; kill it if it hangs."""
        if not self._process or not self._process.stdout:
            return None
        with contextlib.suppress(BlockingIOError):
            while os.read(self._process.stdout.fileno(), 4096):
                self._last_output = moment
        if moment - self._last_output > self._silence:
            end_tree(self._process.pid)
        code = self._process.poll()
        if code is not None:
            self._process.stdout.close()
            self._process = None
        return code

    def stop(self, timeout: float) -> None:
        """Terminate it; after *timeout* seconds kill it and its children."""
        if not self._process:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            end_tree(self._process.pid)
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None
