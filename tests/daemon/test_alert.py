"""Alerts through real jobs, outboxes and daemons, some of which are killed."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.daemon.jobs.job import JobContext, run_job
from wandbwatch.delivery.outbox import Outbox, Queue, SendResults, Store
from wandbwatch.model.errors import StateError
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Report
from wandbwatch.model.run import Run, Series, State
from wandbwatch.model.settings import Cron, Subscription

from tests.daemon.running import Place, Running, subscription
from tests.fakes import NOW, FakeSource, fake_env
from tests.runs.living import Living

LINE = "alert me/p --when 'x > 5' --for 0s"
MINUTE = timedelta(minutes=1)


class World:
    """A real outbox, and a run whose newest value a test sets."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self.open_store = open_store
        self.store = open_store()
        self.minutes = 0
        self.values: list[float] = []

    def ask(self, line: str, memory: Memory) -> Iterator[Report]:
        now = NOW + self.minutes * MINUTE
        times = [(NOW + i * MINUTE).timestamp() for i in range(len(self.values))]
        run = Run("a", "owl", State.RUNNING, heartbeat=now, entity="me", project="p")
        source = FakeSource([run], [Series("x", times, self.values)])
        env = replace(fake_env(source), memory=memory, now=lambda: now)
        yield from grammar.parse(line, env).reports

    def tick(self, value: float) -> None:
        self.values.append(value)
        render = plugins.load("wandbwatch.renderers", "discord")
        context = JobContext(self.ask, render, repr, Outbox(self.store))
        list_ = Subscription("s", "lab", Cron("* * * * *"), (LINE,))
        try:
            run_job(list_, NOW + self.minutes * MINUTE, context)
        finally:
            self.minutes += 1

    def full(self, pages: int) -> None:
        used = self.store.read("PRAGMA page_count")[0][0]
        self.store.read(f"PRAGMA max_page_count = {used + pages}")

    def sent(self) -> list[tuple[str, str]]:
        """Deliver what waits; return the places and titles."""
        sent, queue = [], Queue(self.store)
        while waiting := queue.head("lab"):
            queue.claim(waiting, "bucket")
            SendResults(self.store).delivered(waiting, f"id {waiting.id}", None)
            title = json.loads(waiting.queued.message.body)["embeds"][0]["title"]
            sent.append((waiting.queued.place, str(title)))
        return sent


@pytest.fixture
def world(tmp_path, opened):
    return World(lambda: opened(tmp_path, lambda: NOW))


def titles(sent: Sequence[tuple[str, str]]) -> list[str]:
    return [title for _, title in sent]


def test_an_alert_is_sent_once_despite_restarts_and_failed_jobs(world):
    world.tick(1)
    world.full(0)
    with pytest.raises(StateError, match="full"):
        world.tick(9)
    world.full(1000)
    assert world.sent() == [], "what could not be written was not posted"
    world.tick(9)
    world.store = world.open_store()  # another process
    world.tick(9)
    assert titles(world.sent()) == ["✗ owl: x 9 > 5 since 12:02 UTC"]
    world.tick(1)
    world.tick(1)
    assert titles(world.sent()) == [
        "✓ owl: no longer x > 5: x 1; it held for 2 min from 12:02 UTC"
    ]


def test_a_flapping_alert_edits_its_message(world):
    sent = []
    for value in (9, 1, 9, 1, 9, 1):
        world.tick(value)
        sent += world.sent()
    assert len(sent) == 6
    assert len({place for place, _ in sent}) == 1
    for _ in range(12):
        world.tick(1)
    world.tick(9)
    (again,) = world.sent()
    assert again[0] not in {place for place, _ in sent}


@pytest.fixture
def place(tmp_path: Path, discord_server) -> Place:
    return Place(tmp_path, discord_server)


def posted(place: Place) -> list[str]:
    """Return the headlines of the cards about the run."""
    return [
        embed["title"]
        for record in place.server.messages
        for embed in record["message"]["embeds"]
        if "acme/gpt/owl" in embed.get("footer", {}).get("text", "")
    ]


def looked(daemon: Running) -> None:
    """Wait until the daemon has looked at the runs as they are now."""

    def looks() -> int:
        return daemon.log.read_text().count(" watch at ")

    before = looks()
    daemon.wait(lambda: looks() > before + 1)


def test_a_real_run_is_watched_by_a_daemon_that_is_killed(place):
    rules = "--when 'nan(loss)' --when 'log(/out of memory/)' --when 'stalled(1h)'"
    place.write(subscription("watch", f"alert {place.directory} {rules}"))
    environ = {**place.environ, "WANDB_MODE": "offline"}
    with Living(place.directory, "owl", environ) as run:
        run.tell(5)
        with place.start() as daemon:
            looked(daemon)
            run.tell("nan")
            daemon.wait(lambda: posted(place))
            (nan,) = posted(place)
            assert nan.startswith("✗ life of owl: loss is NaN")
            daemon.end(signal.SIGKILL)
        run.tell("say CUDA out of memory")
        run.tell(5)
        with place.start() as daemon:
            daemon.wait(lambda: len(posted(place)) > 1)
            looked(daemon)
            nan, memory = posted(place)
            assert nan.startswith("✓ life of owl: no longer nan(loss): loss ")
            assert memory.startswith(
                "✗ life of owl: console: CUDA out of memory, since"
            )
            run.exit(1)
            daemon.wait(lambda: "failed while" in posted(place)[1])
            looked(daemon)
            assert daemon.end() == 0
    assert posted(place)[0] == nan
    assert posted(place)[1].startswith("life of owl failed while log(/out of memory/)")
    assert place.server.warnings == []
