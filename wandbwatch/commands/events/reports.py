"""Which messages the events of a tick become: a card each, or one for many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wandbwatch.commands.events.end_card import EndCards
from wandbwatch.commands.events.lifecycle import (
    Best,
    CrashRetracted,
    Event,
    EventKind,
    GroupDone,
    RunEvent,
)
from wandbwatch.commands.events.lifecycle.event import KINDS
from wandbwatch.commands.events.run_cards import ProjectPage, card, folded
from wandbwatch.formatting.run_blocks import MOST_CARDS
from wandbwatch.model.errors import SourceError
from wandbwatch.model.memory import StoredJson
from wandbwatch.model.query import Query
from wandbwatch.model.report import Level, Report
from wandbwatch.model.run import Run, State

_STORED = StoredJson(ascii=True)
_KEPT = 100
"""So many messages are remembered, the last ones."""


@dataclass
class CrashCards:
    """What was told of crashes: under each message's name its runs by id, and whether
    it was said of each that it went on."""

    messages: dict[str, dict[str, bool]] = field(default_factory=dict)
    count: int = 0
    """How many messages there were."""

    @classmethod
    def read(cls, text: str | None) -> CrashCards:
        return cls(*(_STORED.load(text) or ()))

    def written(self) -> str:
        kept = dict(list(self.messages.items())[-_KEPT:])
        return _STORED.dump([kept, self.count])

    def tell(
        self, events: Sequence[RunEvent], ends: EndCards, project: ProjectPage
    ) -> Iterator[Report]:
        """Tell of crashes in one message, which stands under a name of its own.

        Of those that were none it is told where the crash was.
        """
        crashed = [event for event in events if not isinstance(event, CrashRetracted)]
        for event in events:
            if isinstance(event, CrashRetracted):
                yield from self._corrected(event, ends, project)
        if crashed:
            self.count += 1
            name = f"crashed {self.count}"
            self.messages[name] = {event.run.id: False for event in crashed}
            for report in _reports(crashed, ends, project):
                yield replace(report, message_key=name)

    def _corrected(
        self, event: CrashRetracted, ends: EndCards, project: ProjectPage
    ) -> Iterator[Report]:
        name = self._message(event.run.id)
        if name is None:
            yield card(event)
            return
        told = self.messages[name]
        told[event.run.id] = True
        runs = {run.id: run for run in _asked(ends, told)} | {event.run.id: event.run}
        again = [_event(runs[i], went_on=on) for i, on in told.items() if i in runs]
        for report in _reports(again, ends, project):
            yield replace(report, message_key=name)

    def _message(self, run_id: str) -> str | None:
        """Find the last message that calls the run crashed."""
        for name, runs in reversed(self.messages.items()):
            if run_id in runs:
                return None if runs[run_id] else name
        return None


def _asked(ends: EndCards, told: Mapping[str, bool]) -> tuple[Run, ...]:
    """Ask for the other runs of a message, to tell of them again."""
    if len(told) == 1:
        return ()
    which = Query({"name": {"$in": list(told)}}, summary=(), config=())
    try:
        return ends.source.runs(which).runs
    except SourceError:
        return ()


def _event(run: Run, *, went_on: bool) -> RunEvent:
    if went_on:
        return CrashRetracted(EventKind.CRASHED, run)
    return RunEvent(EventKind.CRASHED, replace(run, state=State.CRASHED))


def _reports(
    events: list[RunEvent], ends: EndCards, project: ProjectPage
) -> Iterator[Report]:
    if len(events) <= MOST_CARDS:
        for event in events:
            corrected = isinstance(event, CrashRetracted)
            yield card(event) if corrected else ends.card(event)
        return
    went_on = sum(isinstance(event, CrashRetracted) for event in events)
    report = folded(EventKind.CRASHED, events, project)
    if went_on:
        left = len(events) - went_on
        title = f"{left} runs crashed in {project.name}, {went_on} did not crash"
        level = Level.BAD if left else Level.INFO
        report = replace(report, title=title, level=level)
    yield report


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
            yield replace(card(event), message_key=name)
        else:
            yield ends.card(event) if kind.end else card(event)


def _several(done: GroupDone) -> bool:
    """Whether it says more than the end of the one run there was."""
    return sum(done.ended.values()) > 1
