from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys

import pytest
from wandbwatch.daemon.child import Child
from wandbwatch.daemon.journal import JournalFormatter, JsonFormatter
from wandbwatch.daemon.start import Lock, TakenError
from wandbwatch.daemon.supervisor import Notify
from wandbwatch.experiments.processes import descendants


def test_a_second_daemon_is_refused_with_the_pid_of_the_first(tmp_path):
    first = Lock(tmp_path / "daemon.lock")
    first.take()
    with pytest.raises(TakenError, match=f"pid {os.getpid()}"):
        Lock(tmp_path / "daemon.lock").take()
    first.release()
    Lock(tmp_path / "daemon.lock").take()


def test_systemd_gets_messages_over_its_socket(tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        notify = Notify({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "60000000"})
        notify.say("READY=1", "STATUS=fine")
        assert systemd.recv(1000) == b"READY=1\nSTATUS=fine"
        assert notify.watchdog == 60.0


def test_without_systemd_nothing_is_sent(tmp_path):
    Notify({}).say("READY=1")
    Notify({"NOTIFY_SOCKET": str(tmp_path / "gone")}).say("READY=1")
    other = {"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}
    assert Notify(other).watchdog is None


def test_a_silent_child_is_killed():
    child = Child([sys.executable, "-c", "import time; time.sleep(1000)"], silence=60)
    child.start(0.0, dict(os.environ))
    assert child.look(59.0) is None
    assert child.running
    code = child.look(61.0)
    while code is None:
        code = child.look(61.0)
    assert code == -9
    assert not child.running


def test_a_child_that_ignores_sigterm_is_killed():
    ignores = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=1)"
    child = Child([sys.executable, "-c", f"{ignores}; time.sleep(1000)"], silence=60)
    child.start(0.0, dict(os.environ))
    while child.running and child._last_output == 0.0:  # noqa: SLF001 -- until it ignores
        child.look(1.0)
    child.stop(0.1)
    assert not child.running


def test_descendants_are_found_across_sessions():
    script = "import subprocess; subprocess.run(['sleep', '1000'], start_new_session=1)"
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        while not (found := descendants(process.pid)):
            pass
        assert len(found) == 1
        os.kill(found[0], 9)


def record(text: str, level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord("x", level, "f", 1, text, None, None)


def test_every_line_of_the_log_has_its_priority():
    formatter = JournalFormatter("%(message)s")
    assert formatter.format(record("one\ntwo")) == "<3>one\n<3>two"
    assert formatter.format(record("calm", logging.INFO)) == "<6>calm"


def test_the_log_as_json_is_an_object_a_line():
    line = JsonFormatter().format(record("one\ntwo"))
    assert "\n" not in line
    assert json.loads(line)["text"] == "one\ntwo"
