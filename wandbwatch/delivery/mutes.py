"""Mutes: what is not posted for a while, and how its end is reported."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import islice, pairwise
from pathlib import Path

from wandbwatch.delivery.outbox.history import History, escaped
from wandbwatch.delivery.outbox.rows import insert
from wandbwatch.delivery.outbox.store import Store
from wandbwatch.formatting import numbers
from wandbwatch.model import address_parsing
from wandbwatch.model.address import Address, Cloud, Local
from wandbwatch.model.delivery import Message, MessageKind, Origin, QueuedMessage
from wandbwatch.model.settings import Subscription

ENDED = "(mute)"
"""The subscription of the message that says that a mute has ended."""
_OLDER = re.compile(r"(?:run|project|sweep|address|path):")
"""The names before values in the older bot's lines."""
_WHEN = "--when"
FLAGS = {
    *("--backtest", "--config", "--debug", "--delta", "--detach", "--dry-run", "-f"),
    *("--follow", "--greet", "--grid", "--log-x", "--log-y", "--suggest"),
}
"""The options of command lines that take no value."""
_SHOWN = 10


class MuteKind(Enum):
    LIST = "list"
    """A subscription, by its name."""
    RULE = "rule"
    """A rule of alerts."""
    ADDRESS = "address"
    """A project or a run, and all below it."""


@dataclass(frozen=True)
class Mute:
    target: str
    kind: MuteKind
    since: datetime
    until: datetime
    reason: str = ""
    channels: tuple[str, ...] = ()
    """Where its end is reported."""

    def covers(self, subscription: str, line: str, origin: Origin) -> bool:
        """Whether it holds back a report of *line* in *subscription* about *origin*."""
        match self.kind:
            case MuteKind.LIST:
                return subscription == self.target
            case MuteKind.RULE:
                rules = {_spaceless(rule) for rule in origin.rules}
                return rules == {_spaceless(self.target)}
            case MuteKind.ADDRESS:
                muted = _address(self.target)
                others = set(origin.runs) - {_run_id(muted)}
                return asks_about(muted, line) or (
                    is_about(muted, line, origin.runs) and not others
                )

    def touches(self, subscription: Subscription) -> bool:
        """Whether anything of *subscription* can be muted by it."""
        if self.kind is MuteKind.LIST:
            return subscription.name == self.target
        if self.kind is MuteKind.RULE:
            target = _spaceless(self.target)
            found = (rule for line in subscription.commands for rule in rules(line))
            return any(_spaceless(rule) == target for rule in found)
        muted = _address(self.target)
        return any(
            covers(muted, one) or covers(one, muted)
            for line in subscription.commands
            for one in addresses(line)
        )


def asks_about(address: Address, line: str) -> bool:
    """Whether *line* asks about *address*, or what is in it."""
    return any(covers(address, one) for one in addresses(line))


def is_about(address: Address, line: str, runs: Sequence[str]) -> bool:
    """Whether the *runs* that *line* reports on are in *address*, at least one."""
    if asks_about(address, line):
        return True
    within = any(covers(one, address) for one in addresses(line))
    return within and _run_id(address) in runs


def words(line: str) -> list[str]:
    """Return the words of a command line behind its command."""
    with contextlib.suppress(ValueError):
        return shlex.split(line)[1:]
    return []


def rules(line: str) -> Iterator[str]:
    """Yield the rules of alerts in *line*."""
    for option, value in pairwise([*words(line), ""]):
        if option == _WHEN:
            yield value
        elif option.startswith(f"{_WHEN}="):
            yield option.removeprefix(f"{_WHEN}=")


def addresses(line: str) -> Iterator[Address]:
    """Yield what in *line* reads as an address of runs; a value may be among them.

    A line that names none reads ``./wandb``.
    """
    for word in words(line):
        with contextlib.suppress(ValueError):
            if not word.startswith("-"):
                yield _address(_OLDER.sub("", word, count=1))
    if _is_bare(line):
        yield Local(Path("wandb"))


def _is_bare(line: str) -> bool:
    """Whether all words of *line* are its command, options and their values."""
    if line.split()[:1] == ["experiment"]:
        return False
    return all(
        word.startswith("-")
        or (before.startswith("-") and "=" not in before and before not in FLAGS)
        for before, word in pairwise(["", *words(line)])
    )


def _address(text: str) -> Address:
    return address_parsing.project_or_run(text)


def covers(whole: Address, part: Address) -> bool:
    """Whether *part* is *whole*, or in it. What either leaves out counts as equal."""
    if isinstance(whole, Local) and isinstance(part, Local):
        inner, outer = _absolute(part), _absolute(whole)
        return inner == outer or outer in inner.parents
    if not (isinstance(whole, Cloud) and isinstance(part, Cloud)):
        return False
    open_ = ((whole.server, part.server), (whole.entity, part.entity))
    if any(a and b and a != b for a, b in open_) or whole.project != part.project:
        return False
    return (whole.run, whole.sweep) in {(None, None), (part.run, part.sweep)}


def _absolute(address: Local) -> Path:
    return Path(address.path).expanduser().absolute()


def _run_id(address: Address) -> str | None:
    if isinstance(address, Local):
        return address.path.absolute().name.rpartition("-")[2]
    return address.run


def _spaceless(text: str) -> str:
    return "".join(text.split())


class Mutes:
    """The mutes in the state. A mute ends by its time, or by `end`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> tuple[Mute, ...]:
        found = self._store.read(
            "SELECT target, kind, since, until, reason, channels FROM mute"
            " ORDER BY until"
        )
        return tuple(
            Mute(
                target,
                MuteKind(kind),
                datetime.fromtimestamp(since, UTC),
                datetime.fromtimestamp(until, UTC),
                reason,
                tuple(json.loads(channels)),
            )
            for target, kind, since, until, reason, channels in found
        )

    def active(self) -> tuple[Mute, ...]:
        now = self._store.now()
        return tuple(mute for mute in self.all() if mute.until > now)

    def begin(self, mute: Mute) -> None:
        """Let *mute* hold from now on, in place of another of the same target."""
        with self._store.write() as database:
            database.execute(
                "INSERT OR REPLACE INTO mute VALUES (?, ?, ?, ?, ?, ?)",
                (
                    mute.target,
                    mute.kind.value,
                    mute.since.timestamp(),
                    mute.until.timestamp(),
                    mute.reason,
                    json.dumps(mute.channels),
                ),
            )

    def end(self, mutes: Sequence[Mute]) -> None:
        """End *mutes* and let messages wait that say so."""
        now = self._store.now()
        kept_back = {mute: self._kept_back(mute) for mute in mutes}
        with self._store.write() as database:
            for mute in mutes:
                gone = database.execute(
                    "DELETE FROM mute WHERE target = ?", (mute.target,)
                )
                if gone.rowcount:
                    _report_end(database, mute, kept_back[mute], now)

    def end_due(self) -> tuple[Mute, ...]:
        """End the mutes whose time has come, and return them."""
        now = self._store.now()
        over = tuple(mute for mute in self.all() if mute.until <= now)
        if over:
            self.end(over)
        return over

    def shift(self, by: timedelta, now: datetime) -> None:
        """Let mutes last as long as before after the clock was set ahead *by*."""
        if by <= timedelta(0):
            return  # `Queue.rebase` sees to what is later than now
        with self._store.write() as database:
            database.execute(
                "UPDATE mute SET since = since + ?, until = until + ? WHERE since < ?",
                (by.total_seconds(), by.total_seconds(), (now - by).timestamp()),
            )

    def _kept_back(self, mute: Mute) -> list[str]:
        """Return the titles of what it kept back."""
        entries = History(self._store).entries(mute.since)
        return [one.origin.title for one in entries if one.muted == mute.target]


def _report_end(
    database: sqlite3.Connection, mute: Mute, titles: Sequence[str], now: datetime
) -> None:
    text = ended(mute, titles, now)
    body = json.dumps({"content": text, "allowed_mentions": {"parse": []}})
    title = f"{mute.target} is no longer muted"
    for sequence, channel in enumerate(mute.channels):
        message = QueuedMessage(
            channel,
            f"{ENDED} {mute.target}",
            now,
            sequence,
            Message(body),
            MessageKind.EVENT,
            origin=Origin(title),
        )
        insert(database, message, now.timestamp())


def ended(mute: Mute, titles: Sequence[str], now: datetime) -> str:
    """Word the end of *mute*, which kept back messages of these *titles*."""
    lasted = numbers.duration(max(min(now, mute.until) - mute.since, timedelta(0)))
    text = (
        f"wandbwatch: {escaped(mute.target)} is no longer muted (it was for {lasted})"
    )
    if not titles:
        return f"{text}; nothing happened meanwhile"
    count = f"{len(titles)} message{'s' if titles[1:] else ''}"
    times = Counter(titles)
    shown = [
        f"• {escaped(title)}{f' ({count} times)' if count > 1 else ''}"
        for title, count in islice(times.items(), _SHOWN)
    ]
    if len(times) > _SHOWN:
        shown.append(f"• {len(times) - _SHOWN} more: `wandbwatch history`")
    return "\n".join([f"{text}; not posted: {count}", *shown])
