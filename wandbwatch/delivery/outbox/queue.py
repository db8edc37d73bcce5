"""The sender's side: the next message of a channel, and the claim before a send."""

from __future__ import annotations

import sqlite3

from wandbwatch.delivery.outbox import history
from wandbwatch.delivery.outbox.rows import Waiting, stored, waiting
from wandbwatch.delivery.outbox.store import Store
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import MessageKind, QueuedMessage


class Queue:
    def __init__(self, store: Store) -> None:
        self._store = store

    def channels(self) -> tuple[str, ...]:
        """Name the channels that have waiting messages and are not stopped."""
        found = self._store.read(
            "SELECT DISTINCT channel FROM message WHERE state = 'waiting'"
            " AND channel NOT IN (SELECT channel FROM stopped) ORDER BY channel"
        )
        return tuple(name for (name,) in found)

    def rebase(self) -> None:
        """Bring every stored time that is later than now to now: a clock was ahead.

        What waits, waits as long as it was to; what expires, expires as much later.
        """
        now = self._store.moment()
        ahead = (
            self._store.read(
                f"SELECT 1 FROM {t} WHERE {c} > ? AND {w} LIMIT 1", now + SLIP
            )
            for t, c, w in _STAMPS
        )
        if not any(ahead):
            return
        with self._store.write() as database:
            for statement in _REBASE:
                database.execute(statement, {"now": now, "ahead": now + SLIP})

    def recover(self) -> int:
        """Take back the claims of a sender that died; only under the sender's lock.

        Nobody knows what became of those sends; an edit can simply be repeated.
        """
        with self._store.write() as database:
            return database.execute(
                "UPDATE message SET claimed = NULL, reason = 'the sender died',"
                " ambiguous = ambiguous + (NOT (edit AND EXISTS"
                f" (SELECT 1 FROM live WHERE {SAME_PLACE})))"
                " WHERE claimed IS NOT NULL AND state = 'waiting'"
            ).rowcount

    def head(self, channel: str, *, quiet: Level | None = None) -> Waiting | None:
        """Return the next message to send, if any; None for a stopped channel.

        In quiet hours only news that are as bad as *quiet*, the rest of a list that is
        partly sent, and edits, which notify nobody.
        """
        return self._first("channel = ?", channel, quiet=quiet)

    def rest(self, of: QueuedMessage, *, quiet: Level | None = None) -> Waiting | None:
        """Return the next message in the list of *of*, if any."""
        return self._first(
            "channel = ? AND subscription = ? AND slot = ?",
            of.channel,
            of.subscription,
            stored(of.slot),
            quiet=quiet,
        )

    def claim(self, waiting: Waiting, bucket: str) -> None:
        """Record that a send starts; StateError if its end could not be recorded.

        *bucket* is what the rate limit counts by.
        """
        self._store.want_room()
        now = self._store.moment()
        with self._store.write() as database:
            database.execute(
                "UPDATE message SET claimed = ? WHERE id = ?", (now, waiting.id)
            )
            database.execute("INSERT INTO sent VALUES (?, ?)", (bucket, now))
            database.execute("DELETE FROM sent WHERE at < ?", (now - 3600,))

    def sent(self, bucket: str, since: float) -> tuple[float, ...]:
        """Return when sends to *bucket* started after *since*, POSIX seconds."""
        found = self._store.read(
            "SELECT at FROM sent WHERE lane = ? AND at > ? AND at <= ? ORDER BY at",
            bucket,
            since,
            self._store.moment(),
        )
        return tuple(at for (at,) in found)

    def live(self, queued: QueuedMessage) -> str | None:
        """Return Discord's id of the message that *queued* is to edit, if any."""
        return live(self._store, queued)

    def thread(self, channel: str, name: str) -> str | None:
        """Return the id of the thread *name* that we have opened in *channel*."""
        found = self._store.read(
            "SELECT id FROM thread WHERE channel = ? AND name = ?", channel, name
        )
        return found[0][0] if found else None

    def run_thread(self, channel: str, run: str) -> str | None:
        """Return the id of the thread of *run* in *channel*, if we have opened it."""
        found = self._store.read(
            "SELECT id FROM run_thread WHERE channel = ? AND run = ?", channel, run
        )
        return found[0][0] if found else None

    def posted_in(self, channel: str, message_id: str) -> str | None:
        """Return the id of the thread that a message of ours is in, where known."""
        found = self._store.read(
            "SELECT channel_id FROM posted WHERE message_id = ? AND channel = ?",
            message_id,
            channel,
        )
        return found[0][0] if found else None

    def opened(self, channel: str, thread: str) -> bool:
        """Whether we have opened *thread* in *channel*."""
        return bool(
            self._store.read(
                "SELECT 1 FROM thread WHERE channel = ? AND id = ? UNION"
                " SELECT 1 FROM run_thread WHERE channel = ? AND id = ?",
                *(channel, thread) * 2,
            )
        )

    def default_name(self, channel: str) -> float | None:
        """Return when the webhook of *channel* was last seen with Discord's own default
        name, POSIX seconds; None if it has another."""
        found = self._store.read(
            "SELECT value FROM memory WHERE subscription = '' AND line = ''"
            " AND key = ?",
            _NAMED + channel,
        )
        return float(found[0][0]) if found else None

    def is_new(self, channel: str) -> bool:
        """Whether nothing is known to have been posted to *channel*."""
        known = "SELECT 1 FROM posted WHERE channel = ? AND muted IS NULL LIMIT 1"
        return not self._store.read(known, channel)

    def waits(self, channel: str) -> bool:
        """Whether anything waits for *channel*, now or later, and it is not stopped."""
        return channel in self.channels()

    def _first(
        self, where: str, *values: object, quiet: Level | None
    ) -> Waiting | None:
        passes = f" AND ({passes_quiet_hours(quiet)})" if quiet else ""
        found = waiting(
            self._store,
            f"{where} AND state = 'waiting'{passes}"
            " AND channel NOT IN (SELECT channel FROM stopped) ORDER BY id LIMIT 1",
            *values,
        )
        return found[0] if found else None


_NAMED = "default name "
SLIP = 5.0
"""Seconds by which a stored time may be ahead of the clock of another process."""
_STAMPS = (
    ("message", "created", "state = 'waiting'"),
    ("message", "ended", "ended IS NOT NULL"),
    ("sent", "at", "1"),
    ("stopped", "at", "1"),
    ("wait", "since", "1"),
    ("posted", "at", "1"),
    ("mute", "since", "1"),
)
"""The stored times: table, column, and the rows where it matters."""
_REBASE = (
    (
        "UPDATE message SET not_before = :now + not_before"
        " - (SELECT since FROM wait WHERE message = id)"
        " WHERE id IN (SELECT message FROM wait WHERE since > :ahead)"
    ),
    (
        "UPDATE message SET expires = :now + (expires - created)"
        " WHERE state = 'waiting' AND created > :ahead"
    ),
    "UPDATE mute SET until = :now + (until - since) WHERE since > :ahead",
    "DELETE FROM sent WHERE at > :ahead",
    *(
        f"UPDATE {table} SET {column} = :now WHERE {column} > :ahead AND {where}"
        for table, column, where in _STAMPS
    ),
)
SAME_PLACE = (
    "live.channel = message.channel AND live.subscription = message.subscription"
    " AND live.place = message.place"
)


def passes_quiet_hours(least: Level) -> str:
    """Return which messages quiet hours let through: those at *least* that bad, …"""
    levels = [f"'{one.value}'" for one in Level if one.rank >= least.rank]
    return f"level IN ({', '.join(levels)})" + _PASSES


_PASSES = (
    f" OR (edit AND EXISTS (SELECT 1 FROM live WHERE {SAME_PLACE}))"
    " OR EXISTS (SELECT 1 FROM message AS m WHERE m.channel = message.channel"
    "  AND m.subscription = message.subscription AND m.slot = message.slot"
    "  AND m.sequence < message.sequence"
    "  AND (NOT m.edit OR m.kind = 'event')"
    "  AND (m.state = 'delivered' OR m.claimed OR m.ambiguous))"
)


class SendResults:
    def __init__(self, store: Store) -> None:
        self._store = store

    def delivered(
        self,
        waiting: Waiting,
        message_id: str | None,
        thread: tuple[str, str] | None,
        channel_id: str | None = None,
        run: str = "",
    ) -> None:
        """It is posted; *thread* is the name and id of a thread that it opened, which
        is its run's if it belongs to one.

        *channel_id* is that of the channel or thread that it is in.
        """
        queued = waiting.queued
        edited = live(self._store, queued)
        with self._store.write() as database:
            database.execute(
                "UPDATE message SET state = 'delivered', body = '', claimed = NULL,"
                " reason = '', ended = ? WHERE id = ?",
                (self._store.moment(), waiting.id),
            )
            database.execute("DELETE FROM file WHERE message = ?", (waiting.id,))
            now = self._store.moment()
            if waiting.removal:
                history.removed(database, queued.channel, edited, now)
            elif edited:
                history.edited(database, queued, now, edited, channel_id)
            else:
                history.posted(database, queued, now, message_id, channel_id)
            if waiting.removal:
                database.execute(_FORGET, _place(queued))
            elif queued.edit and message_id:
                database.execute(
                    "INSERT OR REPLACE INTO live VALUES (?, ?, ?, ?)",
                    (*_place(queued), message_id),
                )
            if thread:
                name, id_ = thread
                table, key = ("thread", name)
                if run:
                    table, key = ("run_thread", run)
                database.execute(
                    f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)",
                    (queued.channel, key, id_),
                )

    def named(self, channel: str, *, default: bool) -> None:
        """Note whether the webhook of *channel* has Discord's own default name."""
        with self._store.write() as database:
            database.execute(
                "DELETE FROM memory WHERE subscription = '' AND line = '' AND key = ?",
                (_NAMED + channel,),
            )
            if default:
                database.execute(
                    "INSERT INTO memory VALUES ('', '', ?, ?)",
                    (_NAMED + channel, str(self._store.moment())),
                )

    def retry(
        self, waiting: Waiting, after: float, reason: str, *, ambiguous: bool = False
    ) -> None:
        """Send it again in *after* seconds."""
        now = self._store.moment()
        with self._store.write() as database:
            database.execute(
                "UPDATE message SET claimed = NULL, attempts = attempts + 1,"
                " ambiguous = ambiguous + ?, not_before = ?, reason = ? WHERE id = ?",
                (ambiguous, now + after, reason, waiting.id),
            )
            database.execute(
                "INSERT OR REPLACE INTO wait VALUES (?, ?)", (waiting.id, now)
            )
            if waiting.queued.kind is MessageKind.REPORT:
                _give_way(database, waiting.queued, now)

    def reduce(self, waiting: Waiting, reason: str) -> None:
        """Send it again as plain text."""
        self._update(waiting, "claimed = NULL, reduced = 1, reason = ?", reason)

    def failed(self, waiting: Waiting, reason: str) -> None:
        """Keep it as failed."""
        self._update(
            waiting,
            "claimed = NULL, state = 'failed', reason = ?, ended = ?",
            reason,
            self._store.moment(),
        )

    def post_again(self, waiting: Waiting) -> None:
        """Post it: the message to edit is gone."""
        with self._store.write() as database:
            database.execute(_FORGET, _place(waiting.queued))
            database.execute(
                "UPDATE message SET claimed = NULL WHERE id = ?", (waiting.id,)
            )

    def thread_gone(self, waiting: Waiting, thread: str) -> None:
        """Forget the *thread* that we had opened, and all messages in it."""
        channel = waiting.queued.channel
        with self._store.write() as database:
            for table in ("thread", "run_thread"):
                database.execute(
                    f"DELETE FROM {table} WHERE channel = ? AND id = ?",
                    (channel, thread),
                )
            database.execute(
                "DELETE FROM live WHERE channel = ? AND message_id NOT IN"
                " (SELECT message_id FROM posted WHERE channel = ? AND channel_id <> ?"
                " AND message_id IS NOT NULL)",
                (channel, channel, thread),
            )
            database.execute(
                "UPDATE message SET claimed = NULL WHERE id = ?", (waiting.id,)
            )

    def stopped(self, waiting: Waiting, reason: str) -> None:
        """Stop its channel until it is resumed; the message still waits."""
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
        """Fail expired messages; return how many."""
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


def _give_way(database: sqlite3.Connection, queued: QueuedMessage, now: float) -> None:
    """Drop the list of *queued* if a newer one came while it waited."""
    values = {
        "now": now,
        "channel": queued.channel,
        "subscription": queued.subscription,
        "slot": stored(queued.slot),
    }
    ours = "channel = :channel AND subscription = :subscription"
    database.execute(
        "UPDATE message SET state = 'superseded', body = '', ended = :now"
        f" WHERE {ours} AND slot = :slot AND kind = 'report' AND state = 'waiting'"
        f" AND EXISTS (SELECT 1 FROM message WHERE {ours} AND slot > :slot"
        "  AND kind = 'report' AND state = 'waiting')"
        f" AND NOT EXISTS (SELECT 1 FROM message WHERE {ours} AND slot = :slot"
        "  AND (state = 'delivered' OR claimed IS NOT NULL OR ambiguous > 0))",
        values,
    )
    database.execute(
        "DELETE FROM file WHERE 'superseded' ="
        " (SELECT state FROM message WHERE id = file.message)"
    )


def live(store: Store, queued: QueuedMessage) -> str | None:
    if not queued.edit:
        return None
    found = store.read(
        "SELECT message_id FROM live"
        " WHERE channel = ? AND subscription = ? AND place = ?",
        *_place(queued),
    )
    return found[0][0] if found else None


_FORGET = "DELETE FROM live WHERE channel = ? AND subscription = ? AND place = ?"


def _place(queued: QueuedMessage) -> tuple[str, str, str]:
    return queued.channel, queued.subscription, queued.place
