"""The daemon's self-monitoring: record results, log problems, post each once."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from wandbwatch.daemon.health import (
    KEY,
    NOTICES,
    POSTED,
    DaemonRecord,
    Failure,
    Health,
    NextStarts,
    Problem,
    look,
)
from wandbwatch.delivery.mutes import Mutes
from wandbwatch.delivery.outbox import Outbox, StoppedChannel, Store
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message, MessageKind, QueuedMessage
from wandbwatch.model.settings import Subscription

log = logging.getLogger(__name__)


class Monitor:
    """The daemon's self-monitoring: records results, logs problems, posts each once."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._outbox = Outbox(store)
        before = DaemonRecord.read(self._outbox)
        self._record = replace(before, pid=os.getpid(), since=now.timestamp())
        self._stored = ""
        self._logged: dict[str, str] = {}
        self._starts = NextStarts()

    def result(self, name: str, errors: Sequence[str], code: int, at: datetime) -> bool:
        """Record a result of the subscription *name*; whether it or the last failed."""
        failures = dict(self._record.failures)
        before = failures.pop(name, None)
        if errors:
            since = before.since if before else at.timestamp()
            failures[name] = Failure("; ".join(errors)[:_LONGEST], code, since)
        self._record = replace(self._record, failures=failures)
        return bool(errors or before)

    def clock_jumped(self, by: timedelta, now: datetime) -> None:
        jump = (now.timestamp(), by.total_seconds())
        self._record = replace(self._record, jump=jump)

    def keep_mutes(self, by: timedelta, now: datetime) -> None:
        """Keep the remaining time of mutes after a clock jump. Raises StateError."""
        Mutes(self._store).shift(by, now)

    def look(
        self,
        subscriptions: Sequence[Subscription],
        channels: Sequence[str],
        now: datetime,
        error: str = "",
    ) -> Health:
        """Return the health; log and post new problems. Raises StateError."""
        if not error:
            for mute in Mutes(self._store).end_due():
                log.info("%s is no longer muted", mute.target)
        names = {one.name for one in subscriptions}
        failures = {n: f for n, f in self._record.failures.items() if n in names}
        self._record = replace(self._record, failures=failures)
        health = look(
            self._store,
            subscriptions,
            self._record,
            now,
            running=True,
            error=error,
            starts=self._starts,
        )
        late = {
            one.name: self._record.late.get(one.name, now.timestamp())
            for one in health.lists
            if one.next and one.next <= now
        }
        self._record = replace(self._record, late=late)
        health = replace(health, record=self._record)
        self._log(health)
        if not error:
            self._write(health, channels)
        return health

    def _log(self, health: Health) -> None:
        """Log the problems that nothing else logs."""
        found = {
            p.id: p.text
            for p in health.problems
            if p.kind in {"queue old", "list late"}
        }
        for id_ in found.keys() - self._logged.keys():
            log.warning("%s", found[id_])
        for id_ in self._logged.keys() - found.keys():
            log.info("resolved: %s", self._logged[id_])
        self._logged = found

    def _write(self, health: Health, channels: Sequence[str]) -> None:
        """Store the record if it changed, with the messages on new problems."""
        problems = {p.id: p for p in health.problems if p.kind in POSTED}
        new = [p for id_, p in problems.items() if id_ not in self._record.posted]
        over = [id_ for id_ in self._record.posted if id_ not in problems]
        record = replace(self._record, posted=tuple(problems))
        if (text := record.dump()) == self._stored:
            return
        with self._outbox.round() as round_:
            round_.remember("", "", KEY, text)
            for problem in new:
                if channel := _another(channels, problem, health.stopped):
                    round_.enqueue(_notice(problem, channel, health.at))
        self._record, self._stored = record, text
        for id_ in over:
            log.info("resolved: %s", id_)


_LONGEST = 500


def _another(
    channels: Sequence[str], problem: Problem, stopped: Sequence[StoppedChannel]
) -> str | None:
    """Return a channel to post *problem* to, other than the one that has it."""
    bad = {problem.subject, *(stop.channel for stop in stopped)}
    return next((name for name in channels if name not in bad), None)


def _notice(problem: Problem, channel: str, now: datetime) -> QueuedMessage:
    import hashlib  # noqa: PLC0415 -- 3.5 MB, and most daemons have no problems

    text = _plain(f"wandbwatch: {problem.text}")
    if problem.kind == "channel stopped":
        text += f"; fix it, then run `wandbwatch hello {_plain(problem.subject)}`"
    body = json.dumps({"content": text, "allowed_mentions": {"parse": []}})
    number = int(hashlib.sha256(problem.id.encode()).hexdigest()[:6], 16)
    return QueuedMessage(
        channel,
        NOTICES,
        now,
        number,
        Message(body),
        MessageKind.EVENT,
        Level.INFO if problem.passing else Level.BAD,
    )


def _plain(text: str) -> str:
    """Remove characters that Discord reads as formatting or as a mention."""
    return "".join(c for c in text if c not in "`*_~|<>@\\")[:1900]
