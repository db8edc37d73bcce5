"""Child processes of the daemon: the sender, the ping, and workers, one job at a time.

A worker has wandb and matplotlib loaded, so a job costs a tenth of a new process's
time. It serves one account. It exits after some jobs or when idle; if a job takes too
long, it is killed with all its children.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wandbwatch.daemon import journal
from wandbwatch.daemon.job_queue import Job
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


JOBS = 100
"""Jobs after which it is replaced, at most twice as many: this frees leaked memory."""


@dataclass(frozen=True)
class JobResult:
    """A worker's result of its job."""

    job: Job
    errors: tuple[str, ...]
    code: int
    """The exit code that the worst of the errors has."""
    messages: int
    dry: tuple[Mapping[str, Any], ...] = ()
    """The messages themselves, where they were only to be shown."""
    undone: bool = False
    """Whether nothing of it could be written: it is to be done again."""
    pause: float = 0.0
    """The seconds for which its server rate-limits us."""


class Worker:
    """One child process; ``job`` is its current job, None if it is idle."""

    def __init__(
        self,
        number: int,
        account: str | None,
        command: Sequence[str],
        environ: Mapping[str, str],
        directory: Path,
    ) -> None:
        """*directory* is for its files, and is removed with it."""
        self.number = number
        self.account = account
        self.directory = directory
        self.job: Job | None = None
        self.since = 0.0
        self.outdated = False
        """Whether the configuration has changed since it was started."""
        self.left: float | None = None
        """When it was seen to have been let go, monotonic seconds."""
        self.served = 0
        self._unread = b""
        self._process = subprocess.Popen(  # noqa: S603 -- our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=journal.children_stderr(),
            env=environ,
            start_new_session=True,
        )
        os.set_blocking(self.output, False)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> int:
        """The file descriptor of its results."""
        if self._process.stdout is None:
            raise AssertionError("a worker needs a pipe")
        return self._process.stdout.fileno()

    def give(self, job: Job, now: float) -> bool:
        """Start *job* at *now* (monotonic seconds); False if the worker is dead."""
        if self._process.stdin is None or self._process.poll() is not None:
            return False
        order = {
            "subscription": job.subscription,
            "slot": job.slot.isoformat(),
            "failed": job.failed,
        }
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        self.job, self.since = job, now
        self.served += 1
        return True

    def overdue(self, now: float) -> bool:
        return self.job is not None and now - self.since > self.job.seconds

    def read_result(self) -> JobResult | None:
        """Return the result of its job if it has come."""
        with contextlib.suppress(BlockingIOError):
            self._unread += os.read(self.output, 1 << 16)
        line, end, rest = self._unread.partition(b"\n")
        if not end or self.job is None:
            return None
        self._unread = rest
        fields: dict[str, Any] = json.loads(line)
        job, self.job = self.job, None
        return JobResult(
            job,
            tuple(fields["errors"]),
            fields["code"],
            fields["messages"],
            tuple(fields["dry"]),
            fields["undone"],
            fields["pause"],
        )

    def exit_code(self) -> int | None:
        """Return its exit code once it has ended, negative for a signal."""
        return self._process.poll()

    def dismiss(self) -> None:
        """Close its input, so that it exits by itself."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()

    def end(self) -> None:
        """Kill it and all its children."""
        end_tree(self.pid)

    def close(self) -> None:
        """Reap it after it has ended, and close our pipe ends."""
        self.dismiss()
        if self._process.stdout:
            self._process.stdout.close()
        self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
