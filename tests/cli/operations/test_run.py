"""One pass of the lists: for cron, for systemd's timers, and dry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.daemon.running import TOKEN, Place, subscription
from tests.servers.discord.faults import Fault
from tests.servers.discord.server import DiscordServer

NEVER = 'cron = "0 0 1 1 *"'


@pytest.fixture
def place(tmp_path: Path, discord_server: DiscordServer) -> Place:
    return Place(tmp_path, discord_server)


def test_a_pass_posts_every_list_now(place, local_runs):
    place.write(
        subscription("one", f"project {local_runs}", when=NEVER),
        subscription("two", f"project {local_runs} --topk 1", when=NEVER),
    )
    done = place.wandbwatch("run", str(place.file))
    assert done.returncode == 0, done.stderr
    assert len(place.server.messages) == 2
    assert place.server.warnings == []
    assert TOKEN not in done.stderr + done.stdout


def test_the_lists_can_be_named(place, local_runs):
    place.write(
        subscription("one", f"project {local_runs}", when=NEVER),
        subscription("two", f"project {local_runs}", when=NEVER),
    )
    assert place.wandbwatch("run", str(place.file), "two").returncode == 0
    assert len(place.server.messages) == 1
    done = place.wandbwatch("run", "--config", str(place.file), "three")
    assert done.returncode == 2
    assert "no subscription 'three'; there are: one, two" in done.stderr


def test_the_exit_code_says_what_failed(place, local_runs):
    lines = ("project /nowhere", f"project {local_runs}")
    place.write(subscription("one", *lines, when=NEVER))
    done = place.wandbwatch("run", str(place.file))
    assert done.returncode == 5
    assert "/nowhere does not exist" in done.stderr
    (message,) = place.server.messages
    assert len(message["message"]["embeds"]) == 2, "the rest is posted"


def test_what_can_not_be_sent_waits(place, local_runs):
    place.write(subscription("one", f"project {local_runs}", when=NEVER))
    place.server.faults.append(Fault("429_user", times=None, seconds=3600))
    done = place.wandbwatch("run", str(place.file))
    assert done.returncode == 6
    assert "messages waiting for the next run or the daemon: 1" in done.stderr
    waiting = place.wandbwatch("outbox", "--config", str(place.file), "-o", "json")
    assert '"one"' in waiting.stdout


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ('env = "NOT_SET"', "env NOT_SET: not set in the environment"),
        ('env = "HOME"', "the webhook's URL is invalid"),
        ('file = "/nowhere/hook"', "/nowhere/hook"),
    ],
)
def test_a_message_for_a_webhook_that_is_none_waits_without_more_tries(
    place, local_runs, hook, said
):
    place.write(subscription("one", f"project {local_runs}", when=NEVER))
    place.file.write_text(place.file.read_text().replace('env = "HOOK"', hook))
    done = place.wandbwatch("run", str(place.file))
    assert done.returncode == 6
    assert done.stderr.count(said) == 1
    assert "messages waiting for the next run or the daemon: 1" in done.stderr


def test_a_webhook_that_is_gone_is_said(place, local_runs):
    place.write(subscription("one", f"project {local_runs}", when=NEVER))
    place.server.faults.append(Fault("404_webhook", times=None))
    done = place.wandbwatch("run", str(place.file))
    assert done.returncode == 6
    assert "lab: stopped: " in done.stderr


def test_a_dry_run_prints_the_posts_and_keeps_nothing(place, local_runs):
    lines = (f"project {local_runs}", f"image {local_runs} --keys train/loss")
    place.write(subscription("one", *lines, when=NEVER))
    done = place.wandbwatch("run", str(place.file), "--dry-run")
    assert done.returncode == 0, done.stderr
    (said,) = map(json.loads, done.stdout.splitlines())
    assert said["subscription"] == "one"
    assert said["webhook"].endswith("/api/v10/webhooks/111111111111111111/(hidden)")
    assert said["payload"]["embeds"][0]["title"]
    assert said["files"] == ["train_loss.png"]
    assert TOKEN not in done.stdout + done.stderr
    assert place.server.messages == []
    assert not (place.state / "state.db").exists()
