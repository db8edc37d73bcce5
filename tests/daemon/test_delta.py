"""`--delta` and `skip_unchanged` on the way to a channel."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from wandbwatch.cli.operations.worker import job_context
from wandbwatch.daemon.jobs.job import run_job
from wandbwatch.delivery.outbox import Queue, SendResults, Store
from wandbwatch.model.run import Run, State
from wandbwatch.model.settings import Cron, Mode, Subscription

from tests.daemon.running import Place, subscription
from tests.fakes import FakeSource, fake_env

SLOT = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Channel:
    """A subscription whose run a test moves, and its messages as they arrive."""

    def __init__(self, open_store, place) -> None:
        self.open_store = open_store
        self.place = place
        self.slot = SLOT
        self.run = Run("a", "a", State.RUNNING, last_step=0, summary={"loss": 1.0})
        self.subscription = Subscription(
            "s",
            "lab",
            Cron("@hourly"),
            ("project acme/gpt --columns loss --delta",),
            skip_unchanged=True,
        )

    def tick(self, **changes: Any) -> int:
        """Answer the next slot after a restart; return how many messages wait."""
        self.run = replace(self.run, **changes)
        self.slot += timedelta(hours=1)
        with self.store() as store:
            env = fake_env(FakeSource([self.run]))
            return run_job(
                self.subscription, self.slot, job_context(env, store)
            ).messages

    def deliver(self) -> list[str]:
        sent = []
        with self.store() as store:
            queue = Queue(store)
            while waiting := queue.head("lab"):
                queue.claim(waiting, "bucket")
                SendResults(store).delivered(waiting, f"id {waiting.id}", None)
                sent.append(waiting.queued.message.body)
        return sent

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = self.open_store(self.place, lambda: self.slot)
        yield store
        store.close()


@pytest.fixture
def channel(tmp_path, opened):
    return Channel(opened, tmp_path)


def test_a_report_says_what_changed_since_its_readers_saw_the_last(channel):
    channel.tick()
    (first,) = channel.deliver()
    assert "nothing to compare with yet" in first
    channel.tick(last_step=10, summary={"loss": 0.75})
    (second,) = channel.deliver()
    assert "loss **0.75 ↓0.25**" in second
    assert "last step 10 ↑10" in second


def test_a_report_is_not_compared_with_an_undelivered_one(channel):
    channel.tick()
    channel.deliver()
    channel.tick(last_step=10)
    channel.tick(last_step=30)
    (sent,) = channel.deliver()
    assert "last step 30 ↑30" in sent, "the report between gave way to this one"
    channel.tick(last_step=31)
    (sent,) = channel.deliver()
    assert "last step 31 ↑1" in sent


@pytest.mark.parametrize("mode", Mode)
def test_nothing_new_posts_nothing(channel, mode):
    channel.subscription = replace(channel.subscription, mode=mode)
    channel.tick()
    channel.deliver()
    channel.tick(last_step=10)
    channel.deliver()
    later = {"runtime": 99.0, "heartbeat": SLOT}
    assert channel.tick(**later) == 0, "neither the change before nor time is news"
    assert channel.tick() == 0
    assert channel.tick(state=State.CRASHED) == 1
    (sent,) = channel.deliver()
    assert "ended since the last report: a (a, crashed)" in sent
    assert "↑" not in sent
    assert channel.tick() == 0


def test_a_line_without_delta_is_not_fooled_by_time_either(channel):
    lines = ("project acme/gpt", "summary acme/gpt/a", "image acme/gpt --keys loss")
    channel.subscription = replace(channel.subscription, commands=lines)
    channel.tick(runtime=1.0, heartbeat=SLOT)
    assert channel.deliver()
    assert channel.tick(runtime=99.0, heartbeat=SLOT + timedelta(hours=1)) == 0
    assert channel.tick(summary={"loss": 0.5}) == 1


def test_from_the_command_line_to_the_channel(tmp_path, discord_server, local_runs):
    place = Place(tmp_path, discord_server)
    # Without the killed run, which is running until it was silent for ten minutes.
    finished = next(local_runs.glob("wandb/*-finished"))
    runs = tmp_path / "runs"
    shutil.copytree(finished, runs / "wandb" / finished.name)
    lines = (
        f"project {runs} --delta",
        f"summary {finished} --delta",
        f"image {runs} --keys train/loss --delta",
    )
    body = subscription("s", *lines) + "\nskip_unchanged = true"
    place.write(body)
    first, again = (place.wandbwatch("run", str(place.file)) for _ in range(2))
    assert first.returncode == again.returncode == 0, first.stderr + again.stderr
    assert "messages: 0" not in first.stderr
    assert "messages: 0" in again.stderr
    posted = str([message["message"] for message in discord_server.messages])
    assert posted.count("nothing to compare with yet") == len(lines)
    assert discord_server.warnings == []
