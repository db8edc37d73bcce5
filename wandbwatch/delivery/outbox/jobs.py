"""The jobs' side: one transaction for a job's messages, memory and slot."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from wandbwatch.delivery.outbox import history
from wandbwatch.delivery.outbox.rows import insert, stored
from wandbwatch.delivery.outbox.store import Store
from wandbwatch.model.delivery import Message, MessageKind, QueuedMessage
from wandbwatch.model.settings import Keep

_BEFORE_ALL = 1 << 40
"""Subtracted from the ids of freed messages, to give numbers that no new one has."""
_REMOVALS = 20_000
"""Removals of parts under a name are counted from here, behind all else."""


class RoundWriter:
    """What one job leaves behind. Written whole or not at all (`Outbox.round`)."""

    def __init__(self, database: sqlite3.Connection, now: float) -> None:
        self._database = database
        self._now = now
        self._live: dict[tuple[str, str], QueuedMessage] = {}
        self._named: dict[tuple[str, str, str], QueuedMessage] = {}

    def enqueue(self, queued: QueuedMessage) -> bool:
        """Enqueue *queued*; False if it was enqueued before.

        The messages of one list belong in one round: they are then sent together,
        with no other list between them.
        """
        if not insert(self._database, queued, self._now):
            return False
        if queued.kind is MessageKind.REPORT:
            self._supersede(queued)
        if queued.edit and not queued.name:
            self._live[queued.channel, queued.subscription] = queued
        if queued.name:
            self._replace(queued)
            whole = queued.name.rpartition("#")[0]
            self._named[queued.channel, queued.subscription, whole] = queued
        return True

    def pin(self, subscription: str, slot: datetime) -> None:
        """Let no newer report take the place of a list that is partly on its way."""
        if _is_leaving(self._database, subscription, stored(slot)):
            self._database.execute(
                "UPDATE message SET kind = 'event' WHERE subscription = ? AND slot = ?"
                " AND state = 'waiting' AND NOT edit",
                (subscription, stored(slot)),
            )

    def annotate(self, queued: QueuedMessage) -> None:
        """Let an edit wait that leaves the rest of its list as it is."""
        waits = self._database.execute(
            "SELECT 1 FROM message WHERE channel = ? AND subscription = ?"
            " AND state = 'waiting' LIMIT 1",
            (queued.channel, queued.subscription),
        )
        if not waits.fetchone():
            insert(self._database, queued, self._now)

    def keep_back(self, queued: QueuedMessage, mute: str) -> None:
        """Note in the history that *queued* is not posted because of *mute*."""
        history.muted(self._database, queued, self._now, mute)

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self._now, UTC)

    def outages(self, channel: str) -> list[tuple[str, float, str]]:
        """Return the server, the start and the failing lines of each outage."""
        return self._database.execute(
            "SELECT server, since, lines FROM outage WHERE channel = ?", (channel,)
        ).fetchall()

    def store_outage(self, channel: str, server: str, since: float, lines: str) -> None:
        """Store an outage; it is over where no *lines* fail."""
        self._database.execute(
            "DELETE FROM outage WHERE channel = ? AND server = ?", (channel, server)
        )
        if lines:
            self._database.execute(
                "INSERT INTO outage VALUES (?, ?, ?, ?)",
                (channel, server, since, lines),
            )

    def change(self, sql: str, *values: object) -> int:
        """Change another table in this transaction; return how many rows changed."""
        return self._database.execute(sql, values).rowcount

    def remember(self, subscription: str, line: str, key: str, value: str) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?)",
            (subscription, line, key, value),
        )

    def forget(self, subscription: str, line: str, key: str) -> None:
        self._database.execute(
            "DELETE FROM memory WHERE subscription = ? AND line = ? AND key = ?",
            (subscription, line, key),
        )

    def done(self, job: str, slot: datetime) -> None:
        """Mark *slot* as the last that *job* has run for."""
        self._database.execute(
            "INSERT OR REPLACE INTO slot VALUES (?, ?)", (job, stored(slot))
        )

    def free_slots(self, job: str, after: datetime) -> None:
        """Let the slots of *job* later than *after* run again.

        They ran by a clock that was ahead; their messages stay, and new ones of the
        same slots are not taken for them.
        """
        self._database.execute(
            "UPDATE message SET sequence = id - ?"
            " WHERE subscription = ? AND slot > ? AND sequence >= 0",
            (_BEFORE_ALL, job, stored(after)),
        )

    def shorten(self) -> None:
        """Let the messages be removed that a shorter list of live ones leaves over."""
        for last in self._live.values():
            over = self._database.execute(
                "SELECT CAST(place AS INTEGER) FROM live WHERE channel = ?"
                " AND subscription = ? AND place NOT LIKE '@%'"
                " AND CAST(place AS INTEGER) > ?",
                (last.channel, last.subscription, last.sequence),
            ).fetchall()
            for (sequence,) in over:
                removal = replace(last, sequence=sequence, message=Message(""))
                insert(self._database, removal, self._now)

        for last in self._named.values():
            self._shorten_named(last)

    def _shorten_named(self, last: QueuedMessage) -> None:
        """The same for a message under a name, whose parts are numbered behind it."""
        whole, _, part = last.place.rpartition("#")
        live = self._database.execute(
            "SELECT place FROM live WHERE channel = ? AND subscription = ?"
            " AND substr(place, 1, ?) = ?",
            (last.channel, last.subscription, len(whole) + 1, f"{whole}#"),
        ).fetchall()
        for (place,) in live:
            over = int(place.rpartition("#")[2])
            if over > int(part):
                named = place.removeprefix("@")
                removal = replace(
                    last,
                    sequence=_REMOVALS + last.sequence + over,
                    name=named,
                    message=Message(""),
                )
                insert(self._database, removal, self._now)

    def _replace(self, queued: QueuedMessage) -> None:
        """Drop messages that still wait in the place of *queued*."""
        self._database.execute(
            "UPDATE message SET state = 'superseded', body = '', ended = ?"
            " WHERE channel = ? AND subscription = ? AND place = ? AND slot <> ?"
            " AND state = 'waiting' AND claimed IS NULL AND NOT ambiguous",
            (
                self._now,
                queued.channel,
                queued.subscription,
                queued.place,
                stored(queued.slot),
            ),
        )
        self._database.execute(_FILES_OF_SUPERSEDED)

    def _supersede(self, queued: QueuedMessage) -> None:
        """Drop the older reports of the subscription of whose list nothing left."""
        self._database.execute(
            "UPDATE message SET state = 'superseded', body = '', ended = :now"
            " WHERE channel = :channel AND subscription = :subscription"
            " AND slot <> :slot AND kind = 'report' AND state = 'waiting'"
            " AND slot NOT IN (SELECT slot FROM message WHERE channel = :channel"
            "  AND subscription = :subscription AND (state = 'delivered'"
            " OR claimed IS NOT NULL OR ambiguous > 0))",
            {
                "now": self._now,
                "channel": queued.channel,
                "subscription": queued.subscription,
                "slot": stored(queued.slot),
            },
        )
        self._database.execute(_FILES_OF_SUPERSEDED)


class Outbox:
    """What a job and the scheduler need of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextlib.contextmanager
    def round(self) -> Iterator[RoundWriter]:
        """One transaction: on disk when the block is left, nothing on an error."""
        now = self._store.moment()
        with self._store.write() as database:
            round_ = RoundWriter(database, now)
            yield round_
            round_.shorten()
            _forget_old(database, now)

    def clock_jumped(self) -> None:
        """Forget nothing for a week: the clock may be wrong, and all look old by it."""
        with self._store.write() as database:
            database.execute(
                "INSERT OR REPLACE INTO memory VALUES ('', '', ?, ?)",
                (_KEEP_UNTIL, str(self._store.moment() + PAUSE)),
            )

    def forgets(self) -> bool:
        """Whether what is old may be deleted: not in the week after a clock jump."""
        now = self._store.moment()
        until = float(self.recall("", "").get(_KEEP_UNTIL, "0"))
        return not now < until <= now + PAUSE

    def keep(self) -> Keep:
        return Keep.load(self.recall("", "").get(_KEEP))

    def set_keep(self, keep: Keep) -> None:
        """Let every process that writes to the state keep things so long."""
        text = keep.dump()
        if self.recall("", "").get(_KEEP) != text:
            with self._store.write() as database:
                database.execute(
                    "INSERT OR REPLACE INTO memory VALUES ('', '', ?, ?)", (_KEEP, text)
                )

    def check(self) -> None:
        """Raise StateError while a job could not write down what it did."""
        self._store.want_rights()
        self._store.want_room()
        with self._store.write() as database:
            database.execute(
                "INSERT OR REPLACE INTO memory VALUES ('', '', 'checked', ?)",
                (str(self._store.moment()),),
            )

    def recall(self, subscription: str, line: str) -> Mapping[str, str]:
        found = self._store.read(
            "SELECT key, value FROM memory WHERE subscription = ? AND line = ?",
            subscription,
            line,
        )
        return dict(found)

    def claim(self, subscription: str, line: str, key: str) -> bool:
        """Note *key* on disk; False if it was noted before."""
        with self._store.write() as database:
            found = database.execute(
                "INSERT OR IGNORE INTO memory VALUES (?, ?, ?, ?)",
                (subscription, line, key, "claimed"),
            )
        return found.rowcount == 1

    def slot(self, job: str) -> datetime | None:
        """Return the last slot that *job* has run for, in UTC."""
        found = self._store.read("SELECT slot FROM slot WHERE job = ?", job)
        return datetime.fromisoformat(found[0][0]) if found else None

    def is_live(self, channel: str, subscription: str, place: str) -> bool:
        """Whether a posted message is edited by what comes next in this place."""
        return bool(
            self._store.read(
                "SELECT 1 FROM live"
                " WHERE channel = ? AND subscription = ? AND place = ?",
                channel,
                subscription,
                place,
            )
        )

    def slots(self) -> Mapping[str, datetime]:
        """Return the last slot of every job, in UTC."""
        found = self._store.read("SELECT job, slot FROM slot")
        return {job: datetime.fromisoformat(slot) for job, slot in found}

    def settled(self, subscription: str, slot: datetime) -> bool:
        """Whether all messages of *subscription* at *slot* are delivered."""
        found = self._store.read(
            "SELECT count(*) FROM message WHERE subscription = ? AND slot = ?"
            " AND state NOT IN ('delivered', 'digested')",
            subscription,
            stored(slot),
        )
        return not found[0][0]

    def is_leaving(self, subscription: str, slot: datetime) -> bool:
        """Whether a message of the list is being posted, or may be posted."""
        return bool(self._store.read(_LEAVING, subscription, stored(slot)))

    def pending(self) -> int:
        """Count what a sender could send: what waits for no stopped channel."""
        found = self._store.read(
            "SELECT count(*) FROM message WHERE state = 'waiting'"
            " AND channel NOT IN (SELECT channel FROM stopped)"
        )
        count: int = found[0][0]
        return count


_LEAVING = (
    "SELECT 1 FROM message WHERE subscription = ? AND slot = ?"
    " AND (state = 'delivered' OR claimed IS NOT NULL OR ambiguous > 0) LIMIT 1"
)


def _is_leaving(database: sqlite3.Connection, subscription: str, slot: str) -> bool:
    return database.execute(_LEAVING, (subscription, slot)).fetchone() is not None


def _forget_old(database: sqlite3.Connection, now: float) -> None:
    """Delete what ended long ago, unless the clock has jumped in the last week."""
    found: dict[str, str] = dict(
        database.execute(
            "SELECT key, value FROM memory WHERE subscription = '' AND line = ''"
            " AND key IN (?, ?)",
            (_KEEP_UNTIL, _KEEP),
        ).fetchall()
    )
    until = float(found.get(_KEEP_UNTIL, "0"))
    if now < until <= now + PAUSE:
        return
    keep = Keep.load(found.get(_KEEP))
    shorter = min(keep.delivered, keep.failed)
    gone = database.execute(
        "DELETE FROM message WHERE ended < ?"
        " AND ended < CASE state WHEN 'failed' THEN ? ELSE ? END",
        (now - shorter, now - keep.failed, now - keep.delivered),
    )
    if gone.rowcount:
        database.execute(_FORGET_OLD)
    _drop_pictures(database, now - keep.pictures)
    database.execute("DELETE FROM posted WHERE at < ?", (now - keep.history,))


def _drop_pictures(database: sqlite3.Connection, before: float) -> None:
    """Delete the files of what failed long ago; its text says so."""
    found = database.execute(
        "SELECT id, body FROM message WHERE id IN (SELECT message FROM file)"
        " AND state = 'failed' AND ended < ?",
        (before,),
    ).fetchall()
    for id_, body in found:
        database.execute("DELETE FROM file WHERE message = ?", (id_,))
        database.execute(
            "UPDATE message SET body = ? WHERE id = ?", (_without_files(body), id_)
        )


def _without_files(body: str) -> str:
    fields = json.loads(body)
    fields.pop("attachments", None)
    for embed in fields.get("embeds") or ():
        embed.pop("image", None)
        embed.pop("thumbnail", None)
    text = fields.get("content") or ""
    fields["content"] = f"{text}\n{_NO_FILES}".strip() if len(text) < _ROOM else text
    return json.dumps(fields)


PAUSE = 7 * 86400.0
"""Seconds after a jump of the clock in which nothing is deleted."""
_KEEP = "keep"
_NO_FILES = "(its files are no longer kept)"
_ROOM = 1900
"""Characters of a text that has room for the line on its files."""
_KEEP_UNTIL = "keep until"
_FILES_OF_SUPERSEDED = (
    "DELETE FROM file WHERE 'superseded' ="
    " (SELECT state FROM message WHERE id = file.message)"
)
_FORGET_OLD = (
    "DELETE FROM live WHERE place LIKE '@%' AND NOT EXISTS (SELECT 1 FROM message"
    " WHERE message.channel = live.channel AND message.place = live.place"
    " AND message.subscription = live.subscription)"
)
