"""A post that is not sent, drawn for a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from wandbwatch.cli import post
from wandbwatch.model.ports import Screen

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
