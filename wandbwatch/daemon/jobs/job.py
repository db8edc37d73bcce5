"""Run one subscription at one slot, and store its results in one transaction."""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from wandbwatch.daemon.jobs import previous_round
from wandbwatch.daemon.jobs.messages import (
    STALE,
    Render,
    kept_back,
    lowered,
    queued_messages,
    stale_note,
    unmuted,
)
from wandbwatch.daemon.jobs.news import (
    Known,
    LineResult,
    Outage,
    news,
    outage_changes,
    worst,
)
from wandbwatch.daemon.jobs.previous_round import (
    CONTENT,
    PreviousRound,
    keep,
    kept,
    memory,
    remember,
)
from wandbwatch.delivery.mutes import Mute, MuteKind
from wandbwatch.delivery.outbox import Outbox, RoundWriter
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import (
    ExitCode,
    RateLimitError,
    SourceError,
    WandbwatchError,
)
from wandbwatch.model.memory import LineRound, Memory
from wandbwatch.model.report import Report
from wandbwatch.model.settings import Mode, Subscription

log = logging.getLogger(__name__)

Ask = Callable[[str, Memory], Iterator[Report]]
"""Parse a line and return its reports; WandbwatchError where the user can help it."""
Content = Callable[[Sequence[Report]], str]
"""Returns the reports' content as text; equal content gives equal text."""


@dataclass(frozen=True)
class JobContext:
    """What a job uses: the command lines, a renderer and the outbox."""

    ask: Ask
    render: Render
    content: Content
    outbox: Outbox
    begin: Callable[[str], None] = lambda _subscription: None
    """Called with its name before a list is answered."""
    mutes: Callable[[], Sequence[Mute]] = tuple
    """Returns the mutes that hold now."""
    threaded: Collection[str] = ()
    """The channels that have a thread for each run."""


@dataclass(frozen=True)
class Result:
    """A job's result: the failed lines' errors, and its number of messages."""

    errors: tuple[str, ...]
    code: int
    """The highest exit code of the errors."""
    messages: int
    undone: bool = False
    """Whether nothing of it could be written: the slot is still to be done."""
    pause: float = 0.0
    """The seconds for which a server rate-limits us."""


def run_job(subscription: Subscription, slot: datetime, context: JobContext) -> Result:
    """Run every line, even if others fail; then write all results at once.

    Raises StateError if nothing could be written: the slot is then not done.
    """
    name = subscription.name
    known = PreviousRound.read(context.outbox, name).known(context.outbox, name)
    context.begin(name)
    results = [
        run_line(
            line,
            context.ask,
            memory(
                context.outbox,
                LineRound(
                    name,
                    subscription.channel,
                    line,
                    slot,
                    subscription.overlap,
                    subscription.channel in context.threaded,
                ),
                known,
            ),
        )
        for line in subscription.commands
    ]
    # The job as a whole worked: an earlier failure of it has ended.
    stored = store_results(subscription, slot, [LineResult(name), *results], context)
    later = _afterwards(subscription, slot, results, context)
    return replace(stored, messages=stored.messages + later)


_AFTERWARDS = 1_000_000
"""The sequence of messages on what was done after a round starts here."""


def _afterwards(
    subscription: Subscription,
    slot: datetime,
    results: Sequence[LineResult],
    context: JobContext,
) -> int:
    """Run the lines' deferred work, now that their round is stored; count the messages.

    After a kill the work is still in the lines' memory, and they defer it again.
    """
    name, outbox, sent = subscription.name, context.outbox, 0
    for line, work in [(r.line, work) for r in results for work in r.memory.afterwards]:
        memory = Memory(
            outbox.recall(name, line),
            round=LineRound(name, subscription.channel, line, slot),
            claims=partial(outbox.claim, name, line),
        )
        done = run_line(line, partial(_later, work), memory)
        level = worst(done.reports)
        with outbox.round() as round_:
            for queued in queued_messages(
                subscription,
                slot,
                done.reports,
                level,
                context.render,
                threaded=subscription.channel in context.threaded,
            ):
                sequence = _AFTERWARDS + sent
                sent += round_.enqueue(replace(queued, sequence=sequence))
            remember(round_, name, [done])
    return sent


def _later(
    work: Callable[[Memory], Iterator[Report]], _line: str, memory: Memory
) -> Iterator[Report]:
    return work(memory)


def give_up(
    subscription: Subscription, slot: datetime, why: str, context: JobContext
) -> Result:
    """Report that the job as a whole failed."""
    return store_results(
        subscription,
        slot,
        [LineResult(subscription.name, error=why, code=ExitCode.OURS, kind="job")],
        context,
    )


def run_line(line: str, ask: Ask, memory: Memory) -> LineResult:
    """Collect the reports of *line*; those before an error are kept."""
    reports: list[Report] = []
    error, code, kind, server, pause = "", 0, "", "", 0.0
    try:
        reports.extend(_named(report, line) for report in ask(line, memory))
    except WandbwatchError as e:
        error, code, kind = str(e), int(e.exit_code), type(e).__name__
        server = e.server if isinstance(e, SourceError) else ""
        if isinstance(e, RateLimitError):
            pause = e.seconds or 0.0
    except Exception as e:  # one command's error must not end the job
        log.exception("%r failed; this is a bug in wandbwatch", line)
        name = type(e).__name__
        error = f"a bug in wandbwatch ({name}); the log has the traceback"
        code, kind = ExitCode.OURS, name
    return LineResult(line, tuple(reports), error, code, memory, pause, kind, server)


def _named(report: Report, line: str) -> Report:
    """Set the report's line; make message keys unique among the lines."""
    report = replace(report, line=line)
    if not report.message_key:
        return report
    whose = hashlib.sha256(line.encode()).hexdigest()[:8]
    return replace(report, message_key=f"{whose} {report.message_key}")


def store_results(
    subscription: Subscription,
    slot: datetime,
    results: Sequence[LineResult],
    context: JobContext,
) -> Result:
    """Queue new messages, store memories, and mark the slot done.

    The readers' knowledge is read in the same transaction: no sender can take a message
    meanwhile, so nothing that is being posted is queued again.
    """
    with context.outbox.round() as round_:
        return _stored(round_, subscription, slot, results, context)


def _stored(
    round_: RoundWriter,
    subscription: Subscription,
    slot: datetime,
    results: Sequence[LineResult],
    context: JobContext,
) -> Result:
    name = subscription.name
    previous = PreviousRound.read(context.outbox, name)
    known = previous.known(context.outbox, name)
    if previous.slot and previous.reports_news:
        round_.pin(name, previous.slot)
    recall, given = partial(context.outbox.recall, name), results
    live = subscription.mode is Mode.EDIT
    if live:
        results = previous_round.completed(results, slot, recall)
    new = news(results, known)
    errors = tuple(result.error for result in results if result.error)
    reports = _posted(new.reports, content := _content(new.reports, context), known)
    if not subscription.skip_unchanged:
        reports = new.reports
    reports, muted = unmuted(subscription, reports, context.mutes(), context.outbox)
    level = lowered(new.level, reports) if muted else new.level
    posted = len(reports) == len(new.reports)
    content = known.get(CONTENT, "") if muted else content
    after = {**new.memory, CONTENT: content, **kept(results, known, posted=posted)}
    count = 0
    threaded = subscription.channel in context.threaded
    reports = tuple(sorted(reports, key=lambda report: not report.card))
    for queued in queued_messages(
        subscription, slot, reports, level, context.render, threaded=threaded
    ):
        round_.enqueue(queued)
        count += 1
    shown = any(not report.event for report in reports)
    error = "" if shown else next((r.error for r in results if r.server), "")
    if note := stale_note(subscription, slot, error, known, context.outbox):
        round_.annotate(note)
        after |= {STALE: "", CONTENT: ""}
    elif STALE in known and not shown:
        after |= {STALE: "", CONTENT: ""}
    for sequence, (report, mute) in enumerate(muted):
        round_.keep_back(kept_back(subscription, slot, sequence, report), mute)
    remember(round_, name, results)
    if live:
        keep(round_, name, previous_round.content_changes(given, slot, recall))
    count += _store_outages(round_, subscription, slot, results, context)
    PreviousRound(slot, after, known).write(round_, name)
    round_.done(name, slot)
    code = max((result.code for result in results), default=0)
    pause = max((result.pause for result in results), default=0.0)
    return Result(errors, code, count, pause=pause)


OUTAGES = "(outages)"
"""What stands for the subscription of the messages on outages, shared by all lists."""


def _store_outages(
    round_: RoundWriter,
    subscription: Subscription,
    slot: datetime,
    results: Sequence[LineResult],
    context: JobContext,
) -> int:
    """Store and queue the job's changes to the outages of its channel."""
    channel, now = subscription.channel, round_.time
    if any(
        m.kind is MuteKind.LIST and m.target == subscription.name
        for m in context.mutes()
    ):
        return 0
    known = {s: Outage.load(s, at, t) for s, at, t in round_.outages(channel)}
    shared = replace(subscription, name=OUTAGES, mode=Mode.POST)
    reports: list[Report] = []
    for change in outage_changes(known, subscription.name, results, now):
        outage = change.outage
        stored = "" if change.over else outage.dump()
        round_.store_outage(channel, outage.server, outage.since, stored)
        reports += change.reports
    count = 0
    apart = zlib.crc32(f"{subscription.name} {slot}".encode())
    for queued in queued_messages(shared, now, reports, Level.BAD, context.render):
        # An update edits without a ping, unless the first message still waits.
        loud = Level.BAD if queued.name else Level.INFO
        sequence = apart + queued.sequence
        round_.enqueue(replace(queued, level=loud, sequence=sequence))
        count += 1
    return count


def _content(reports: Sequence[Report], context: JobContext) -> str:
    """Hash the reports' content, without events, which are always new."""
    lasting = [report for report in reports if not report.event]
    return hashlib.sha256(context.content(lasting).encode()).hexdigest()


def _posted(
    reports: tuple[Report, ...], content: str, known: Known
) -> tuple[Report, ...]:
    """Leave out reports that are already posted; events are kept."""
    if known.get(CONTENT) != content:
        return reports
    return tuple(report for report in reports if report.event)
