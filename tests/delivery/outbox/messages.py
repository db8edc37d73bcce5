"""Messages and a clock for the tests of the outbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from wandbwatch.delivery.outbox import Outbox, Queue, Store, Waiting
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message, MessageFile, MessageKind, QueuedMessage

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that moves when somebody waits by it."""

    def __init__(self, start: datetime = NOON) -> None:
        self.at = start

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=max(seconds, 0))


def queued(
    text: str,
    subscription: str = "gpt",
    hour: int = 0,
    sequence: int = 0,
    *,
    channel: str = "lab",
    kind: MessageKind = MessageKind.REPORT,
    level: Level = Level.INFO,
    edit: bool = False,
    expires: datetime | None = None,
    files: tuple[MessageFile, ...] = (),
) -> QueuedMessage:
    return QueuedMessage(
        channel,
        subscription,
        NOON + timedelta(hours=hour),
        sequence,
        Message(json.dumps({"content": text}), files),
        kind,
        level,
        expires,
        edit,
    )


def enqueue(store: Store, *messages: QueuedMessage) -> list[bool]:
    with Outbox(store).round() as round_:
        return [round_.enqueue(each) for each in messages]


def head(store: Store, channel: str = "lab", *, quiet: Level | None = None) -> Waiting:
    found = Queue(store).head(channel, quiet=quiet)
    assert found
    return found


def text(waiting: Waiting) -> str:
    content: str = json.loads(waiting.queued.message.body)["content"]
    return content
