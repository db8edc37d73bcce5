"""One message per server outage and channel, shared by all its subscriptions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from wandbwatch.daemon.jobs.news import LineResult
from wandbwatch.formatting import numbers
from wandbwatch.model.report import Level, Note, Report

STALE = 900.0
"""Seconds after which a failure no longer counts when another line works again."""
_SHOWN = 10


@dataclass(frozen=True)
class FailingLine:
    subscription: str
    line: str
    error: str
    at: float
    """When it failed last, POSIX seconds."""


@dataclass(frozen=True)
class Outage:
    """A server that does not answer, and the lines of one channel that ask it."""

    server: str
    since: float
    lines: tuple[FailingLine, ...] = ()

    def dump(self) -> str:
        return json.dumps([asdict(line) for line in self.lines])

    @classmethod
    def load(cls, server: str, since: float, stored: str) -> Outage:
        lines = tuple(FailingLine(**fields) for fields in json.loads(stored))
        return cls(server, since, lines)

    @property
    def report(self) -> Report:
        """Report the failure and the affected lines, in a message with its own name."""
        names = list(dict.fromkeys(line.subscription for line in self.lines))
        more = f" and {len(names) - _SHOWN} more" if names[_SHOWN:] else ""
        affected = Note(f"affected: {', '.join(names[:_SHOWN])}{more}")
        return Report(
            "failure",
            f"{self.server}: outage",
            (Note(self.lines[0].error), affected),
            Level.BAD,
            event=True,
            message_key=f"outage {self.server} {self.since:.0f}",
        )

    def over(self, now: float) -> Report:
        span = numbers.duration(timedelta(seconds=max(0, round(now - self.since))))
        title = f"{self.server}: answers again"
        note = Note(f"the outage lasted {span}")
        return Report("failure", title, (note,), Level.GOOD, event=True)


@dataclass(frozen=True)
class Change:
    """An outage after a job: its stored form, and its message."""

    outage: Outage
    reports: tuple[Report, ...]

    @property
    def over(self) -> bool:
        return not self.outage.lines


def changes(
    known: Mapping[str, Outage],
    subscription: str,
    results: Sequence[LineResult],
    now: datetime,
) -> list[Change]:
    """Return the outages that the *results* of a job start, change or end. Pure."""
    moment = now.timestamp()
    failed = {r.server for r in results if r.server}
    servers = dict.fromkeys([*known, *failed])
    found = []
    for server in servers:
        old = known.get(server) or Outage(server, moment)
        new = _after(old, subscription, results, moment)
        if new != old:
            found.append(Change(new, _reports(old, new, moment)))
    return found


def _after(
    old: Outage, subscription: str, results: Sequence[LineResult], now: float
) -> Outage:
    lines = {(line.subscription, line.line): line for line in old.lines}
    worked = False
    for result in results:
        key = (subscription, result.line)
        if result.server == old.server:
            # In its old place: in another order, it would be another text to post.
            lines[key] = FailingLine(subscription, result.line, result.error, now)
        elif key in lines:
            del lines[key]
            worked = True
    if worked:
        lines = {k: line for k, line in lines.items() if now - line.at < STALE}
    return replace(old, lines=tuple(lines.values()))


def _reports(old: Outage, new: Outage, now: float) -> tuple[Report, ...]:
    if not new.lines:
        return (new.over(now),)
    if old.lines and old.report == new.report:
        return ()
    return (new.report,)
