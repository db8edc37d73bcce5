"""The whole life of a real run, reported by a real daemon that is killed on the way."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

from tests.daemon.running import Place, Running, subscription
from tests.runs.aged import age
from tests.runs.living import Living
from tests.servers.discord.server import DiscordServer


@pytest.fixture
def place(tmp_path: Path, discord_server: DiscordServer) -> Place:
    return Place(tmp_path, discord_server)


def sent(place: Place) -> list[str]:
    """Return the titles of all that stands in the channel."""
    return [
        embed["title"].replace("\\", "")
        for record in place.server.messages
        for embed in record["message"]["embeds"]
        if "title" in embed
    ]


def looked(daemon: Running) -> None:
    """Wait until the daemon has looked at the runs as they are now."""
    before = looks(daemon)
    daemon.wait(lambda: looks(daemon) > before + 1)


def looks(daemon: Running) -> int:
    return daemon.log.read_text().count(" life at ")


def done(_directory: str, names: list[str]) -> list[str]:
    """Leave out the run that was killed a moment ago: it seems to go on."""
    return [name for name in names if name.endswith("-crashed")]


def test_each_event_of_a_run_is_sent_once_although_the_daemon_is_killed(
    place, local_runs
):
    shutil.copytree(
        local_runs / "wandb", place.directory / "wandb", symlinks=True, ignore=done
    )
    place.write(subscription("life", f"events {place.directory} --settle 1s"))
    environ = {**place.environ, "WANDB_MODE": "offline"}
    with place.start() as daemon:
        looked(daemon)
        with Living(place.directory, "owl", environ) as run:
            run.tell(20)
            daemon.wait(lambda: sent(place))
            run.tell("alert the loss is odd")
            daemon.wait(lambda: "odd" in sent(place)[-1])
            daemon.end(signal.SIGKILL)
            run.tell("nan")
            run.tell("say CUDA out of memory")
            run.kill()
            age(run.file, 3600)
    with place.start() as daemon:
        daemon.wait(lambda: "have ended" in sent(place)[-1])
        looked(daemon)
        daemon.end(signal.SIGKILL)  # a restart reports nothing again
    with place.start() as daemon, Living(place.directory, "owl", environ) as run:
        run.tell(5)
        daemon.wait(lambda: "resumed" in sent(place)[-1])
        run.exit()
        daemon.wait(lambda: "have ended" in sent(place)[-1])
        looked(daemon)
        assert daemon.end() == 0
    idle = f"all runs in 2 projects in {place.directory} have ended: 1 "
    beginnings = [
        "life of owl started",
        "life of owl: the loss is odd (step ",
        "✗ life of owl crashed: CUDA out of memory (step ",
        "loss",
        f"{idle}crashed",
        "life of owl resumed (step ",
        "✓ life of owl finished: loss ",
        f"{idle}finished",
    ]
    assert len(sent(place)) == len(beginnings)
    for title, beginning in zip(sent(place), beginnings, strict=True):
        assert title.startswith(beginning)
    crashed = json.dumps(place.server.messages[2]["message"]["embeds"])
    assert "CUDA out of memory" in crashed
    assert "/loss.png" in crashed
    assert place.server.warnings == []
