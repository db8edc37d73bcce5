"""The little Discord refuses what is beyond a limit, and says where."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.servers.discord import Hook

QUIET: dict[str, Any] = {"allowed_mentions": {"parse": []}}


@pytest.fixture
def url(discord_server):
    return discord_server.url(Hook("11", "token-A")).replace("/api/", "/api/v10/")


def post(url: str, payload: Any) -> requests.Response:
    return requests.post(f"{url}?wait=true", json=payload, timeout=5)


def complaint(payload: Any, url: str) -> Any:
    answer = post(url, payload)
    assert answer.status_code == 400
    return answer.json()


LIMITS = [
    ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
    ({"content": 3}, "content", "STRING_TYPE_CONVERT"),
    ({"content": "x", "username": "Discord bot"}, "username", "USERNAME_INVALID_CON"),
    ({"content": "x", "username": "u" * 81}, "username", "BASE_TYPE_BAD_LENGTH"),
    ({"embeds": [{"title": "x"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "x" * 4097}]}, "embeds.0.description", "BASE_TYPE"),
    ({"embeds": [{"color": 1}]}, "embeds.0.description", "BASE_TYPE_REQUIRED"),
    ({"embeds": [{"title": "x", "color": "#ff"}]}, "embeds.0.color", "NUMBER_TYPE_C"),
    ({"embeds": [{"title": "x", "url": "ftp://x"}]}, "embeds.0.url", "URL_TYPE_INV"),
    (
        {"embeds": [{"footer": {"text": "x", "icon_url": ""}}]},
        "embeds.0.footer.icon_url",
        "URL_TYPE_INVALID_SCHEME",
    ),
    (
        {"embeds": [{"fields": [{"name": "x"}]}]},
        "embeds.0.fields.0.value",
        "BASE_TYPE_REQUIRED",
    ),
    (
        {"embeds": [{"fields": [{"name": "x", "value": "x" * 1025}]}]},
        "embeds.0.fields.0.value",
        "BASE_TYPE_MAX_LENGTH",
    ),
    (
        {"embeds": [{"description": "x" * 3001}] * 2},
        "embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
    ),
    (
        {"content": "x", "attachments": [{"id": 0}]},
        "attachments.0.id",
        "ATTACHMENT_NOT_FOUND",
    ),
    (
        {"content": "x", "allowed_mentions": {"parse": ["nobody"]}},
        "allowed_mentions.parse.0",
        "BASE_TYPE_CHOICES",
    ),
    (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
]


@pytest.mark.parametrize(("payload", "place", "code"), LIMITS)
def test_a_body_beyond_a_limit_is_refused_with_its_place(url, payload, place, code):
    errors = complaint(payload, url)
    assert errors["code"] == 50035
    at = errors["errors"]
    for part in place.split("."):
        at = at[part]
    assert at["_errors"][0]["code"].startswith(code)


def test_what_is_on_a_limit_is_taken(url, discord_server):
    embed = {
        "title": "t" * 256,
        "description": "  " + "d" * 4096,
        "fields": [{"name": "n" * 10, "value": "v" * 10}] * 25,
    }
    payload = {"content": "😀" * 2000, "embeds": [embed], **QUIET}
    assert post(url, payload).status_code == 200
    assert discord_server.warnings == []
