"""What was posted where and when, and the operator's view of what waits or failed."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from wandbwatch.delivery.outbox.rows import dumped, loaded, stored
from wandbwatch.delivery.outbox.store import Store
from wandbwatch.model.delivery import Origin, QueuedMessage
from wandbwatch.model.errors import NotFoundError

_LONGEST, _SHOWN = 200, 150
"""Characters of a title."""


@dataclass(frozen=True)
class HistoryEntry:
    """One message in Discord, or one that a mute kept back."""

    channel: str
    subscription: str
    slot: datetime
    origin: Origin
    at: datetime
    edits: int = 0
    edited: datetime | None = None
    """The latest edit."""
    removed: datetime | None = None
    message_id: str | None = None
    channel_id: str | None = None
    muted: str = ""
    """The mute by which it was not posted."""

    def link(self, guild: str | None) -> str | None:
        """Return Discord's link to it; *guild* is the id of the Discord server."""
        ids = (guild, self.channel_id, self.message_id)
        known = all(ids) and not self.removed
        return (
            "/".join(("https://discord.com/channels", *map(str, ids))) * known or None
        )


class History:
    def __init__(self, store: Store) -> None:
        self._store = store

    def entries(
        self, since: datetime | None = None, channel: str | None = None
    ) -> Iterator[HistoryEntry]:
        """Yield what was posted or edited *since* then, the oldest first."""
        found = self._store.read(
            f"SELECT {_COLUMNS} FROM posted WHERE max(at, coalesce(edited, 0)) >= ?"
            " AND (channel = ? OR ? IS NULL) ORDER BY at, id",
            since.timestamp() if since else 0.0,
            channel,
            channel,
        )
        for channel_, subscription, slot, origin, *times, id_, where, muted in found:
            at, edits, edited, removed = times
            yield HistoryEntry(
                channel_,
                subscription,
                datetime.fromisoformat(slot),
                loaded(origin),
                _utc(at),
                edits,
                edited and _utc(edited),
                removed and _utc(removed),
                id_,
                where,
                muted or "",
            )

    def guilds(self) -> Mapping[str, str]:
        """Return the ids of the Discord servers that are known, by channel."""
        found = self._store.read(
            "SELECT line, value FROM memory WHERE subscription = '' AND key = 'guild'"
        )
        return dict(found)

    def learn_guild(self, channel: str, guild: str) -> None:
        with self._store.write() as database:
            database.execute(
                "INSERT OR REPLACE INTO memory VALUES ('', ?, 'guild', ?)",
                (channel, guild),
            )


_COLUMNS = (
    "channel, subscription, slot, origin, at, edits, edited, removed, message_id,"
    " channel_id, muted"
)


def posted(
    database: sqlite3.Connection,
    queued: QueuedMessage,
    now: float,
    message_id: str | None,
    channel_id: str | None,
) -> None:
    """Note in a transaction that *queued* is posted."""
    _insert(database, queued, now, (message_id, channel_id, None))


def muted(
    database: sqlite3.Connection, queued: QueuedMessage, now: float, mute: str
) -> None:
    """Note that *queued* was not posted because of *mute*."""
    _insert(database, queued, now, (None, None, mute))


def _insert(
    database: sqlite3.Connection,
    queued: QueuedMessage,
    now: float,
    rest: tuple[str | None, str | None, str | None],
) -> None:
    what = (queued.channel, queued.subscription, stored(queued.slot))
    database.execute(
        f"INSERT INTO posted ({_COLUMNS})"
        " VALUES (?, ?, ?, ?, ?, 0, NULL, NULL, ?, ?, ?)",
        (*what, dumped(titled(queued)), now, *rest),
    )


def edited(
    database: sqlite3.Connection,
    queued: QueuedMessage,
    now: float,
    message_id: str,
    channel_id: str | None,
) -> None:
    """Note that the message with the id *message_id* says what *queued* says."""
    change = (
        "UPDATE posted SET edits = edits + 1, edited = ?, origin = ?"
        " WHERE message_id = ? AND channel = ?"
    )
    values = (now, dumped(titled(queued)), message_id, queued.channel)
    if not database.execute(change, values).rowcount:  # posted by an older version
        posted(database, queued, now, message_id, channel_id)
        database.execute(change, values)


def removed(
    database: sqlite3.Connection, channel: str, message_id: str | None, now: float
) -> None:
    database.execute(
        "UPDATE posted SET removed = ? WHERE message_id = ? AND channel = ?",
        (now, message_id, channel),
    )


def titled(queued: QueuedMessage) -> Origin:
    """Return its origin with a title: its text's where it has no other."""
    origin = queued.origin
    if origin.title:
        return origin
    try:
        body = json.loads(queued.message.body)
        texts = [body.get("content"), *(e.get("title") for e in body.get("embeds", ()))]
    except (ValueError, TypeError, AttributeError):
        texts = []
    said = (text for text in texts if isinstance(text, str) and text.strip())
    first = next((text.strip().splitlines()[0] for text in said), "")
    return replace(origin, title=first[:_LONGEST])


def escaped(title: str) -> str:
    """Return *title*, not too long, with nothing that Discord reads as formatting."""
    return re.sub(r"([\\`*_~|<>\[\]])", r"\\\1", title[:_SHOWN])


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


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
