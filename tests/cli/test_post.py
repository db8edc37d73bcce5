"""A query's answer posted to a channel at once, or shown as it would be."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from wandbwatch.cli import post
from wandbwatch.model.ports import Screen

from tests.daemon.running import TOKEN, Place
from tests.servers.discord.faults import Fault
from tests.servers.discord.server import DiscordServer


@pytest.fixture
def place(tmp_path: Path, discord_server: DiscordServer) -> Place:
    place = Place(tmp_path, discord_server)
    place.write()
    place.environ["WANDBWATCH_CONFIG"] = str(place.file)
    return place


def test_an_answer_is_posted(place, local_runs):
    words = ("image", str(local_runs), "--keys", "train/loss", "--to", "lab")
    done = place.wandbwatch(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "posted to lab: 1 message\n"
    (record,) = place.server.messages
    assert record["message"]["embeds"][0]["image"]["url"].endswith("train_loss.png")
    assert len(record["files"]) == 1
    assert place.server.warnings == []


def test_a_dry_run_posts_and_keeps_nothing(place, local_runs):
    done = place.wandbwatch("project", str(local_runs), "--to", "lab", "--dry-run")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["channel"] == "lab"
    assert said["webhook"].endswith("/(hidden)")
    assert TOKEN not in done.stdout + done.stderr
    assert place.server.messages == []
    assert not place.state.exists()


def test_an_unknown_channel_is_said_before_anything_is_read(place):
    done = place.wandbwatch("project", "/nowhere", "--to", "lob")
    assert done.returncode == 2
    assert "no channel 'lob'; known: lab" in done.stderr


def test_an_error_is_the_terminals(place):
    done = place.wandbwatch("project", "/nowhere", "--to", "lab")
    assert done.returncode == 5
    assert "/nowhere does not exist" in done.stderr
    assert place.server.messages == []


def test_a_dry_run_is_one_of_a_post(place):
    done = place.wandbwatch("project", ".", "--dry-run")
    assert done.returncode == 2
    assert "--dry-run goes with --to CHANNEL" in done.stderr


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Fault("404_webhook", times=None), 6, "wandbwatch hello lab"),
        (Fault("429_user", times=None), 6, "it waits in the outbox"),
    ],
)
def test_what_is_not_posted_is_said(place, local_runs, fault, code, words):
    place.server.faults.append(fault)
    done = place.wandbwatch("project", str(local_runs), "--to", "lab")
    assert done.returncode == code
    assert words in done.stderr
    assert done.stderr.splitlines()[-1].startswith("wandbwatch: lab: ")


@pytest.mark.parametrize(
    ("webhook", "words"),
    [
        ('{ env = "NOT_SET" }', "env NOT_SET: not set in the environment"),
        ('{ file = "gone" }', "No such file or directory"),
        ('{ file = "fifo" }', "not a regular file"),
        ('{ env = "PORT" }', "names port 8443"),
        ('{ env = "USER_NAME" }', "has a user name before the host"),
        ('{ env = "ELSEWHERE" }', "https://example.org, which is not Discord"),
    ],
)
def test_a_webhook_that_cannot_work_fails_at_once(place, local_runs, webhook, words):
    path = "/api/webhooks/1/ttttttttt"
    place.environ["PORT"] = f"https://discord.com:8443{path}"
    place.environ["USER_NAME"] = f"https://me:pass@discord.com{path}"
    place.environ["ELSEWHERE"] = f"https://example.org{path}"
    os.mkfifo(place.directory / "fifo")
    text = place.file.read_text().replace('{ env = "HOOK" }\nany_host = true', webhook)
    place.file.write_text(text)
    done = place.wandbwatch("project", str(local_runs), "--to", "lab")
    assert done.returncode == 78
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "ttttttttt" not in done.stderr
    assert not place.state.exists()


def test_a_list_of_lines_has_no_such_option(place):
    place.write(
        'name = "x"\nchannel = "lab"\ncron = "@daily"\n'
        'commands = ["project . --to lab"]'
    )
    done = place.wandbwatch("check", str(place.file))
    assert done.returncode == 78
    assert "--to" in done.stderr


NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
SCREEN = Screen(40, colour=False, now=NOW)
POST = {
    "channel": "lab",
    "payload": {
        "content": "✗ seed3 failed: CUDA out of memory",
        "embeds": [
            {
                "title": "seed\\_3 (acme/gpt/s3)",
                "url": "https://wandb.ai/acme/gpt/runs/s3",
                "color": 0xED4245,
                "description": "**loss** 1\\.5 at [step 3](https://x.y)\n-# small\n"
                "```\nkey  last\nlr   **3**\n```\nended <t:1767351600:R>",
                "fields": [{"name": "host", "value": "`node-1`"}],
                "image": {"url": "attachment://loss.png"},
                "footer": {"text": "every hour"},
            }
        ],
    },
    "files": ["loss.png", "rows.csv"],
}


def test_a_post_is_drawn_as_its_channel_would_show_it():
    assert post.previewed(POST, SCREEN).splitlines() == [
        "#lab would get:",
        "webhook  APP",
        "✗ seed3 failed: CUDA out of memory",
        "▌ seed_3 (acme/gpt/s3)",
        "▌ loss 1.5 at step 3",
        "▌ small",
        "▌   key  last",
        "▌   lr   **3**",
        "▌ ended 1h ago",
        "▌ host",
        "▌ node-1",
        "▌ [picture] loss.png",
        "▌ every hour",
        "[file] rows.csv",
    ]


def test_without_a_screen_it_is_one_line_of_json():
    assert json.loads(post.previewed(POST, None)) == POST


@pytest.mark.parametrize("width", [10, 40, 200])
def test_no_line_is_wider_than_the_screen(width):
    long = {"channel": "lab", "payload": {"embeds": [{"description": "word " * 50}]}}
    drawn = post.previewed(long, Screen(width, colour=False, now=NOW))
    assert max(map(len, drawn.splitlines())) <= width
    assert drawn.count("word") == 50


def test_no_control_character_reaches_the_terminal():
    hostile = {"channel": "lab", "payload": {"content": "a\x1b[2Jb \x9b", "embeds": []}}
    drawn = post.previewed(hostile, SCREEN)
    assert "\x1b" not in drawn
    assert "\x9b" not in drawn
