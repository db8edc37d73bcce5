"""Child processes and their descendants: adopt, end and reap them.

wandb-core leaves its parent's process group and session, so killing the group misses
it. As a subreaper we become the parent of what a dead child leaves behind, and can
end that as well.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wandbwatch.formatting.text import clean
from wandbwatch.model.errors import UsageError

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """Become the parent of our descendants' orphans; False if not on Linux."""
    return _prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> bool:
    """Be killed when our parent dies, as nobody enforces our deadline then.

    False if not on Linux.
    """
    return _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> bool:
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        return bool(libc.prctl(option, value, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


_SECONDS = 60.0
"""The time that a command may take."""
_OUTPUT = 300
"""Characters of what it prints that are shown."""


def execute(command: Sequence[str], stdin: str) -> tuple[int, str]:
    """Start *command*; return its exit code and the end of what it printed.

    UsageError if it can't be started or takes more than a minute; it is killed then.
    """
    # TMPDIR is a worker's own, which goes with it.
    environ = {name: value for name, value in os.environ.items() if name != "TMPDIR"}
    with tempfile.TemporaryFile() as output:
        try:
            child = subprocess.Popen(  # noqa: S603 -- the user's own words, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environ,
                start_new_session=True,
            )
        except OSError as e:
            raise UsageError(f"{command[0]}: {e.strerror}") from e
        try:
            child.communicate(stdin.encode(), _SECONDS)
        except subprocess.TimeoutExpired as e:
            end_tree(child.pid)
            child.wait()
            raise UsageError(f"{command[0]}: killed after {_SECONDS:.0f} s") from e
        size = output.seek(0, os.SEEK_END)
        output.seek(max(size - 4 * _OUTPUT, 0))
        printed = clean(output.read().decode(errors="replace"), lines=True)
    return child.returncode, printed.strip()[-_OUTPUT:]


def children(pid: int) -> Iterator[int]:
    """Yield the pids of *pid*'s children, zombies included."""
    tasks = f"/proc/{pid}/task"
    with contextlib.suppress(OSError):  # it has ended
        # Runs every second for months: pathlib would intern each name.
        for task in os.listdir(tasks):  # noqa: PTH208 -- see above
            with open(f"{tasks}/{task}/children", encoding="ascii") as file:  # noqa: PTH123 -- see above
                yield from map(int, file.read().split())


def descendants(pid: int) -> list[int]:
    """List *pid*'s descendants, the nearest first."""
    found: list[int] = []
    waiting = list(children(pid))
    while waiting:
        child = waiting.pop(0)
        found.append(child)
        waiting += children(child)
    return found


def end_tree(pid: int, sign: signal.Signals = signal.SIGKILL) -> None:
    """Signal *pid* and every descendant of it, whatever their groups or sessions."""
    for one in (pid, *descendants(pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, sign)


def reap_orphans(known: set[int]) -> None:
    """End and reap adopted children: those not in *known*.

    An experiment's processes are only reaped: their supervisor ends them.
    """
    for pid in set(children(os.getpid())) - known:
        if not _is_marked(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def reap(known: set[int]) -> None:
    """Reap adopted children that have ended: those not in *known*."""
    for pid in set(children(os.getpid())) - known:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


@dataclass(frozen=True)
class Process:
    """A process identified for good: pids are reused, with other start times."""

    pid: int
    born: int
    """In clock ticks since boot; 0 if unknown."""

    @classmethod
    def of(cls, pid: int) -> Process:
        return cls(pid, _stat(pid)[1])

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        state, born = _stat(self.pid)
        return state not in ("", "Z", "X") and born == self.born


MARK = "WANDBWATCH_EXPERIMENT"
"""The environment variable that names the experiment a process belongs to."""


def marked(value: str) -> list[int]:
    """List the pids of the processes whose `MARK` is *value*.

    Children inherit it, whatever their group and session.
    """
    wanted = f"{MARK}={value}".encode()
    pids = (int(n) for n in os.listdir("/proc") if n.isdecimal())  # noqa: PTH208
    return [pid for pid in pids if wanted in _environ(pid) and _stat(pid)[0] != "Z"]


def _is_marked(pid: int) -> bool:
    return any(item.startswith(f"{MARK}=".encode()) for item in _environ(pid))


def _environ(pid: int) -> list[bytes]:
    """Return a process's environment; empty if it has ended or is not ours to read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123 -- see above
            return file.read().split(b"\0")
    except OSError:
        return []


def _stat(pid: int) -> tuple[str, int]:
    """Return a process's state and start time; "" and 0 if there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return "", 0
    return fields[0], int(fields[19])
