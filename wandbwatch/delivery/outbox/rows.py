"""Convert a queued message to rows of the tables, and back."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from wandbwatch.delivery.outbox.store import Store
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import (
    Message,
    MessageFile,
    MessageKind,
    Origin,
    QueuedMessage,
)


@dataclass(frozen=True)
class Waiting:
    """A message in the queue, and its attempts so far."""

    id: int
    queued: QueuedMessage
    attempts: int
    """How often in a row it did not leave."""
    ambiguous: int
    """How often its fate was left unknown."""
    reduced: bool
    """Whether it was refused and goes as plain text now."""
    not_before: float
    """POSIX seconds."""
    reason: str
    """Why it was not taken the last time; empty when it was not tried."""

    @property
    def removal(self) -> bool:
        """Whether it deletes the message in its place."""
        return not self.queued.message.body


def insert(database: sqlite3.Connection, queued: QueuedMessage, now: float) -> bool:
    """Let *queued* wait; False when its place in its list was taken before."""
    inserted = database.execute(
        "INSERT INTO message (channel, subscription, slot, sequence, place, kind,"
        " level, edit, body, created, expires)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (
            queued.channel,
            queued.subscription,
            stored(queued.slot),
            queued.sequence,
            queued.place,
            queued.kind.value,
            queued.level.value,
            queued.edit,
            queued.message.body,
            now,
            queued.expires and queued.expires.timestamp(),
        ),
    )
    if not inserted.rowcount:
        return False
    if queued.origin != Origin():
        database.execute(
            "INSERT INTO origin VALUES (?, ?)",
            (inserted.lastrowid, dumped(queued.origin)),
        )
    database.executemany(
        "INSERT INTO file VALUES (?, ?, ?, ?)",
        (
            (inserted.lastrowid, i, file.name, file.content)
            for i, file in enumerate(queued.message.files)
        ),
    )
    return True


def dumped(origin: Origin) -> str:
    return json.dumps(asdict(origin), ensure_ascii=False)


def loaded(text: str) -> Origin:
    fields = json.loads(text)
    title = fields.pop("title")
    return Origin(title, **{name: tuple(values) for name, values in fields.items()})


def waiting(store: Store, where: str, *values: object) -> list[Waiting]:
    """Read the rows of *where*, which may end in ORDER BY and LIMIT."""
    found = store.read(f"SELECT {_COLUMNS} FROM message WHERE {where}", *values)
    return [_waiting(store, row) for row in found]


def stored(slot: datetime) -> str:
    return slot.astimezone(UTC).isoformat()


_COLUMNS = (
    "id, channel, subscription, slot, sequence, body, kind, level, expires, edit,"
    " attempts, ambiguous, reduced, not_before, reason, place"
)


def _waiting(store: Store, row: tuple[Any, ...]) -> Waiting:
    id_, channel, subscription, slot, sequence, body, kind, level, expires = row[:9]
    edit, attempts, ambiguous, reduced, not_before, reason, place = row[9:]
    files = store.read(
        "SELECT name, content FROM file WHERE message = ? ORDER BY position", id_
    )
    origin = store.read("SELECT origin FROM origin WHERE message = ?", id_)
    queued = QueuedMessage(
        channel,
        subscription,
        datetime.fromisoformat(slot),
        sequence if place.startswith("@") else int(place),
        Message(body, tuple(MessageFile(name, content) for name, content in files)),
        MessageKind(kind),
        Level(level),
        expires and datetime.fromtimestamp(expires, UTC),
        bool(edit),
        place[1:] if place.startswith("@") else "",
        loaded(origin[0][0]) if origin else Origin(),
    )
    return Waiting(id_, queued, attempts, ambiguous, bool(reduced), not_before, reason)
