"""Which messages the events of a tick become: a card each, or one for many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from wandbwatch.commands.events.cards import run_card
from wandbwatch.commands.events.cards.crashes import CrashCards
from wandbwatch.commands.events.cards.end_card import EndCards
from wandbwatch.commands.events.cards.group_card import ProjectPage, folded
from wandbwatch.commands.events.lifecycle import (
    Best,
    Event,
    EventKind,
    GroupDone,
    RunEvent,
)
from wandbwatch.commands.events.lifecycle.event import KINDS
from wandbwatch.formatting.run_blocks import MOST_CARDS
from wandbwatch.model.report import Report


def reports(
    happened: Iterable[Event],
    ends: EndCards,
    project: ProjectPage,
    crashes: CrashCards,
) -> Iterator[Report]:
    """Tell what happened, bad ends first; each kind by itself."""
    by_kind: dict[EventKind, list[Event]] = {kind: [] for kind in KINDS}
    for one in happened:
        by_kind[one.kind].append(one)
    for kind, told in by_kind.items():
        events = [one for one in told if isinstance(one, RunEvent)]
        if kind is EventKind.CRASHED:
            found = crashes.tell(events, ends, project)
        else:
            found = _kind(kind, events, ends, project)
        for report in found:
            yield replace(report, event=True)
        for one in told:
            if isinstance(one, GroupDone) and (kind is EventKind.IDLE or _several(one)):
                yield replace(ends.done(one, project), event=True)


def _kind(
    kind: EventKind, events: Sequence[RunEvent], ends: EndCards, project: ProjectPage
) -> Iterator[Report]:
    if kind is not EventKind.BEST and len(events) > MOST_CARDS:
        yield folded(kind, events, project)
        return
    for event in events:
        if isinstance(event, Best):
            # While one run leads, its message keeps up with it.
            name = f"best {event.key} {event.lead}"
            yield replace(run_card.card(event), message_key=name)
        else:
            yield ends.card(event) if kind.end else run_card.card(event)


def _several(done: GroupDone) -> bool:
    """Whether it says more than the end of the one run there was."""
    return sum(done.ended.values()) > 1
