"""The sender under test: a real outbox, the real sink, a real server, no waiting."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from threading import Event
from typing import Any

from wandbwatch.delivery.discord import TIMEOUTS, Discord, Timeouts, join
from wandbwatch.delivery.discord.webhook import Webhook
from wandbwatch.delivery.outbox import Outbox, OutboxAdmin, Queue, Store
from wandbwatch.delivery.sender import RateBuckets, SenderContext, Timekeeper
from wandbwatch.delivery.sender.delivery import Delivery
from wandbwatch.model.delivery import Message, Outcome, QueuedMessage, Wording
from wandbwatch.model.settings import Channel, QuietHours, Secret, SecretKind

from tests.delivery.outbox.messages import Clock
from tests.servers.discord import DiscordServer, Hook, Limits


def duplicate(message: Message) -> Message:
    body = json.loads(message.body)
    text = f"(possible duplicate) {body.get('content', '')}"
    return replace(message, body=json.dumps({**body, "content": text}))


def plain(message: Message) -> Message:
    return Message(json.dumps({"content": f"plain: {message.body[:60]}"}))


def mention(message: Message, whom: Sequence[str]) -> Message:
    body = json.loads(message.body)
    body["content"] = " ".join([*whom, body.get("content", "")])
    ids = [each.strip("<@>") for each in whom]
    body["allowed_mentions"] = {"parse": [], "users": ids}
    return Message(json.dumps(body), message.files)


IMPATIENT = Timeouts(connect=1, read=0.45, total=0.7)
WORDING = Wording(mention, duplicate, plain, join)


class _Discord(Discord):
    """Gives up soon only on answers that stall: a busy machine is no failure."""

    def __init__(self, server: DiscordServer) -> None:
        super().__init__()
        self._server = server

    def _ask(self, channel: Channel, what: Callable[[Webhook], Outcome]) -> Outcome:
        stalls = any(fault.stalls for fault in self._server.faults)
        self._timeouts = IMPATIENT if stalls else TIMEOUTS
        return super()._ask(channel, what)


class SenderHarness:
    """What is enqueued here is delivered by a clock that nobody has to wait for.

    Threads need a real one: nothing holds them together but time.
    """

    def __init__(self, directory: Path, *, real: bool = False) -> None:
        self.ending = Event()
        self.clock: Any = Timekeeper(UTC, self.ending) if real else Clock()
        self.server = DiscordServer(
            directory / "discord", Limits(), lambda: self.clock.now().timestamp()
        ).start()
        self.store = Store(directory / "state", self.clock.now)
        self.channels: dict[str, Channel] = {}
        self.hook("lab")
        self.restart()

    def hook(
        self, name: str, hook: Hook | None = None, quiet: QuietHours | None = None
    ) -> Channel:
        hook = hook or Hook(str(11 + len(self.channels)), f"token-{name}", f"3{name}")
        secret = Secret(SecretKind.PLAIN, self.server.url(hook))
        self.channels[name] = Channel(name, secret, any_host=True, quiet=quiet)
        return self.channels[name]

    def restart(self, *, once: bool = False) -> None:
        """Begin anew as a new sender process would."""
        self.sink = _Discord(self.server)
        self.context = SenderContext(
            self.store,
            self.sink,
            WORDING,
            self.clock,
            RateBuckets(self.store),
            self.ending.is_set,
            once,
        )
        Queue(self.store).recover()

    def enqueue(self, *messages: QueuedMessage) -> None:
        with Outbox(self.store).round() as round_:
            for queued in messages:
                round_.enqueue(queued)

    def deliver(self, name: str = "lab") -> None:
        """Deliver what waits for a channel, in this thread."""
        Delivery(self.channels[name], self.context).run()

    @property
    def texts(self) -> list[str]:
        return self.server.texts

    @property
    def admin(self) -> OutboxAdmin:
        return OutboxAdmin(self.store)

    def close(self) -> None:
        self.server.stop()
        self.store.close()
