"""Make messages of the reports of a job, and keep the muted ones back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count, groupby

from wandbwatch.daemon.jobs.news import Known, worst
from wandbwatch.delivery.mutes import Mute
from wandbwatch.delivery.outbox import Outbox
from wandbwatch.formatting.text import clean, cut_end, without_hints
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message, MessageKind, Origin, QueuedMessage
from wandbwatch.model.report import Report, Subject
from wandbwatch.model.settings import Mode, Subscription

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
        cut_end(title, _TITLE),
        tuple(dict.fromkeys(r.line for r in reports if r.line)),
        tuple(dict.fromkeys(r.rule for r in reports if r.rule)),
        tuple(dict.fromkeys(run for r in reports for run in r.runs)),
        (clean(run.path), clean(run.name)) if run else (),
    )


def _pings(shared: Sequence[Report], reports: Sequence[Report], level: Level) -> bool:
    """Whether the message of *shared* carries the level and the ping."""
    bad = [r for r in reports if r.level is level and not r.card]
    return level.rank > 0 and (not bad or any(one in bad for one in shared))


STALE = "stale"
"""The key of whether a live message says that its content can't be read now."""


def stale_note(
    subscription: Subscription,
    slot: datetime,
    error: str,
    known: Known,
    outbox: Outbox,
) -> QueuedMessage | None:
    """Return the note above a live message whose data can't be read any more.

    The old content stays, as it is better than nothing.
    """
    name, channel = subscription.name, subscription.channel
    live = subscription.mode is Mode.EDIT and outbox.is_live(channel, name, "0")
    if not (live and error) or STALE in known:
        return None
    why = clean(without_hints(error))
    text = f"-# not readable since <t:{slot.timestamp():.0f}:t>: {why}"
    quiet: dict[str, list[str]] = {"parse": []}
    body = {"content": text[:_NOTE], "allowed_mentions": quiet, "kept": True}
    return QueuedMessage(
        channel, name, slot, 0, Message(json.dumps(body)), edit=True, level=Level.INFO
    )


_NOTE = 500


def unmuted(
    subscription: Subscription,
    reports: tuple[Report, ...],
    mutes: Sequence[Mute],
    outbox: Outbox,
) -> tuple[tuple[Report, ...], list[tuple[Report, str]]]:
    """Split *reports* into those to post, and the muted ones with their mute.

    Edits of a posted message are posted, as they notify nobody.
    """
    posted: list[Report] = []
    muted: list[tuple[Report, str]] = []
    for report in reports:
        origin = origin_of([report])
        by = next(
            (m for m in mutes if m.covers(subscription.name, report.line, origin)), None
        )
        if by is None or _edits(subscription, report, outbox):
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


def lowered(level: Level, reports: Sequence[Report]) -> Level:
    """Return *level*, or a lower one if its reports are muted."""
    left = worst(reports)
    return left if left.rank < level.rank else level


def kept_back(
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
