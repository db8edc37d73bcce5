"""The operator's side: waiting and failed messages, stopped channels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wandbwatch.delivery.outbox.store import Store
from wandbwatch.model.errors import NotFoundError


@dataclass(frozen=True)
class OutboxEntry:
    """One message that waits or has failed."""

    id: int
    channel: str
    subscription: str
    slot: datetime
    since: datetime
    """When it was enqueued; of a failed one: when it failed."""
    reason: str


@dataclass(frozen=True)
class StoppedChannel:
    """A channel that nothing is sent to until it is resumed."""

    channel: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class Backlog:
    """What waits for one channel, beside what quiet hours hold."""

    channel: str
    messages: int
    oldest: datetime
    reason: str
    """Why the first of them was not posted yet; empty if it was not tried."""


class OutboxAdmin:
    def __init__(self, store: Store) -> None:
        self._store = store

    def waiting(self) -> tuple[OutboxEntry, ...]:
        return self._entries("waiting", "created")

    def failed(self) -> tuple[OutboxEntry, ...]:
        return self._entries("failed", "ended")

    def backlog(self) -> tuple[Backlog, ...]:
        found = self._store.read(
            "SELECT channel, count(*), min(created), max(reason) FROM message"
            " WHERE state = 'waiting' AND NOT held GROUP BY channel ORDER BY channel"
        )
        return tuple(
            Backlog(channel, count, datetime.fromtimestamp(oldest, UTC), reason)
            for channel, count, oldest, reason in found
        )

    def failures(self, since: datetime | None = None) -> int:
        """Count the messages that failed, *since* then."""
        found = self._store.read(
            "SELECT count(*) FROM message WHERE state = 'failed' AND ended >= ?",
            since.timestamp() if since else 0.0,
        )
        count: int = found[0][0]
        return count

    def stopped(self) -> tuple[StoppedChannel, ...]:
        found = self._store.read(
            "SELECT channel, reason, at FROM stopped ORDER BY channel"
        )
        return tuple(
            StoppedChannel(channel, reason, datetime.fromtimestamp(at, UTC))
            for channel, reason, at in found
        )

    def chosen(self, words: Sequence[str]) -> tuple[OutboxEntry, ...]:
        """Return what waits or failed and is named by *words*: ids and channels.

        NotFoundError for a word that names nothing there is.
        """
        found: dict[int, OutboxEntry] = {}
        everything = (*self.waiting(), *self.failed())
        for word in words:
            named = [e for e in everything if word in (str(e.id), e.channel)]
            if not named:
                raise NotFoundError(f"no message {word!r} waits or failed")
            found |= {entry.id: entry for entry in named}
        return tuple(found.values())

    def retry(self, only: Collection[int] | None = None) -> int:
        """Queue failed messages again, behind those that wait; return how many.

        *only*: those with these ids.
        """
        with self._store.write() as database:
            failed = database.execute(
                "SELECT id FROM message WHERE state = 'failed' ORDER BY id"
            ).fetchall()
            failed = [row for row in failed if only is None or row[0] in only]
            for (old,) in failed:
                new = database.execute(
                    "INSERT INTO message (channel, subscription, slot, sequence, place,"
                    " kind, level, edit, body, created, ambiguous)"
                    " SELECT channel, subscription, slot, -id, place, 'event', level,"
                    " 0, body, created, min(ambiguous, 1)"
                    " FROM message WHERE id = ?",
                    (old,),
                ).lastrowid
                database.execute(
                    "UPDATE origin SET message = ? WHERE message = ?", (new, old)
                )
                database.execute(
                    "UPDATE file SET message = ? WHERE message = ?", (new, old)
                )
                database.execute("DELETE FROM message WHERE id = ?", (old,))
        return len(failed)

    def drop(self, only: Iterable[int] | None = None) -> int:
        """Delete failed messages, or those with the ids *only*; return how many."""
        ids = [entry.id for entry in self.failed()] if only is None else only
        delete = "DELETE FROM message WHERE id = ? AND state IN ('waiting', 'failed')"
        with self._store.write() as database:
            return sum(database.execute(delete, (id_,)).rowcount for id_ in ids)

    def stop(self, channel: str, reason: str) -> None:
        """Stop *channel* until it is resumed."""
        with self._store.write() as database:
            database.execute(
                "INSERT OR REPLACE INTO stopped VALUES (?, ?, ?)",
                (channel, reason, self._store.moment()),
            )

    def opened(self, channel: str, name: str, thread: str) -> None:
        """Remember the id of the *thread* that was opened in *channel* as *name*."""
        with self._store.write() as database:
            database.execute(
                "INSERT OR REPLACE INTO thread VALUES (?, ?, ?)",
                (channel, name, thread),
            )

    def resume(self, channel: str) -> bool:
        """Resume *channel*; False if it was not stopped."""
        with self._store.write() as database:
            return bool(
                database.execute(
                    "DELETE FROM stopped WHERE channel = ?", (channel,)
                ).rowcount
            )

    def send_now(self, channel: str) -> int:
        """End the waits of *channel*'s messages; return how many wait for it."""
        with self._store.write() as database:
            return database.execute(
                "UPDATE message SET not_before = 0, attempts = 0"
                " WHERE state = 'waiting' AND channel = ?",
                (channel,),
            ).rowcount

    def _entries(self, state: str, since: str) -> tuple[OutboxEntry, ...]:
        found = self._store.read(
            f"SELECT id, channel, subscription, slot, {since},"
            " reason FROM message WHERE state = ? ORDER BY id",
            state,
        )
        return tuple(
            OutboxEntry(
                id_,
                channel,
                subscription,
                datetime.fromisoformat(slot),
                datetime.fromtimestamp(at, UTC),
                reason,
            )
            for id_, channel, subscription, slot, at, reason in found
        )
