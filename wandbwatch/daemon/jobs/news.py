"""Which reports of a job are new, compared with the previous job's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Block, Level, Note, Report

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
