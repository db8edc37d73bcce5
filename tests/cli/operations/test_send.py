"""The sender as the daemon starts it: a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from wandbwatch.cli import grammar
from wandbwatch.delivery.outbox import Outbox, Queue, Store

from tests.delivery.outbox.messages import queued
from tests.servers.discord import DiscordServer, Fault, Hook

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def store(tmp_path: Path, discord_server: DiscordServer):
    url = discord_server.url(Hook("11", "token-of-lab"))
    (tmp_path / "watch.toml").write_text(
        f'[channels.lab]\nwebhook = "{url}"\nany_host = true\n'
        '[daemon]\nstate = "state"\n'
    )
    store = Store(tmp_path / "state")
    yield store
    store.close()


@pytest.fixture
def start(tmp_path: Path):
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-m", "wandbwatch", "send"]
        process = subprocess.Popen(
            [*program, str(tmp_path / "watch.toml"), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "NO_PROXY": "*"},
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def enqueue(store: Store, count: int) -> None:
    with Outbox(store).round() as round_:
        for i in range(count):
            round_.enqueue(queued(str(i), sequence=i))


def test_send_posts_the_queued_messages_and_exits(store, start: Start, discord_server):
    enqueue(store, 3)
    process = start()
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert out.strip() == ""
    assert "\n" in out  # its sign of life
    assert discord_server.texts == ["0", "1", "2"]
    assert discord_server.warnings == []


def test_it_leaves_the_work_to_another_one(store, start: Start, discord_server):
    discord_server.faults.append(Fault("hang", method="POST"))
    enqueue(store, 1)
    first = start()
    while not Queue(store).sent("11", 0):
        assert first.poll() is None
        os.sched_yield()
    second = start("--once")
    _, err = second.communicate(timeout=30)
    assert second.returncode == 0
    assert "another sender is running" in err


def test_it_takes_over_from_one_that_dies(store, start: Start, discord_server):
    discord_server.faults.append(Fault("hang", method="POST"))
    enqueue(store, 1)
    first = start()
    while not Queue(store).sent("11", 0):
        assert first.poll() is None
        os.sched_yield()
    second = start()
    assert second.stderr
    assert "another sender is running" in second.stderr.readline()
    first.kill()
    _, err = second.communicate(timeout=30)
    assert second.returncode == 0
    assert "another sender" not in err
    assert Outbox(store).pending() == 0


def test_sigterm_ends_it_after_the_send_on_its_way(store, start, discord_server):
    enqueue(store, 40)
    process = start()
    while len(discord_server.messages) < 2:
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0
    told = discord_server.texts
    assert 2 <= len(told) < 40
    assert told == [str(i) for i in range(len(told))]
    assert Queue(store).recover() == 0
    assert Outbox(store).pending() == 40 - len(told)


def test_it_ends_when_its_daemon_has_died(store, start, discord_server):
    enqueue(store, 40)
    process = start()
    process.stdout.close()
    assert process.wait(timeout=30) == 0
    assert len(discord_server.messages) < 40
    assert Queue(store).recover() == 0


def test_no_log_of_it_shows_the_token(store, start, discord_server):
    discord_server.faults += [
        Fault("gone", "POST", skip=1),
        Fault("reset_before", "POST"),
    ]
    enqueue(store, 2)
    process = start("--json-logs")
    _, err = process.communicate(timeout=30)
    assert "channel lab is stopped" in err
    assert "token-of-lab" not in err


def test_it_is_no_command_for_people(capsys):
    grammar.read(["--help"], None)  # type: ignore[arg-type]
    assert "send " not in capsys.readouterr().out
