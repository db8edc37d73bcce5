"""Turn the events of a check into reports: one card each, or one for many."""

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
"""Messages to remember, the last ones."""


@dataclass
class CrashCards:
    """The messages about crashes, by key: run ids, and whether each crash was
    retracted."""

    messages: dict[str, dict[str, bool]] = field(default_factory=dict)
    count: int = 0
    """How many messages there have been."""

    @classmethod
    def read(cls, text: str | None) -> CrashCards:
        return cls(*(_STORED.load(text) or ()))

    def written(self) -> str:
        kept = dict(list(self.messages.items())[-_KEPT:])
        return _STORED.dump([kept, self.count])

    def report(
        self, events: Sequence[RunEvent], ends: EndCards, project: ProjectPage
    ) -> Iterator[Report]:
        """Report crashes in one message with a key of its own.

        A retracted crash corrects the message that reported it.
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
            yield card(event, project)
            return
        reported = self.messages[name]
        reported[event.run.id] = True
        runs = {run.id: run for run in _runs(ends, reported)} | {
            event.run.id: event.run
        }
        again = [
            _event(runs[i], retracted=on) for i, on in reported.items() if i in runs
        ]
        for report in _reports(again, ends, project):
            yield replace(report, message_key=name)

    def _message(self, run_id: str) -> str | None:
        """Find the last message that reports the run as crashed."""
        for name, runs in reversed(self.messages.items()):
            if run_id in runs:
                return None if runs[run_id] else name
        return None


def _runs(ends: EndCards, reported: Mapping[str, bool]) -> tuple[Run, ...]:
    """Fetch the other runs of a message, to report them again."""
    if len(reported) == 1:
        return ()
    which = Query({"name": {"$in": list(reported)}}, summary=(), config=())
    try:
        return ends.source.runs(which).runs
    except SourceError:
        return ()


def _event(run: Run, *, retracted: bool) -> RunEvent:
    if retracted:
        return CrashRetracted(EventKind.CRASHED, run)
    return RunEvent(EventKind.CRASHED, replace(run, state=State.CRASHED))


def _reports(
    events: list[RunEvent], ends: EndCards, project: ProjectPage
) -> Iterator[Report]:
    if len(events) <= MOST_CARDS:
        for event in events:
            corrected = isinstance(event, CrashRetracted)
            yield card(event, project) if corrected else ends.card(event, project)
        return
    retracted = sum(isinstance(event, CrashRetracted) for event in events)
    report = folded(EventKind.CRASHED, events, project, ends.reasons(events))
    if retracted:
        left = len(events) - retracted
        title = f"{left} runs crashed in {project.name}, {retracted} did not crash"
        level = Level.BAD if left else Level.INFO
        report = replace(report, title=title, level=level, headline=title)
    yield report


def reports(
    happened: Iterable[Event],
    ends: EndCards,
    project: ProjectPage,
    crashes: CrashCards,
) -> Iterator[Report]:
    """Report events by kind, bad ends first."""
    by_kind: dict[EventKind, list[Event]] = {kind: [] for kind in KINDS}
    for one in happened:
        by_kind[one.kind].append(one)
    for kind, ones in by_kind.items():
        events = [one for one in ones if isinstance(one, RunEvent)]
        if kind is EventKind.CRASHED:
            found = crashes.report(events, ends, project)
        else:
            found = _kind(kind, events, ends, project)
        for report in found:
            yield replace(report, event=True)
        for one in ones:
            if isinstance(one, GroupDone) and (kind is EventKind.IDLE or _several(one)):
                key = f"done {kind.value} {one.name} {one.number}"
                yield replace(ends.done(one, project), event=True, message_key=key)


def _kind(
    kind: EventKind, events: Sequence[RunEvent], ends: EndCards, project: ProjectPage
) -> Iterator[Report]:
    if kind is not EventKind.BEST and len(events) > MOST_CARDS:
        yield folded(kind, events, project, ends.reasons(events))
        return
    for event in events:
        if isinstance(event, Best):
            # While one run leads, its message is edited.
            name = f"best {event.key} {event.lead}"
            yield replace(card(event, project), message_key=name)
        else:
            yield _one(event, ends, project)


def _one(event: RunEvent, ends: EndCards, project: ProjectPage) -> Report:
    if event.kind.end:
        return ends.card(event, project)
    if event.kind is EventKind.STARTED:
        return ends.start(event, project)
    return card(event, project)


def _several(done: GroupDone) -> bool:
    """Whether more than one run ended: a single one has its own card."""
    return sum(done.ended.values()) + bool(done.retracted) > 1
