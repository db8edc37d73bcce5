from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.daemon.running import TOKEN, Place
from tests.experiments.place import Bench
from tests.servers.discord import Hook
from tests.servers.discord.server import DiscordServer


@pytest.fixture
def bench(tmp_path, discord_server: DiscordServer) -> Iterator[Bench]:
    """Start trainings; no process may be left when a test ends."""
    discord_server.board.put(Hook("111111111111111111", TOKEN))
    bench = Bench(Place(tmp_path, discord_server))
    yield bench
    bench.until(lambda: not bench.processes())
