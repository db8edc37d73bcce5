"""hello, outbox and send, as a shell sees them."""

from __future__ import annotations

from pathlib import Path

import pytest
from wandbwatch.cli import grammar
from wandbwatch.cli.output import run_line
from wandbwatch.delivery.outbox import Outbox, OutboxAdmin, Queue, SendResults, Store
from wandbwatch.model.errors import ExitCode
from wandbwatch.renderers import plain

from tests.delivery.outbox.messages import queued
from tests.fakes import FakeSource, fake_env
from tests.servers.discord import DiscordServer, Fault, Hook

pytestmark = pytest.mark.usefixtures("path")


@pytest.fixture
def path(tmp_path: Path, discord_server: DiscordServer, monkeypatch):
    (tmp_path / "watch.toml").write_text(
        f"""
        [channels.lab]
        webhook = "{discord_server.url(Hook("11", "token-lab"))}"
        any_host = true
        [channels.runs]
        webhook = "{discord_server.url(Hook("12", "token-runs", "22", "forum"))}"
        any_host = true
        thread_name = "runs"
        [daemon]
        state = "state"
        """
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path / "watch.toml"


@pytest.fixture
def store(path):
    store = Store(path.parent / "state")
    yield store
    store.close()


def shell(*words: object) -> int:
    """Answer a command line as the front door does, in plain text."""
    given = [str(word) for word in words]
    env = fake_env(FakeSource())
    return run_line(lambda: grammar.read(given, env), lambda _output: plain.render)


def enqueue(store: Store, *texts: str, channel: str = "lab") -> None:
    with Outbox(store).round() as round_:
        for i, text in enumerate(texts):
            round_.enqueue(queued(text, sequence=i, channel=channel))


def test_hello_says_what_discord_answers(path, discord_server, capsys):
    assert shell("hello", "--config", path) == ExitCode.FINE
    told = capsys.readouterr().out
    first, second = discord_server.messages
    assert f"lab\tdelivered: message {first['id']}" in told
    assert f"runs\tdelivered: message {second['id']}" in told
    assert not (path.parent / "state").exists()


def test_hello_to_one_that_is_gone_fails_and_says_so(discord_server, capsys):
    discord_server.faults.append(Fault("gone"))
    assert shell("hello", "lab") == ExitCode.NETWORK
    told = capsys.readouterr()
    assert "lab\tthe webhook is gone: 10015 Unknown Webhook" in told.out
    assert "wandbwatch: not posted to: lab; see above" in told.err
    assert "token-lab" not in told.out + told.err


def test_hello_to_one_that_is_unknown_names_those_there_are(capsys):
    assert shell("hello", "lap") == ExitCode.USAGE
    assert "no channel 'lap'; known: lab, runs" in capsys.readouterr().err


def test_a_stopped_channel_is_resumed_by_hello(discord_server, store):
    OutboxAdmin(store).stop("lab", "10015 Unknown Webhook")
    discord_server.faults.append(Fault("502_html"))
    assert shell("hello", "lab") == ExitCode.NETWORK
    assert len(OutboxAdmin(store).stopped()) == 1
    assert shell("hello", "lab") == ExitCode.FINE
    assert OutboxAdmin(store).stopped() == ()


def test_hello_sends_queued_messages_at_once(discord_server, store, capsys):
    enqueue(store, "one")
    first = Queue(store).head("lab")
    assert first
    SendResults(store).retry(first, 600, "connection refused")
    assert shell("hello", "lab") == ExitCode.FINE
    assert discord_server.texts[1:] == ["one"]
    assert "sent what waited" in capsys.readouterr().out


@pytest.mark.usefixtures("store")
def test_hello_opens_a_forums_thread_once(discord_server):
    assert shell("hello", "runs") == shell("hello", "runs") == ExitCode.FINE
    assert len({m["thread_id"] for m in discord_server.messages}) == 1


def test_outbox_without_a_state(path, capsys):
    assert shell("outbox", path) == ExitCode.FINE
    assert "nothing has been posted yet" in capsys.readouterr().out


def test_outbox_shows_waiting_and_failed_and_stopped_channels(path, store, capsys):
    enqueue(store, "one", "two", "three")
    enqueue(store, "four", channel="runs")
    first = Queue(store).head("lab")
    assert first
    SendResults(store).failed(first, "50035 embeds[0].title: too long")
    OutboxAdmin(store).stop("runs", "10015 Unknown Webhook")
    assert shell("outbox", path) == ExitCode.FINE
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert next(row[2] for row in rows if row[0] == "runs") == "10015 Unknown Webhook"
    failed = next(row for row in rows if row[-1].startswith("50035"))
    assert (failed[0], failed[1], failed[3]) == ("lab", "gpt", "1")
    waiting = [row for row in rows if len(row) == 6 and row[0] == "lab" and not row[5]]
    assert [row[3] for row in waiting] == ["2"]


def test_outbox_retries_and_drops_failed_messages(path, store, capsys):
    enqueue(store, "one")
    for way, left in (("--retry", 1), ("--drop", 0)):
        first = Queue(store).head("lab")
        assert first
        SendResults(store).failed(first, "50035")
        assert shell("outbox", path, way) == ExitCode.FINE
        assert Outbox(store).pending() == left
        assert OutboxAdmin(store).failed() == ()
    told = capsys.readouterr().out
    assert "1 message will be sent again" in told
    assert "1 message deleted" in told
    assert shell("outbox", path, "--retry", "--drop") == ExitCode.USAGE


def test_outbox_drops_waiting_messages_by_id_by_channel_or_all(path, store, capsys):
    enqueue(store, "one", "two", "three")
    enqueue(store, "four", "five", channel="runs")
    assert shell("outbox", path) == ExitCode.FINE
    assert "ids: lab 1-3; runs 4-5" in capsys.readouterr().out
    assert shell("outbox", path, "--drop", "2") == ExitCode.FINE
    assert shell("outbox", path, "runs", "--drop") == ExitCode.FINE
    assert "2 messages deleted" in capsys.readouterr().out
    assert [entry.id for entry in OutboxAdmin(store).waiting()] == [1, 3]
    for words in (["--drop", "2"], ["--drop", "runs"]):
        assert shell("outbox", path, *words) == ExitCode.NOT_FOUND
    assert shell("outbox", path, "--drop") == ExitCode.FINE, "what failed: nothing"
    assert len(OutboxAdmin(store).waiting()) == 2
    for words in (["lab"], ["--all"], ["--retry", "--all"], ["--drop", "--all", "1"]):
        assert shell("outbox", path, *words) == ExitCode.USAGE
    assert shell("outbox", path, "--drop", "--all") == ExitCode.FINE
    assert OutboxAdmin(store).waiting() == ()


def test_a_broken_state_is_one_line(path, store, capsys):
    store.read("PRAGMA user_version = 99")
    assert shell("outbox", path) == ExitCode.OURS
    assert "newer wandbwatch" in capsys.readouterr().err
