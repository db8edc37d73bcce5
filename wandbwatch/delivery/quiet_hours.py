"""Quiet hours: hold a channel's messages, and send one digest of them afterwards.

What a channel does not hold is in the condition `passes_quiet_hours` of the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wandbwatch.delivery.outbox.queue import SAME_PLACE, passes_quiet_hours
from wandbwatch.delivery.outbox.rows import Waiting, insert, waiting
from wandbwatch.delivery.outbox.store import Store
from wandbwatch.model.delivery import Message, MessageKind, QueuedMessage
from wandbwatch.model.report import Level
from wandbwatch.model.settings import QuietHours

DIGEST = "(quiet hours)"
"""The value of the column ``subscription`` for a digest."""


def is_quiet(hours: QuietHours | None, now: datetime) -> bool:
    """Whether the time of day of *now* is in *hours*; their end is not in them."""
    if hours is None:
        return False
    at = now.time()
    if hours.start <= hours.end:
        return hours.start <= at < hours.end
    return at >= hours.start or at < hours.end


def heading(hours: QuietHours, messages: int) -> str:
    """Return the first line of a digest."""
    span = f"{hours.start:%H:%M}\N{EN DASH}{hours.end:%H:%M}"
    return f"Held in the quiet hours, {span}: {messages} posts"


class HeldMessages:
    """The messages that quiet hours hold in the outbox."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def hold(self, channel: str, least: Level) -> None:
        """Mark the waiting messages of *channel* that are less bad than *least*, so
        that a digest follows."""
        new = (
            "channel = ? AND state = 'waiting' AND NOT held"
            f" AND NOT ({passes_quiet_hours(least)})"
        )
        if self._store.read(f"SELECT 1 FROM message WHERE {new} LIMIT 1", channel):
            with self._store.write() as database:
                database.execute(f"UPDATE message SET held = 1 WHERE {new}", [channel])

    def held(self, channel: str) -> tuple[Waiting, ...]:
        """Return the messages held for *channel*, in their order.

        Without live reports, which are edited as usual, and without events that edit
        a message that is already posted.
        """
        return tuple(
            waiting(
                self._store,
                "channel = ? AND state = 'waiting' AND held"
                " AND (NOT edit OR (kind = 'event' AND NOT EXISTS"
                f" (SELECT 1 FROM live WHERE {SAME_PLACE}))) ORDER BY id",
                channel,
            )
        )

    def release(self, channel: str) -> None:
        """Let the held messages of *channel* be sent one by one."""
        with self._store.write() as database:
            database.execute("UPDATE message SET held = 0 WHERE channel = ?", [channel])

    def replace(self, held: Sequence[Waiting], digest: Sequence[Message]) -> None:
        """Enqueue the messages of *digest* in place of those *held*.

        A newer report never supersedes a digest: it also holds events, which are
        posted only once.
        """
        now, channel = self._store.now(), held[0].queued.channel
        with self._store.write() as database:
            database.executemany(
                "UPDATE message SET state = 'digested', body = '', ended = ?"
                " WHERE id = ?",
                [(now.timestamp(), waiting.id) for waiting in held],
            )
            database.executemany(
                "DELETE FROM file WHERE message = ?", [(w.id,) for w in held]
            )
            for sequence, content in enumerate(digest):
                message = QueuedMessage(
                    channel, DIGEST, now, sequence, content, MessageKind.EVENT
                )
                insert(database, message, now.timestamp())
