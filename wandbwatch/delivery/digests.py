"""One digest in place of many messages: after quiet hours, and after an outage.

Quiet hours hold a channel's messages; what a channel does not hold is in the
condition `passes_quiet_hours` of the queue. After an outage of Discord nobody wants
hundreds of posts about what happened hours ago.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain

from wandbwatch.delivery.outbox.history import escaped, titled
from wandbwatch.delivery.outbox.queue import SAME_PLACE, passes_quiet_hours
from wandbwatch.delivery.outbox.rows import Waiting, dumped, insert, stored, waiting
from wandbwatch.delivery.outbox.store import Store
from wandbwatch.formatting import numbers
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import (
    Message,
    MessageFile,
    MessageKind,
    Origin,
    QueuedMessage,
)
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


LATE_DIGEST = "(late events)"
"""The value of the column ``subscription`` for a digest."""
LEAST = 3
"""From this many on they become a digest; fewer are posted one by one."""
_SHOWN = 10
_LATE = (
    "channel = ? AND state = 'waiting' AND kind = 'event' AND created < ?"
    " AND subscription <> ? AND claimed IS NULL AND NOT ambiguous AND body <> ''"
    " AND NOT (edit AND EXISTS"
    f" (SELECT 1 FROM live WHERE {SAME_PLACE}))"
)
"""Neither edits of posted messages nor messages that may be posted already."""


def fold(store: Store, channel: str, age: float) -> int:
    """Replace *channel*'s events older than *age* seconds with a digest.

    The first of them becomes it, so that it stays ahead of what came later. Return how
    many there were.
    """
    values = (channel, store.moment() - age, LATE_DIGEST)
    found = f"SELECT 1 FROM message WHERE {_LATE} LIMIT {LEAST}"
    if len(store.read(found, *values)) < LEAST:
        return 0
    late = waiting(store, f"{_LATE} ORDER BY id", *values)
    _replace(store, late, digest(late, store.moment()), stored(store.now()))
    return len(late)


def digest(late: Sequence[Waiting], now: float) -> tuple[Message, Origin]:
    """Return the digest of *late*, all of it in a file, and its origin."""
    origins = [titled(one.queued) for one in late]
    lines = [
        f"{one.queued.slot:%F %T}Z  {one.queued.subscription}  {origin.title}"
        for one, origin in zip(late, origins, strict=True)
    ]
    longest = now - min(one.queued.slot.timestamp() for one in late)
    span = numbers.duration(timedelta(seconds=max(round(longest), 0)))
    title = f"{len(late)} events could not be posted for up to {span}"
    shown = [f"• {escaped(origin.title)}" for origin in origins[-_SHOWN:]]
    if len(late) > _SHOWN:
        shown.insert(0, f"the latest {_SHOWN}; the file has all:")
    body = {
        "content": "\n".join([title, *shown]),
        "attachments": [{"id": 0, "filename": "events.txt"}],
        "allowed_mentions": {"parse": []},
    }
    file = MessageFile("events.txt", "\n".join([*lines, ""]).encode())
    origin = Origin(
        title,
        _all(origin.lines for origin in origins),
        _all(origin.rules for origin in origins),
        _all(origin.runs for origin in origins),
    )
    return Message(json.dumps(body), (file,)), origin


def _all(parts: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(parts)))


def _replace(
    store: Store, late: Sequence[Waiting], made: tuple[Message, Origin], slot: str
) -> None:
    message, origin = made
    first, *others = late
    bad = any(one.queued.level is Level.BAD for one in late)
    level = Level.BAD if bad else first.queued.level
    with store.write() as database:
        database.executemany(
            "UPDATE message SET state = 'digested', body = '', ended = ? WHERE id = ?",
            [(store.moment(), one.id) for one in others],
        )
        database.executemany(
            "DELETE FROM file WHERE message = ?", [(one.id,) for one in late]
        )
        database.execute(
            "UPDATE message SET subscription = ?, slot = ?, sequence = id, place = id,"
            " level = ?, edit = 0, body = ?, reduced = 0 WHERE id = ?",
            (LATE_DIGEST, slot, level.value, message.body, first.id),
        )
        database.executemany(
            "INSERT INTO file VALUES (?, ?, ?, ?)",
            [(first.id, i, f.name, f.content) for i, f in enumerate(message.files)],
        )
        database.execute(
            "INSERT OR REPLACE INTO origin VALUES (?, ?)", (first.id, dumped(origin))
        )
