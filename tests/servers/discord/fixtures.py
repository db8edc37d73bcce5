"""Fixtures for any test that posts to Discord; tests/conftest.py names them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.discord.server import DiscordServer


@pytest.fixture
def discord_server(tmp_path: Path) -> Iterator[DiscordServer]:
    """Serve Discord without rate limits, empty, for one test."""
    server = DiscordServer(tmp_path / "discord").start()
    yield server
    server.stop()
