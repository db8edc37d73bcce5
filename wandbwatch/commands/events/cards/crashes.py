"""Messages about crashes, which are corrected when a crash turns out to be none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wandbwatch.commands.events.cards import short
from wandbwatch.commands.events.cards.ending import Ends
from wandbwatch.commands.events.cards.many import MOST, Project, folded
from wandbwatch.commands.events.lifecycle import Event, GoesOn, Kind
from wandbwatch.model.errors import SourceError
from wandbwatch.model.query import Query
from wandbwatch.model.report import Level, Report
from wandbwatch.model.run import Run, State

_KEPT = 100
"""So many messages are remembered, the last ones."""


@dataclass
class Crashes:
    """What was told of crashes: under each message's name its runs by id, and whether
    it was said of each that it went on."""

    messages: dict[str, dict[str, bool]] = field(default_factory=dict)
    count: int = 0
    """How many messages there were."""

    @classmethod
    def read(cls, text: str | None) -> Crashes:
        return cls(*json.loads(text)) if text else cls()

    def written(self) -> str:
        kept = dict(list(self.messages.items())[-_KEPT:])
        return json.dumps([kept, self.count], separators=(",", ":"))

    def tell(
        self, events: Sequence[Event], ends: Ends, project: Project
    ) -> Iterator[Report]:
        """Tell of crashes in one message, which stands under a name of its own.

        Of those that were none it is told where the crash was.
        """
        crashed = [event for event in events if not isinstance(event, GoesOn)]
        for event in events:
            if isinstance(event, GoesOn):
                yield from self._corrected(event, ends, project)
        if crashed:
            self.count += 1
            name = f"crashed {self.count}"
            self.messages[name] = {event.run.id: False for event in crashed}
            for report in _reports(crashed, ends, project):
                yield replace(report, standing=name)

    def _corrected(
        self, event: GoesOn, ends: Ends, project: Project
    ) -> Iterator[Report]:
        name = self._message(event.run.id)
        if name is None:
            yield short.card(event)
            return
        told = self.messages[name]
        told[event.run.id] = True
        runs = {run.id: run for run in _asked(ends, told)} | {event.run.id: event.run}
        again = [_event(runs[i], went_on=on) for i, on in told.items() if i in runs]
        for report in _reports(again, ends, project):
            yield replace(report, standing=name)

    def _message(self, run_id: str) -> str | None:
        """Find the last message that calls the run crashed."""
        for name, runs in reversed(self.messages.items()):
            if run_id in runs:
                return None if runs[run_id] else name
        return None


def _asked(ends: Ends, told: Mapping[str, bool]) -> tuple[Run, ...]:
    """Ask for the other runs of a message, to tell of them again."""
    if len(told) == 1:
        return ()
    which = Query({"name": {"$in": list(told)}}, summary=(), config=())
    try:
        return ends.source.runs(which).runs
    except SourceError:
        return ()


def _event(run: Run, *, went_on: bool) -> Event:
    if went_on:
        return GoesOn(Kind.CRASHED, run)
    return Event(Kind.CRASHED, replace(run, state=State.CRASHED))


def _reports(events: list[Event], ends: Ends, project: Project) -> Iterator[Report]:
    if len(events) <= MOST:
        for event in events:
            corrected = isinstance(event, GoesOn)
            yield short.card(event) if corrected else ends.card(event)
        return
    went_on = sum(isinstance(event, GoesOn) for event in events)
    report = folded(Kind.CRASHED, events, project)
    if went_on:
        left = len(events) - went_on
        title = f"{left} runs crashed in {project.name}, {went_on} went on"
        level = Level.BAD if left else Level.INFO
        report = replace(report, title=title, level=level)
    yield report
