"""Failures at the edges: one clear line, then an exit that fits or a fresh start."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from wandbwatch.config.redaction import install
from wandbwatch.delivery.outbox import Outbox, Store

from tests.daemon.running import Place, more, posting, subscription
from tests.servers.discord import DiscordServer


@pytest.fixture
def place(tmp_path: Path, discord_server: DiscordServer) -> Place:
    return posting(Place(tmp_path, discord_server))


def handles_hangups(pid: int) -> bool:
    """Whether SIGHUP does not end the process."""
    status = Path(f"/proc/{pid}/status").read_text()
    masks = [
        int(line.split()[1], 16)
        for line in status.splitlines()
        if line.startswith(("SigIgn", "SigCgt"))
    ]
    return any(mask & 1 << (signal.SIGHUP - 1) for mask in masks)


def test_a_hangup_in_the_first_seconds_does_not_end_it(place):
    with place.start() as daemon:
        daemon.wait(lambda: handles_hangups(daemon.process.pid))
        while not daemon.said("running the subscriptions"):
            daemon.process.send_signal(signal.SIGHUP)
            assert daemon.process.poll() is None
        more(place, daemon)
        assert daemon.end() == 0


def test_a_state_of_the_future_is_one_line_and_78(place):
    Store(place.state).close()
    with closing(sqlite3.connect(place.state / "state.db")) as database:
        database.execute("PRAGMA user_version = 99")
    done = place.wandbwatch("daemon", str(place.file), "--json-logs")
    assert done.returncode == 78
    (line,) = map(json.loads, done.stderr.splitlines())
    assert "newer wandbwatch" in line["text"]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("state/state.db", Path.mkdir),
        ("state/state.db", os.mkfifo),
        ("state/state.lock", os.mkfifo),
        ("state/daemon.lock", os.mkfifo),
        ("state/state.db", lambda path: path.symlink_to("nowhere")),
        ("state", Path.touch),
    ],
)
def test_a_state_that_cannot_be_ours_is_one_line_and_78(place, name, make):
    path = place.directory / name
    if path.parent != place.directory:
        path.parent.mkdir()
    make(path)
    done = place.wandbwatch("daemon", str(place.file), "--json-logs")
    assert done.returncode == 78
    (line,) = map(json.loads, done.stderr.splitlines())
    assert line["text"].startswith(f"{path}: ")
    assert line["text"].endswith("move it away, or set another [daemon] state")


@pytest.mark.parametrize("command", ["check", "daemon"])
def test_a_pipe_in_the_place_of_a_file_is_refused(place, command):
    pipe = place.directory / "pipe"
    os.mkfifo(pipe)
    done = place.wandbwatch(command, str(pipe))
    assert (done.returncode, done.stderr) == (
        78,
        f"wandbwatch: {pipe}: cannot be read: not a regular file\n",
    )
    text = place.file.read_text()
    place.file.write_text(text.replace('env = "HOOK"', f'file = "{pipe}"'))
    done = place.wandbwatch(command, str(place.file))
    assert done.returncode == 78
    assert f"webhook: file {pipe}: not a regular file" in done.stderr


def test_a_missing_table_is_put_aside(tmp_path, caplog):
    Store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "state.db")) as database:
        database.execute("DROP TABLE sent")
    with closing(Store(tmp_path)) as store:
        assert Outbox(store).pending() == 0
    assert "was corrupt" in caplog.text
    assert len(list(tmp_path.glob("state.db.broken-*"))) >= 1


def test_a_deleted_state_is_logged_once(place):
    with place.start() as daemon:
        more(place, daemon)
        for file in place.state.glob("state.db*"):
            file.unlink()
        daemon.wait(lambda: daemon.said("was deleted or replaced"))
        more(place, daemon)
        assert daemon.end() == 0
    assert not daemon.said("Traceback")


def test_too_many_open_files_is_said_once_and_it_continues(place):
    with place.start() as daemon:
        more(place, daemon)
        pid = daemon.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))
        daemon.wait(lambda: daemon.said("Too many open files"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        more(place, daemon)
        assert daemon.end() == 0
    assert not daemon.said("Traceback")
    assert daemon.log.read_text().count("Too many open files") < 20


@pytest.mark.parametrize("command", ["daemon", "run"])
def test_complaints_and_warnings_are_json_too(place, command):
    place.write(subscription("x", "fly me"))
    done = place.wandbwatch(command, str(place.file), "--json-logs")
    assert done.returncode == 78
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert any("fly" in line["text"] for line in lines)
    assert {line["level"] for line in lines} == {"error"}


_NOISE = (
    "a print",
    "a line of stderr",
    "raw \ufffd bytes",
    "a warning\nof two lines",
    "a record\nof two lines",
    "a child",
    "ZeroDivisionError",
)


@pytest.mark.parametrize("command", ["daemon", "run"])
def test_whatever_a_library_writes_is_json_too(place, command):
    place.write(subscription("x", "noisy"))
    if command == "run":
        lines = place.wandbwatch("run", str(place.file), "--json-logs").stderr
    else:
        with place.start(None, "--json-logs") as daemon:
            more(place, daemon)
        lines = daemon.log.read_text()
    read = [json.loads(line) for line in lines.splitlines()]
    texts = "\n".join(one["text"] for one in read)
    assert [one for one in _NOISE if one not in texts] == []
    traces = [one["traceback"] for one in read if "traceback" in one]
    assert "RuntimeError: a bug" in traces[0]


def test_an_uncaught_error_is_json_too(capsys, monkeypatch):
    monkeypatch.setattr("wandbwatch.config.redaction._AS_JSON", [True])
    for hook in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, hook, getattr(sys, hook))
    install()
    sys.excepthook(ValueError, ValueError("x"), None)
    assert "ValueError: x" in json.loads(capsys.readouterr().err)["text"]
