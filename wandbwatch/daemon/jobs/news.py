"""Which reports of a job are new, and one message for each server's outage.

An outage's message is shared by all subscriptions of a channel.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from wandbwatch.formatting import numbers
from wandbwatch.model.cell import Level
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Block, Note, Report

Known = Mapping[str, str]
"""What the readers of the channel know: reported failures and bad news."""
_FAILURE = "failure "
_KIND = "failure kind "
_BAD = "bad "


@dataclass(frozen=True)
class LineResult:
    """The result of one line: reports, and an error if it ended in one."""

    line: str
    reports: tuple[Report, ...] = ()
    error: str = ""
    code: int = 0
    """The exit code of the error."""
    memory: Memory = field(default_factory=Memory)
    """What its command remembers from now on."""
    pause: float = 0.0
    """The seconds for which its server rate-limits us."""
    kind: str = ""
    """What kind of error it is; of one kind, only the first is reported."""
    server: str = ""
    """The server whose outage it is, which `outages` reports for all lists."""


@dataclass(frozen=True)
class News:
    """A job's reports, and what readers know after them."""

    reports: tuple[Report, ...]
    level: Level
    """BAD when something is bad that was not so before; WARN for a new warning."""
    memory: Known


def news(results: Sequence[LineResult], known: Known) -> News:
    """Decide what to report: a failure once, its recovery once, the rest each time."""
    reports = tuple(
        report for result in results for report in _with_failure(result, known)
    )
    memory: dict[str, str] = {}
    for result in results:
        memory |= _failure_known(result, known)
    memory |= {_BAD + r.title: "" for r in reports if r.level is Level.BAD}
    # A known failure is not reported again, but still counts as bad.
    memory |= {k: "" for k in known if k.startswith(_BAD) and _still(k, results, known)}
    fresh = any(memory.get(key) != known.get(key) for key in memory)
    happened = worst(report for report in reports if report.event)
    return News(reports, Level.BAD if fresh else happened, memory)


def worst(reports: Iterable[Report]) -> Level:
    """Return the worst level of *reports*; INFO if none is a warning or bad."""
    loud = [report.level for report in reports if report.level.rank]
    return max(loud, key=lambda level: level.rank, default=Level.INFO)


def failure(line: str, error: str) -> Report:
    """One failing line, in its place."""
    command, *words = line.split()
    named = any(error.startswith(f"{word} ") for word in words)  # the address, again
    headline = f"{command if named else line}: {error}"
    return Report(
        "failure", line, (Note(error),), Level.BAD, headline=headline, line=line
    )


def _with_failure(result: LineResult, known: Known) -> tuple[Report, ...]:
    """Add a new failure in its place, or the recovery from an old one."""
    before = known.get(_FAILURE + result.line, "")
    if result.server or _known(result, known):
        return result.reports
    if result.error:
        return (*result.reports, failure(result.line, result.error))
    over = Note(f"this works again; it had failed: {before}")
    if not result.reports:
        headline = f"{result.line}: works again"
        report = Report("failure", result.line, (over,), Level.GOOD, headline=headline)
        return (replace(report, line=result.line),)
    first, *rest = result.reports
    blocks: tuple[Block, ...] = (over, *first.blocks)
    return (replace(first, blocks=blocks), *rest)


def _known(result: LineResult, known: Known) -> bool:
    """Whether the readers know of this failure, or of its absence."""
    before = known.get(_FAILURE + result.line, "")
    if result.error == before:
        return True
    kind = known.get(_KIND + result.line)
    return bool(before and result.error and result.kind and result.kind == kind)


def _failure_known(result: LineResult, known: Known) -> dict[str, str]:
    """Return what the readers know of the line's failure after this job."""
    keys = (_FAILURE + result.line, _KIND + result.line)
    if result.server or (result.error and _known(result, known)):
        return {key: known[key] for key in keys if key in known}
    values = (result.error, result.kind)
    return {k: v for k, v in zip(keys, values, strict=True) if v and result.error}


def _still(key: str, results: Sequence[LineResult], known: Known) -> bool:
    line = key.removeprefix(_BAD)
    return any(a.line == line and a.error and _known(a, known) for a in results)


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
            headline=self._headline,
        )

    @property
    def _headline(self) -> str:
        error = self.lines[0].error
        named = self.server in error
        return f"outage: {error}" if named else f"{self.server}: outage: {error}"

    def over(self, now: float) -> Report:
        span = numbers.duration(timedelta(seconds=max(0, round(now - self.since))))
        title = f"{self.server}: answers again"
        note = Note(said := f"the outage lasted {span}")
        line = f"{title}; {said}"
        return Report("failure", title, (note,), Level.GOOD, event=True, headline=line)


@dataclass(frozen=True)
class OutageChange:
    """An outage after a job: its stored form, and its message."""

    outage: Outage
    reports: tuple[Report, ...]

    @property
    def over(self) -> bool:
        return not self.outage.lines


def outage_changes(
    known: Mapping[str, Outage],
    subscription: str,
    results: Sequence[LineResult],
    now: datetime,
) -> list[OutageChange]:
    """Return the outages that the *results* of a job start, change or end. Pure."""
    moment = now.timestamp()
    failed = {r.server for r in results if r.server}
    servers = dict.fromkeys([*known, *failed])
    found = []
    for server in servers:
        old = known.get(server) or Outage(server, moment)
        new = _after(old, subscription, results, moment)
        if new != old:
            found.append(OutageChange(new, _reports(old, new, moment)))
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
