"""What came of every message that any transaction has ever enqueued."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wandbwatch.delivery.outbox import Store

from tests.servers.discord import DiscordServer

_MARK = "possible duplicate"
_TOKEN = re.compile(r"[0-9a-f]{32}-\d{4}")
# Sent messages are emptied, so each is noted with the transaction that adds it.
_NOTED = (
    "CREATE TABLE noted (id INTEGER PRIMARY KEY, channel, body)",
    """CREATE TRIGGER note AFTER INSERT ON message BEGIN
    INSERT INTO noted VALUES (new.id, new.channel, new.body); END""",
)


@dataclass(frozen=True)
class Count:
    """What the server has in the end, against all that was ever enqueued."""

    posts: int
    kills: Mapping[str, int]
    """Of the daemon, of workers and of senders."""
    lost: int
    """Neither posted, nor superseded by a newer report, nor kept as failed."""
    superseded: int
    failed: int
    """Kept, because their fate was left unknown too often."""
    repeated: int
    unmarked: int
    """Repeats that do not say that they may be one."""
    reordered: int
    """Channels out of order, or with one list within another."""
    unlisted: int
    """Delivered messages that the history does not list exactly once."""
    left: tuple[str, ...]
    """Processes that were left behind."""
    log: str
    seconds: float


def note_all(database: sqlite3.Connection) -> None:
    """Note from now on what is enqueued."""
    for statement in _NOTED:
        database.execute(statement)


def counted(
    server: DiscordServer,
    store: Store,
    *,
    kills: Mapping[str, int],
    left: Iterable[str],
    log: str,
    seconds: float,
) -> Count:
    rows = store.read(
        "SELECT id, noted.channel, noted.body, state FROM noted JOIN message USING (id)"
    )
    noted = [row for row in rows if _key(row[2])]
    states = {_key(body): state for _, _, body, state in noted}
    places = {_key(body): (channel, id_) for id_, channel, body, _ in noted}
    times: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    posted: dict[str, list[int]] = {}
    for record in server.messages:
        text = str(record["payload"])
        if (key := _key(text)) not in places:
            continue
        channel, id_ = places[key]
        posted.setdefault(channel, []).append(id_)
        times[key] += 1
        marked[key] += _MARK in text
    ends = Counter(states[key] for key in states if key not in times)
    return Count(
        sum(times.values()),
        dict(kills),
        sum(ends.values()) - ends["superseded"] - ends["failed"],
        ends["superseded"],
        ends["failed"],
        sum(n - 1 for n in times.values()),
        sum(n - marked[key] > 1 for key, n in times.items()),
        sum(ids != sorted(ids) for ids in posted.values()),
        _unlisted(store),
        tuple(left),
        log,
        seconds,
    )


def _unlisted(store: Store) -> int:
    posts = "SELECT channel, subscription, slot FROM message WHERE state = 'delivered'"
    delivered = Counter(store.read(f"{posts} AND NOT edit"))
    listed = Counter(
        store.read("SELECT channel, subscription, slot FROM posted WHERE NOT edits")
    )
    wrong = (delivered - listed) + (listed - delivered)
    ids = store.read("SELECT message_id FROM posted WHERE message_id IS NOT NULL")
    return sum(wrong.values()) + len(ids) - len(set(ids))


def _key(text: str) -> str:
    """Return what only this message says; those of failures are alike: nothing."""
    found = _TOKEN.search(text)
    return found[0] if found else ""
