"""Store how a send ended: one transaction, which releases the claim."""

from __future__ import annotations

from wandbwatch.delivery.outbox.rows import Waiting
from wandbwatch.delivery.outbox.store import Store
from wandbwatch.model.queued_message import QueuedMessage


class SendResults:
    def __init__(self, store: Store) -> None:
        self._store = store

    def delivered(
        self, waiting: Waiting, message_id: str | None, thread: tuple[str, str] | None
    ) -> None:
        """It stands; *thread* is the name and id of a thread that it opened."""
        queued = waiting.queued
        with self._store.write() as database:
            database.execute(
                "UPDATE message SET state = 'delivered', body = '', claimed = NULL,"
                " reason = '', ended = ? WHERE id = ?",
                (self._store.moment(), waiting.id),
            )
            database.execute("DELETE FROM file WHERE message = ?", (waiting.id,))
            if waiting.removal:
                database.execute(_FORGET, _place(queued))
            elif queued.edit and message_id:
                database.execute(
                    "INSERT OR REPLACE INTO live VALUES (?, ?, ?, ?)",
                    (*_place(queued), message_id),
                )
            if thread:
                database.execute(
                    "INSERT OR REPLACE INTO thread VALUES (?, ?, ?)",
                    (queued.channel, *thread),
                )

    def retry(
        self, waiting: Waiting, after: float, reason: str, *, ambiguous: bool = False
    ) -> None:
        """Send it again in *after* seconds."""
        self._update(
            waiting,
            "claimed = NULL, attempts = attempts + 1, ambiguous = ambiguous + ?,"
            " not_before = ?, reason = ?",
            ambiguous,
            self._store.moment() + after,
            reason,
        )

    def reduce(self, waiting: Waiting, reason: str) -> None:
        """Send it again as plain text."""
        self._update(waiting, "claimed = NULL, reduced = 1, reason = ?", reason)

    def failed(self, waiting: Waiting, reason: str) -> None:
        """Keep it as a dead letter."""
        self._update(
            waiting,
            "claimed = NULL, state = 'failed', reason = ?, ended = ?",
            reason,
            self._store.moment(),
        )

    def post_again(self, waiting: Waiting) -> None:
        """Forget the message that it was to edit, and post it."""
        with self._store.write() as database:
            database.execute(_FORGET, _place(waiting.queued))
            database.execute(
                "UPDATE message SET claimed = NULL WHERE id = ?", (waiting.id,)
            )

    def thread_gone(self, waiting: Waiting) -> None:
        """Forget the thread that we had opened, and all that stood in it."""
        with self._store.write() as database:
            for table in ("thread", "live"):
                database.execute(
                    f"DELETE FROM {table} WHERE channel = ?", [waiting.queued.channel]
                )
            database.execute(
                "UPDATE message SET claimed = NULL WHERE id = ?", (waiting.id,)
            )

    def stopped(self, waiting: Waiting, reason: str) -> None:
        """Send nothing more to its channel until that is resumed; it waits on."""
        with self._store.write() as database:
            database.execute(
                "UPDATE message SET claimed = NULL, reason = ? WHERE id = ?",
                (reason, waiting.id),
            )
            database.execute(
                "INSERT OR REPLACE INTO stopped VALUES (?, ?, ?)",
                (waiting.queued.channel, reason, self._store.moment()),
            )

    def expire(self, channel: str) -> int:
        """Fail what nobody wants to know any more; return how many."""
        now = self._store.moment()
        late = "channel = ? AND state = 'waiting' AND expires <= ?"
        if not self._store.read(f"SELECT 1 FROM message WHERE {late}", channel, now):
            return 0
        with self._store.write() as database:
            return database.execute(
                "UPDATE message SET state = 'failed', ended = ?,"
                " reason = 'it waited too long' ||"
                f" CASE reason WHEN '' THEN '' ELSE ': ' || reason END WHERE {late}",
                (now, channel, now),
            ).rowcount

    def _update(self, waiting: Waiting, change: str, *values: object) -> None:
        with self._store.write() as database:
            database.execute(
                f"UPDATE message SET {change} WHERE id = ?", (*values, waiting.id)
            )


_FORGET = "DELETE FROM live WHERE channel = ? AND subscription = ? AND place = ?"


def _place(queued: QueuedMessage) -> tuple[str, str, str]:
    return queued.channel, queued.subscription, queued.place
