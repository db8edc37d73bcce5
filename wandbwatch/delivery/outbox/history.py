"""What was posted where and when, kept longer than the messages themselves."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from wandbwatch.delivery.outbox.rows import dumped, loaded, stored
from wandbwatch.delivery.outbox.store import Store
from wandbwatch.model.delivery import Origin, QueuedMessage

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
