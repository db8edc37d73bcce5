"""Run one subscription at one slot, and store its results in one transaction."""

from __future__ import annotations

import hashlib
import json
import logging
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import count, groupby

from wandbwatch.daemon.jobs import last_content, outages
from wandbwatch.daemon.jobs.news import Known, LineResult, news, worst
from wandbwatch.daemon.jobs.outages import Outage
from wandbwatch.delivery.mutes import Mute, MuteKind
from wandbwatch.delivery.outbox import Outbox, RoundWriter
from wandbwatch.formatting.text import clean
from wandbwatch.model.errors import (
    ExitCode,
    RateLimitError,
    SourceError,
    WandbwatchError,
)
from wandbwatch.model.memory import LineRound, Memory, StoredJson
from wandbwatch.model.queued_message import (
    Message,
    MessageKind,
    Origin,
    QueuedMessage,
)
from wandbwatch.model.report import Level, Report, Subject
from wandbwatch.model.subscription import Mode, Subscription

_STORED = StoredJson(compact=False, ascii=True)
_KEPT = "kept "
CONTENT = "content"
"""The key of the hash of what the list reported."""


@dataclass(frozen=True)
class PreviousRound:
    """The previous round: its memory once it is delivered, and until then."""

    slot: datetime | None = None
    after: Known = field(default_factory=dict)
    before: Known = field(default_factory=dict)

    @classmethod
    def read(cls, outbox: Outbox, subscription: str) -> PreviousRound:
        stored = _STORED.load(outbox.recall(subscription, "").get("last"))
        if stored is None:
            return cls()
        slot, after, before = stored
        return cls(datetime.fromisoformat(slot), after, before)

    def known(self, outbox: Outbox, subscription: str) -> Known:
        if not self.slot or outbox.settled(subscription, self.slot):
            return self.after
        # Queued news stays queued, so it is not reported again.
        if self.reports_news and outbox.is_leaving(subscription, self.slot):
            return self.after
        return self.before

    @property
    def reports_news(self) -> bool:
        """Whether it contains one-time news: a failure, its end, or something bad."""

        def once(known: Known) -> Known:
            other = (CONTENT, _KEPT)
            return {k: v for k, v in known.items() if not k.startswith(other)}

        return once(self.after) != once(self.before)

    def write(self, round_: RoundWriter, subscription: str) -> None:
        slot = self.slot.isoformat() if self.slot else ""
        text = _STORED.dump([slot, dict(self.after), dict(self.before)])
        round_.remember(subscription, "", "last", text)


def memory(outbox: Outbox, round_: LineRound, known: Known) -> Memory:
    """Return the memory of *round_*'s line."""
    line = round_.line
    delivered = {}
    for key, value in known.items():
        if key.startswith(_KEPT):
            whose, name = _STORED.load(key.removeprefix(_KEPT))
            if whose == line:
                delivered[name] = value
    stored = outbox.recall(round_.subscription, line)
    return Memory(stored, delivered, round=round_)


def kept(results: Sequence[LineResult], known: Known, *, posted: bool) -> Known:
    """Return the lines' memory of delivered content, once this round is delivered.

    Reports that are not *posted* do not change it.
    """
    old = {key: value for key, value in known.items() if key.startswith(_KEPT)}
    new = {
        _KEPT + _STORED.dump([result.line, name]): value
        for result in results
        for name, value in result.memory.on_delivery.items()
    }
    return old | new if posted else old


def changes(results: Sequence[LineResult]) -> Iterator[tuple[str, str, str | None]]:
    """Yield the changes to the lines' memories: line, name and value."""
    for result in results:
        for name, value in result.memory.changes.items():
            yield result.line, name, value


_TITLE = 200
"""Characters of a title in the history."""
_EVENTS = 10_000
"""The sequence of separate messages starts here, so that they move no live message."""

Render = Callable[[Sequence[Report]], tuple[Message, ...]]


def queued_messages(
    subscription: Subscription,
    slot: datetime,
    reports: Sequence[Report],
    level: Level,
    render: Render,
    *,
    threaded: bool = False,
) -> Iterator[QueuedMessage]:
    """Yield the messages of *reports*, in their order.

    Reports with a message key have their own messages, with *threaded* those on
    different runs as well; the others share theirs. One message has the *level* and
    may ping: the first with the cause.
    """
    live = subscription.mode is Mode.EDIT
    places = {False: count(), True: count(_EVENTS)}

    def apart(report: Report) -> tuple[str, bool, Subject | None]:
        run = report.subject if threaded else None
        own = run.path if run and live and not report.event else ""
        return report.message_key or own, report.event, run

    for (name, event, _), group in groupby(reports, apart):
        shared = tuple(group)
        edit = bool(name) or (live and not event)
        if edit:
            *rest, last = shared
            shared = (*rest, replace(last, edited=slot))
        loud = level if _pings(shared, reports, level) else Level.INFO
        for part, message in enumerate(render(shared)):
            yield QueuedMessage(
                subscription.channel,
                subscription.name,
                slot,
                next(places[event or bool(name)]),
                message,
                MessageKind.EVENT if event else MessageKind.REPORT,
                level=Level.INFO if part else loud,
                edit=edit,
                name=f"{name}#{part}" if name else "",
                origin=origin_of(shared),
            )
        level = Level.INFO if loud.rank else level


def origin_of(reports: Sequence[Report]) -> Origin:
    """Return the content of a message of *reports*, and the lines it comes from."""
    title = "; ".join(clean(r.headline or r.title) for r in reports)
    runs = {r.subject for r in reports}
    run = runs.pop() if len(runs) == 1 else None
    return Origin(
        title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…",
        tuple(dict.fromkeys(r.line for r in reports if r.line)),
        tuple(dict.fromkeys(r.rule for r in reports if r.rule)),
        tuple(dict.fromkeys(run for r in reports for run in r.runs)),
        (clean(run.path), clean(run.name)) if run else (),
    )


def _pings(shared: Sequence[Report], reports: Sequence[Report], level: Level) -> bool:
    """Whether the message of *shared* carries the level and the ping."""
    bad = [r for r in reports if r.level is level and not r.card]
    return level.rank > 0 and (not bad or any(one in bad for one in shared))


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
            _remember(round_, name, [done])
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
        results = last_content.completed(results, slot, recall)
    new = news(results, known)
    errors = tuple(result.error for result in results if result.error)
    reports = _posted(new.reports, content := _content(new.reports, context), known)
    if not subscription.skip_unchanged:
        reports = new.reports
    reports, muted = _unmuted(subscription, reports, context)
    level = _level(new.level, reports) if muted else new.level
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
    if stale := _stale(subscription, slot, error, known, context):
        round_.annotate(stale)
        after |= {_STALE: "", CONTENT: ""}
    elif _STALE in known and not shown:
        after |= {_STALE: "", CONTENT: ""}
    for sequence, (report, mute) in enumerate(muted):
        round_.keep_back(_kept_back(subscription, slot, sequence, report), mute)
    _remember(round_, name, results)
    if live:
        _keep(round_, name, last_content.changes(given, slot, recall))
    count += _store_outages(round_, subscription, slot, results, context)
    PreviousRound(slot, after, known).write(round_, name)
    round_.done(name, slot)
    code = max((result.code for result in results), default=0)
    pause = max((result.pause for result in results), default=0.0)
    return Result(errors, code, count, pause=pause)


_STALE = "stale"
"""The key of whether a live message says that its content can't be read now."""


def _stale(
    subscription: Subscription,
    slot: datetime,
    error: str,
    known: Known,
    context: JobContext,
) -> QueuedMessage | None:
    """Return the note above a live message whose data can't be read any more.

    The old content stays, as it is better than nothing.
    """
    name, channel = subscription.name, subscription.channel
    live = subscription.mode is Mode.EDIT and context.outbox.is_live(channel, name, "0")
    if not (live and error) or _STALE in known:
        return None
    text = f"-# not readable since <t:{slot.timestamp():.0f}:t>: {clean(error)}"
    quiet: dict[str, list[str]] = {"parse": []}
    body = {"content": text[:_NOTE], "allowed_mentions": quiet, "kept": True}
    return QueuedMessage(
        channel, name, slot, 0, Message(json.dumps(body)), edit=True, level=Level.INFO
    )


_NOTE = 500


def _unmuted(
    subscription: Subscription, reports: tuple[Report, ...], context: JobContext
) -> tuple[tuple[Report, ...], list[tuple[Report, str]]]:
    """Split *reports* into those to post, and the muted ones with their mute.

    Edits of a posted message are posted, as they notify nobody.
    """
    mutes = context.mutes()
    posted: list[Report] = []
    muted: list[tuple[Report, str]] = []
    for report in reports:
        origin = origin_of([report])
        by = next(
            (m for m in mutes if m.covers(subscription.name, report.line, origin)), None
        )
        if by is None or _edits(subscription, report, context.outbox):
            posted.append(report)
        else:
            muted.append((report, by.target))
    return tuple(posted), muted


def _edits(subscription: Subscription, report: Report, outbox: Outbox) -> bool:
    name = report.message_key
    if not name and (report.event or subscription.mode is not Mode.EDIT):
        return False
    place = f"@{name}#0" if name else "0"
    return outbox.is_live(subscription.channel, subscription.name, place)


def _level(level: Level, reports: Sequence[Report]) -> Level:
    """Return *level*, or a lower one if its reports are muted."""
    left = worst(reports)
    return left if left.rank < level.rank else level


def _kept_back(
    subscription: Subscription, slot: datetime, sequence: int, report: Report
) -> QueuedMessage:
    return QueuedMessage(
        subscription.channel,
        subscription.name,
        slot,
        sequence,
        Message(""),
        origin=origin_of([report]),
    )


def _remember(round_: RoundWriter, name: str, results: Sequence[LineResult]) -> None:
    _keep(round_, name, changes(results))


def _keep(
    round_: RoundWriter, name: str, changed: Iterator[tuple[str, str, str | None]]
) -> None:
    for line, key, value in changed:
        if value is None:
            round_.forget(name, line, key)
        else:
            round_.remember(name, line, key, value)


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
    for change in outages.changes(known, subscription.name, results, now):
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
