"""Run one subscription at one slot, and store all it did in one transaction."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count, groupby

from wandbwatch.daemon.jobs.news import Known, LineAnswer, news
from wandbwatch.daemon.jobs.previous import (
    CONTENT,
    PreviousRound,
    changes,
    kept,
    memory,
)
from wandbwatch.delivery.outbox import Outbox
from wandbwatch.model.errors import ExitCode, WandbwatchError
from wandbwatch.model.memory import LineRound, Memory
from wandbwatch.model.queued_message import Message, MessageKind, QueuedMessage
from wandbwatch.model.report import Level, Report
from wandbwatch.model.subscription import Mode, Subscription

_EVENTS = 10_000
"""What stands for itself is counted from here, so that it moves no live message."""

Render = Callable[[Sequence[Report]], tuple[Message, ...]]


def letters(
    subscription: Subscription,
    slot: datetime,
    reports: Sequence[Report],
    level: Level,
    render: Render,
) -> Iterator[QueuedMessage]:
    """Yield the letters of *reports*, in their order.

    Reports that stand for themselves have messages of their own; the others share
    theirs. One message pings where *level* is bad: the first that tells why.
    """
    live = subscription.mode is Mode.EDIT
    places = {False: count(), True: count(_EVENTS)}
    for (name, event), group in groupby(reports, lambda r: (r.message_key, r.event)):
        told = tuple(group)
        loud = level if _tells(told, reports, level) else Level.INFO
        for part, message in enumerate(render(told)):
            yield QueuedMessage(
                subscription.channel,
                subscription.name,
                slot,
                next(places[event or bool(name)]),
                message,
                MessageKind.EVENT if event else MessageKind.REPORT,
                level=Level.INFO if part else loud,
                edit=bool(name) or (live and not event),
                name=f"{name}#{part}" if name else "",
            )
        level = Level.INFO if loud is Level.BAD else level


def _tells(told: Sequence[Report], reports: Sequence[Report], level: Level) -> bool:
    """Whether the message of *told* is to say what is bad, if anything in it is."""
    bad = [r for r in reports if r.level is Level.BAD]
    return level is Level.BAD and (not bad or any(r.level is Level.BAD for r in told))


log = logging.getLogger(__name__)

Ask = Callable[[str, Memory], Iterator[Report]]
"""Parse a line and return its reports; WandbwatchError where the user can help it."""
Content = Callable[[Sequence[Report]], str]
"""What the reports say, as a text that is the same when they say the same."""


@dataclass(frozen=True)
class JobContext:
    """What a job uses: the command lines, a renderer and the outbox."""

    ask: Ask
    render: Render
    content: Content
    outbox: Outbox
    begin: Callable[[str], None] = lambda _subscription: None
    """Called with its name before a list is answered."""


@dataclass(frozen=True)
class Result:
    """How a job went: the failed lines' errors, and how many messages it made."""

    errors: tuple[str, ...]
    code: int
    """The highest exit code of the errors."""
    messages: int
    undone: bool = False
    """Whether nothing of it could be written: the slot is still to be done."""


def perform(subscription: Subscription, slot: datetime, crew: JobContext) -> Result:
    """Answer every line, whatever becomes of the others; then write all at once.

    Raises StateError when nothing could be written: the slot is then not done.
    """
    name = subscription.name
    known = PreviousRound.read(crew.outbox, name).known(crew.outbox, name)
    crew.begin(name)
    answers = [
        answered(
            line,
            crew.ask,
            memory(
                crew.outbox, LineRound(name, subscription.channel, line, slot), known
            ),
        )
        for line in subscription.commands
    ]
    # No error of the job as a whole: if there was one, it is over.
    return tell(subscription, slot, [LineAnswer(name), *answers], crew)


def give_up(
    subscription: Subscription, slot: datetime, why: str, crew: JobContext
) -> Result:
    """Report that the job as a whole failed."""
    return tell(
        subscription,
        slot,
        [LineAnswer(subscription.name, error=why, code=ExitCode.OURS)],
        crew,
    )


def answered(line: str, ask: Ask, memory: Memory) -> LineAnswer:
    """Collect what *line* says; what it had said before it failed is kept."""
    reports: list[Report] = []
    error, code = "", 0
    try:
        reports.extend(_named(report, line) for report in ask(line, memory))
    except WandbwatchError as e:
        error, code = str(e), int(e.exit_code)
    except Exception as e:  # a job outlives any one command of it
        log.exception("%r failed; this is a bug in wandbwatch", line)
        name = type(e).__name__
        error = f"a bug in wandbwatch ({name}); the log has the traceback"
        code = ExitCode.OURS
    return LineAnswer(line, tuple(reports), error, code, memory)


def _named(report: Report, line: str) -> Report:
    """Keep apart what stands under one name in two lines of a list."""
    if not report.message_key:
        return report
    whose = hashlib.sha256(line.encode()).hexdigest()[:8]
    return replace(report, message_key=f"{whose} {report.message_key}")


def tell(
    subscription: Subscription,
    slot: datetime,
    answers: Sequence[LineAnswer],
    crew: JobContext,
) -> Result:
    """Enqueue what is new, with what it leaves remembered, and mark the slot done."""
    name = subscription.name
    known = PreviousRound.read(crew.outbox, name).known(crew.outbox, name)
    said = news(answers, known)
    errors = tuple(answer.error for answer in answers if answer.error)
    reports = _posted(said.reports, content := _content(said.reports, crew), known)
    if not subscription.skip_unchanged:
        reports = said.reports
    posted = len(reports) == len(said.reports)
    after = {**said.memory, CONTENT: content, **kept(answers, known, posted=posted)}
    count = 0
    with crew.outbox.round() as round_:
        for letter in letters(subscription, slot, reports, said.level, crew.render):
            round_.enqueue(letter)
            count += 1
        for line, key, value in changes(answers):
            if value is None:
                round_.forget(name, line, key)
            else:
                round_.remember(name, line, key, value)
        PreviousRound(slot, after, known).write(round_, name)
        round_.done(name, slot)
    code = max((answer.code for answer in answers), default=0)
    return Result(errors, code, count)


def _content(reports: Sequence[Report], crew: JobContext) -> str:
    """Hash what the reports say; what happened is news whatever was said before."""
    lasting = [report for report in reports if not report.event]
    return hashlib.sha256(crew.content(lasting).encode()).hexdigest()


def _posted(
    reports: tuple[Report, ...], content: str, known: Known
) -> tuple[Report, ...]:
    """Leave out what its readers have before them already."""
    if known.get(CONTENT) != content:
        return reports
    return tuple(report for report in reports if report.event)
