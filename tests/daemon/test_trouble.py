"""The real daemon in trouble: a disk that takes no more, a state that can't be written
or breaks, children that hang. It says so, does not flood, and goes on."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from wandbwatch.daemon.child import Child
from wandbwatch.daemon.start import SILENCE
from wandbwatch.delivery.outbox import Store

from tests.daemon.running import PATIENCE, Place, Running, more, posting, subscription
from tests.delivery.outbox.messages import enqueue, queued
from tests.servers.discord import DiscordServer, Fault
from tests.servers.wandb import Fault as WandbFault
from tests.servers.wandb import WandbServer

# Root may write what nobody may: without that right it is one like any other.
_ORDINARY = """
import ctypes, os, sys
for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def place(tmp_path: Path, discord_server: DiscordServer) -> Place:
    return posting(Place(tmp_path, discord_server))


def logged(daemon: Running, words: str) -> int:
    return sum(words in line for line in daemon.log.read_text().splitlines())


def test_a_full_disk_is_logged_once_and_the_daemon_continues(place):
    """A limit of what it may write stands for the disk: that needs no root."""
    tee = (sys.executable, "-c", _PIPED)  # the log is no file of the daemon's
    with place.start(through=tee) as daemon:
        more(place, daemon)
        _limit(daemon, 1024)
        daemon.wait(lambda: logged(daemon, "reads or writes fail"))
        time.sleep(6)  # it tries again by then
        assert 1 <= logged(daemon, "reads or writes fail") <= 3
        assert not daemon.said("resolved:")
        _limit(daemon, resource.RLIM_INFINITY)
        daemon.wait(lambda: daemon.said("resolved:"))
        more(place, daemon)
        assert daemon.end() == 0
    assert not daemon.said("Traceback")


def test_a_state_that_becomes_read_only_is_said_once_and_it_continues(place):
    through = () if os.geteuid() else (sys.executable, "-c", _ORDINARY)
    with place.start(through=through) as daemon:
        more(place, daemon)
        _rights(place, 0o500, 0o400)
        daemon.wait(lambda: logged(daemon, "can't be written"))
        time.sleep(6)
        assert 1 <= logged(daemon, "can't be written") <= 3
        _rights(place, 0o700, 0o600)
        daemon.wait(lambda: daemon.said("resolved:"))
        more(place, daemon)
        assert daemon.end() == 0
    assert not daemon.said("Traceback")


def test_a_state_that_breaks_is_said_once_and_it_continues(place):
    with place.start() as daemon:
        more(place, daemon)
        for name in ("state.db", "state.db-wal"):
            with (place.state / name).open("r+b") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(0)
                file.write(os.urandom(size))
        daemon.wait(lambda: daemon.said("was corrupt"))
        more(place, daemon)
        more(place, daemon)
        assert logged(daemon, "was corrupt") == 1
        assert daemon.end() == 0
    assert not daemon.said("Traceback")


@pytest.fixture
def hanging(wandb_server: WandbServer, place: Place) -> Place:
    """A list that asks a server that does not answer."""
    wandb_server.faults.append(WandbFault("hang"))
    for name in ("WANDB_BASE_URL", "WANDB_API_KEY"):
        place.environ[name] = os.environ[name]
    body = subscription("hang", "project acme/gpt", when='interval = "1s"')
    place.write(body + '\ntimeout = "5s"')
    return place


def asking(daemon: Running) -> dict[int, str]:
    """Wait for a worker that asks W&B; return the command lines of it and of its
    wandb-core by their pids."""
    found: dict[int, str] = {}

    def found_both() -> bool:
        words = {pid: _words(pid) for pid in daemon.pids()[1:]}
        found.clear()
        for part in (" worker ", "wandb-core"):
            found.update({pid: line for pid, line in words.items() if part in line})
        return len(found) == 2

    daemon.wait(found_both)
    return found


def test_a_stopped_worker_and_its_sidecar_are_ended_at_the_deadline(hanging):
    with hanging.start() as daemon:
        stopped = asking(daemon)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        daemon.wait(lambda: not _alive(stopped))
        daemon.wait(lambda: daemon.said("the job timed out and was stopped"))
        daemon.wait(lambda: hanging.server.messages)  # and it is posted
        assert daemon.end() == 0


def test_to_stop_with_a_job_running_leaves_nothing(hanging):
    with hanging.start() as daemon:
        running = asking(daemon)
        assert daemon.end() == 0
    assert not _alive(running)
    assert list((hanging.state / "work").iterdir()) == []


def test_a_killed_daemon_leaves_no_job_without_a_deadline(hanging):
    with hanging.start() as daemon:
        running = asking(daemon)
        daemon.end(signal.SIGKILL)
    daemon.wait(lambda: not _alive(running))


def test_a_stopped_sender_is_ended_and_another_one_sends(place):
    store = Store(place.state)
    enqueue(store, queued("once"))
    place.server.faults.append(Fault("hang", method="POST"))
    command = [sys.executable, "-m", "wandbwatch", "send", str(place.file)]
    sender = Child(command, silence=SILENCE)
    sender.start(0.0, place.environ)
    _until(lambda: "POST" in {each.method for each in place.server.requests})
    (pid,) = sender.pids
    os.kill(pid, signal.SIGSTOP)
    sender.look(1.0)
    _until(lambda: sender.look(1.0 + SILENCE + 1) == -signal.SIGKILL)
    sender.start(0.0, place.environ)
    _until(lambda: place.server.messages)
    sender.stop(30)
    assert "possible duplicate" in str(place.server.messages)
    store.close()


# Copy what the daemon says: the limit on files would silence its log as well. The
# copier is no child of it, or it would be ended like any orphan.
_PIPED = """
import os, subprocess, sys
words = ["sh", "-c", "exec 3<&0; cat <&3 & exit 0"]
copy = subprocess.Popen(words, stdin=subprocess.PIPE)
copy.wait()
os.dup2(copy.stdin.fileno(), 1)
os.dup2(copy.stdin.fileno(), 2)
os.execv(sys.argv[1], sys.argv[1:])
"""


def _limit(daemon: Running, size: int) -> None:
    """Let the daemon and its children write no file beyond *size* bytes."""
    for pid in daemon.pids():
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _rights(place: Place, directory: int, file: int) -> None:
    for path in place.state.iterdir():
        if path.is_file():
            path.chmod(file)
    place.state.chmod(directory)


def _alive(started: dict[int, str]) -> bool:
    return any(_words(pid) == line for pid, line in started.items())  # pids come again


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _until(arrived: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not arrived():
        assert time.monotonic() < give_up
        time.sleep(0.02)
