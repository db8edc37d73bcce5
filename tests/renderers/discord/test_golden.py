from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from wandbwatch.renderers.discord import render

from tests.renderers.discord.golden import CASES, kept, made
from tests.renderers.discord.pictures import png
from tests.servers.discord import Hook


@pytest.mark.parametrize("name", CASES)
def test_the_examples_look_as_they_did(name):
    assert made(name) == kept(name)


@pytest.mark.parametrize("name", CASES)
def test_a_strict_discord_takes_the_examples_without_a_warning(name, discord_server):
    url = discord_server.url(Hook("11", "token")).replace("/api/", "/api/v10/")
    for message in render(CASES[name], png):
        parts: Any = {
            f"files[{i}]": (file.name, file.content)
            for i, file in enumerate(message.files)
        }
        parts["payload_json"] = (None, json.dumps(json.loads(message.body)))
        answer = requests.post(f"{url}?wait=true", files=parts, timeout=5)
        assert answer.status_code == 200, answer.text
    assert discord_server.warnings == []
    assert all(record["pings"] == [] for record in discord_server.messages)
