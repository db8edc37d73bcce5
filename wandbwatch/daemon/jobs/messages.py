"""Which letters the reports of a round become."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import count, groupby

from wandbwatch.model.message import Message
from wandbwatch.model.queued_message import MessageKind, QueuedMessage
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
    for (name, event), group in groupby(reports, lambda r: (r.standing, r.event)):
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
