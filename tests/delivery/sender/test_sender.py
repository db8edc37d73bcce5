"""The sender as a whole: its threads, its lock, its end."""

from __future__ import annotations

import logging
import os

import pytest
from wandbwatch.delivery.sender import BusyError, Sender, alone
from wandbwatch.model.errors import StateError

from tests.delivery.outbox.messages import queued
from tests.delivery.sender.harness import SenderHarness
from tests.servers.discord import Fault


@pytest.fixture
def threads(tmp_path):
    harness = SenderHarness(tmp_path, real=True)
    yield harness
    harness.close()


def test_no_channel_holds_up_another(threads):
    threads.hook("slow")
    threads.hook("gone")
    threads.server.faults += [Fault("hang", hook="12"), Fault("gone", hook="13")]
    for i in range(3):
        for name in ("slow", "gone", "lab"):
            threads.enqueue(queued(f"{name} {i}", name, sequence=i, channel=name))
    Sender(threads.context, threads.channels).run()
    slow = ["(possible duplicate) slow 0", "slow 1", "slow 2"]
    assert threads.texts == ["lab 0", "lab 1", "lab 2", *slow]
    assert len(threads.admin.waiting()) == 3


def test_a_channel_that_is_unknown_is_stopped_until_it_is_configured(threads, caplog):
    threads.enqueue(queued("x", channel="unheard"), queued("y"))
    Sender(threads.context, threads.channels).run()
    assert threads.texts == ["y"]
    assert "unheard: no channel of that name" in caplog.text
    threads.hook("unheard")
    Sender(threads.context, threads.channels).run()
    assert threads.texts == ["y", "x"]


def test_it_ends_with_the_send_that_is_on_its_way(threads):
    threads.enqueue(*(queued(str(i), sequence=i) for i in range(5)))
    post = threads.sink.post

    def last(*words, **named):
        threads.ending.set()
        return post(*words, **named)

    threads.sink.post = last
    Sender(threads.context, threads.channels).run()
    assert threads.texts == ["0"]
    assert len(threads.admin.waiting()) == 4
    threads.ending.clear()
    threads.restart()
    Sender(threads.context, threads.channels).run()
    assert threads.texts == ["0", "1", "2", "3", "4"]


def test_one_pass_ends_when_the_state_is_taken_away(harness):
    harness.enqueue(queued("one"), queued("two", sequence=1))
    harness.restart(once=True)
    post, path = harness.sink.post, harness.store.path

    def lost(*words, **named):
        # At once: nobody finds no file there, and makes a new one.
        nothing = path.with_name("nothing")
        nothing.symlink_to(path.parent)
        nothing.replace(path)
        return post(*words, **named)

    harness.sink.post = lost
    sender = Sender(harness.context, harness.channels)
    with pytest.raises(StateError, match=r"state\.db"):
        sender.run()
    assert harness.texts == ["one"]


def test_it_shows_that_it_is_alive(threads):
    beats: list[int] = []
    threads.enqueue(queued("x"))
    Sender(threads.context, threads.channels, lambda: beats.append(1)).run()
    assert beats


def test_there_is_one_sender_a_state(tmp_path):
    again = alone(tmp_path)
    with alone(tmp_path), pytest.raises(BusyError, match="another sender is running"):
        again.__enter__()
    with alone(tmp_path):
        pass
    nowhere = alone(tmp_path / "nowhere")
    with pytest.raises(StateError):
        nowhere.__enter__()


def test_a_full_disk_sends_nothing_and_passes(harness, monkeypatch, caplog):
    """Nothing leaves while its end could not be written; then all does, once."""
    caplog.set_level(logging.ERROR)
    harness.enqueue(queued("one"), queued("two", sequence=1))
    fields = list(os.statvfs("/"))
    fields[4] = 1
    full, real, wait = os.statvfs_result(fields), os.statvfs, harness.clock.wait
    monkeypatch.setattr(os, "statvfs", lambda _path: full)
    waits = []

    def waiting(seconds: float) -> None:
        wait(seconds)
        waits.append(seconds)
        if len(waits) == 20:
            assert harness.texts == []
            monkeypatch.setattr(os, "statvfs", real)

    harness.clock.wait = waiting
    harness.deliver()
    assert harness.texts == ["one", "two"]
    assert len(caplog.records) == 1


def test_an_end_that_cannot_be_written_is_written_later(harness, caplog):
    """The message stands and the disk is full: it is not sent again."""
    harness.enqueue(queued("one"), queued("two", sequence=1))
    post, wait = harness.sink.post, harness.clock.wait

    def fill(*words, **named):
        outcome = post(*words, **named)
        harness.store.read("PRAGMA query_only = 1")
        return outcome

    def waiting(seconds: float) -> None:
        wait(seconds)
        if seconds > 10:
            harness.store.read("PRAGMA query_only = 0")

    harness.sink.post = fill
    harness.clock.wait = waiting
    harness.deliver()
    assert harness.texts == ["one", "two"]
    assert "it can't be written" in caplog.text
