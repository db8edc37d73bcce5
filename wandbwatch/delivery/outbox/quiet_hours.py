"""Quiet hours in the outbox: what they hold back becomes one digest."""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.delivery.outbox.queue import SAME_PLACE
from wandbwatch.delivery.outbox.rows import Waiting, insert, waiting
from wandbwatch.delivery.outbox.store import Store
from wandbwatch.model.queued_message import Message, MessageKind, QueuedMessage

DIGEST = "(quiet hours)"
"""What stands for the subscription in a digest's rows."""


class QuietHours:
    def __init__(self, store: Store) -> None:
        self._store = store

    def held(self, channel: str) -> tuple[Waiting, ...]:
        """Return what was kept for *channel*, in the order of telling.

        A live report is not in it, it is only brought up to date; nor is an event
        whose message stands already.
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
        """Let what was kept go out as it is."""
        with self._store.write() as database:
            database.execute("UPDATE message SET held = 0 WHERE channel = ?", [channel])

    def digest(self, held: Sequence[Waiting], into: Sequence[Message]) -> None:
        """Let the messages *into* wait in the place of those *held*.

        A digest is never superseded: it tells what may not be told again.
        """
        now, channel = self._store.now(), held[0].letter.channel
        gone = [(now.timestamp(), waiting.id) for waiting in held]
        with self._store.write() as database:
            database.executemany(
                "UPDATE message SET state = 'digested', body = '', ended = ?"
                " WHERE id = ?",
                gone,
            )
            database.executemany(
                "DELETE FROM file WHERE message = ?", [(w.id,) for w in held]
            )
            for sequence, message in enumerate(into):
                letter = QueuedMessage(
                    channel, DIGEST, now, sequence, message, MessageKind.EVENT
                )
                insert(database, letter, now.timestamp())
