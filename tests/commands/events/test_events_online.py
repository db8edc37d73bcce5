"""The life of a run that the real SDK logs to a server, read with the wandb package."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Fields, Plot, Report, Text
from wandbwatch.sources.cloud import session, wandb_core

from tests.commands.ticking import titles
from tests.fakes import FakeSource, fake_env
from tests.runs.living import Living
from tests.servers.wandb import WandbServer
from tests.servers.wandb.store import Run

NAME = "life of owl"


class Watch:
    """A line that asks the server, with the memory of the last time and our clock."""

    def __init__(self, line: str, server: WandbServer) -> None:
        self.line = line
        self.server = server
        self.told: dict[str, str] = {}
        self.now = datetime.now(UTC)
        self.asked = 0

    def tick(self, minutes: float = 1) -> list[Report]:
        self.now += timedelta(minutes=minutes)
        memory = Memory(self.told)
        env = replace(
            fake_env(FakeSource()),
            source=plugins.load("wandbwatch.sources", "cloud"),
            memory=memory,
            now=lambda: self.now,
        )
        before = self.server.counts.total()
        reports = list(grammar.parse(self.line, env).reports)
        self.asked = self.server.counts.total() - before
        changes = {**self.told, **memory.changes}
        self.told = {key: value for key, value in changes.items() if value is not None}
        return reports


@pytest.fixture
def server(wandb_server: WandbServer) -> Iterator[WandbServer]:
    wandb_core.kill()
    session.forget()
    old = [Run(f"old{i}", group="lives", summary={"loss": 0.9}) for i in range(5)]
    wandb_server.store.add(*old, *(Run(f"ended{i}") for i in range(1200)))
    yield wandb_server
    wandb_core.kill()
    session.forget()


def test_a_run_is_reported_from_its_start_to_its_end(server, tmp_path):
    """What it logs is on the server once it ends: its SDK sends each 15 seconds."""
    watch = Watch("events acme/gpt --stall 10m --settle 1s", server)
    assert watch.tick(0) == []
    assert watch.tick(0) == []
    assert watch.asked == 1, "one request, however many runs there are"
    with Living(tmp_path, "owl", os.environ) as living:
        assert titles(watch.tick(0)) == [f"{NAME} started (acme/gpt/owl)"]
        assert watch.tick() == []
        assert_a_false_crash_is_corrected(watch)
        assert titles(watch.tick(12)) == [f"{NAME} is stalled (acme/gpt/owl)"]
        assert watch.tick(60) == []
        assert watch.asked == 1
        for words in (20, "nan", 5, "say CUDA out of memory"):
            living.tell(words)
        living.exit(3)
    assert_its_end_says_why(watch)
    assert titles(watch.tick()) == ["all runs in acme/gpt have ended"]
    assert watch.tick() == []


def assert_a_false_crash_is_corrected(watch: Watch) -> None:
    run = watch.server.store.run("acme/gpt/owl")
    assert run is not None
    run.state = "crashed"  # as the server says when it hears nothing
    (crashed,) = watch.tick(0)
    assert crashed.title == f"{NAME} crashed (acme/gpt/owl)"
    run.state = "running"
    (mended,) = watch.tick(0)
    assert mended.title == f"{NAME} is still running; it did not crash (acme/gpt/owl)"
    assert mended.message_key == crashed.message_key


def assert_its_end_says_why(watch: Watch) -> None:
    (failed,) = watch.tick(0)
    assert failed.title == f"{NAME} failed (acme/gpt/owl)"
    assert watch.asked <= 4, "the card asks for its group, its console, its curves"
    fields = next(b for b in failed.blocks if isinstance(b, Fields))
    assert dict(fields.items)["exit code"] == 3
    (plot,) = (b for b in failed.blocks if isinstance(b, Plot))
    assert any(map(math.isnan, plot.lines[0].series.y))
    (error, console) = (b for b in failed.blocks if isinstance(b, Text))
    assert error.text in failed.headline
    assert "CUDA out of memory" in console.text
