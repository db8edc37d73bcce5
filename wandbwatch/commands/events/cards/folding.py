"""Which messages the events of a tick become: a card each, or one for many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from wandbwatch.commands.events.cards import short
from wandbwatch.commands.events.cards.crashes import Crashes
from wandbwatch.commands.events.cards.ending import Ends
from wandbwatch.commands.events.cards.many import MOST, Project, folded
from wandbwatch.commands.events.lifecycle import Best, Done, Event, Happening, Kind
from wandbwatch.model.report import Report


def reports(
    happened: Iterable[Happening],
    ends: Ends,
    project: Project,
    crashes: Crashes,
) -> Iterator[Report]:
    """Tell what happened, bad ends first; each kind by itself."""
    by_kind: dict[Kind, list[Happening]] = {kind: [] for kind in _ORDER}
    for one in happened:
        by_kind[one.kind].append(one)
    for kind, told in by_kind.items():
        events = [one for one in told if isinstance(one, Event)]
        if kind is Kind.CRASHED:
            found = crashes.tell(events, ends, project)
        else:
            found = _kind(kind, events, ends, project)
        for report in found:
            yield replace(report, event=True)
        for one in told:
            if isinstance(one, Done) and (kind is Kind.IDLE or _several(one)):
                yield replace(ends.done(one, project), event=True)


def _kind(
    kind: Kind, events: Sequence[Event], ends: Ends, project: Project
) -> Iterator[Report]:
    if kind is not Kind.BEST and len(events) > MOST:
        yield folded(kind, events, project)
        return
    for event in events:
        if isinstance(event, Best):
            # While one run leads, its message keeps up with it.
            name = f"best {event.key} {event.lead}"
            yield replace(short.card(event), standing=name)
        else:
            yield ends.card(event) if kind.end else short.card(event)


def _several(done: Done) -> bool:
    """Whether it says more than the end of the one run there was."""
    return sum(done.ended.values()) > 1


_ORDER = (
    *(Kind.CRASHED, Kind.FAILED, Kind.KILLED, Kind.STALLED, Kind.PREEMPTED),
    *(Kind.ALERT, Kind.FINISHED, Kind.BEST, Kind.RECOVERED, Kind.RESUMED),
    *(Kind.STARTED, Kind.GROUP, Kind.SWEEP, Kind.IDLE),
)
