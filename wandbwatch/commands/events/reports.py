"""Turn the events of a check into reports: one card each, one for many, or live ones.

A live card is the first message of a run's thread; it is edited as the run trains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wandbwatch import formatting
from wandbwatch.analysis.compare import Peers, curves_of, values
from wandbwatch.analysis.eta import glance
from wandbwatch.analysis.failing import brief
from wandbwatch.analysis.objective import with_curve
from wandbwatch.commands.events.end_card import EndCards
from wandbwatch.commands.events.lifecycle import (
    Best,
    CrashRetracted,
    DetectOptions,
    Event,
    EventKind,
    GroupDone,
    RunEvent,
)
from wandbwatch.commands.events.lifecycle.event import KINDS
from wandbwatch.commands.events.run_cards import ProjectPage, card, folded
from wandbwatch.formatting.run_blocks import (
    MOST_CARDS,
    run_fields,
    run_subject,
    run_title,
    where,
)
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import SourceError
from wandbwatch.model.memory import Memory, StoredJson
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Curves, Query
from wandbwatch.model.report import Block, Line, Note, Plot, Report, Table, Text
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
        ranked = ends.results(events) if kind is EventKind.FINISHED else None
        yield folded(kind, events, project, ends.reasons(events), ranked)
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


_CARDS = "cards"
_EVERY = 900.0
"""Seconds after which the card of a running run is renewed."""
_MOST = 10
"""Cards that are renewed in one check: with many runs they take turns."""
_FIELDS = {"state", "user", "runtime", "last step", "group", "sweep", "host"}
_STEP = Axis(AxisKind.STEP)


@dataclass(frozen=True)
class LiveCards:
    source: Source
    memory: Memory
    rules: DetectOptions
    project: ProjectPage
    errors: Mapping[str, str] = field(default_factory=dict)
    """Why runs failed, by id, where that is known."""

    def reports(
        self, runs: Sequence[Run], happened: Iterable[Event], now: float
    ) -> Iterator[Report]:
        """Yield the cards that are new, about an event, or old."""
        known: dict[str, float] = _STORED.load(self.memory.recall(_CARDS)) or {}
        due = self._due(runs, happened, known, now)
        going = {run.id for run in runs if run.state.going}
        renewed = known | {run.id: now for run in due}
        kept = {i: at for i, at in renewed.items() if i in going}
        if kept != known:
            self.memory.remember(_CARDS, _STORED.dump(kept))
        if due:
            yield from self._cards(due, now)

    def _due(
        self,
        runs: Sequence[Run],
        happened: Iterable[Event],
        known: Mapping[str, float],
        now: float,
    ) -> list[Run]:
        named = {event.run.id for event in happened if isinstance(event, RunEvent)}
        by_id = {run.id: run for run in runs}
        at_once = {run.id for run in runs if run.state.going != (run.id in known)}
        at_once |= named & by_id.keys()
        old = sorted((at, i) for i, at in known.items() if abs(now - at) >= _EVERY)
        turn = [i for _, i in old if i in by_id and i not in at_once][:_MOST]
        return [run for run in runs if run.id in at_once or run.id in turn]

    def _cards(self, due: Sequence[Run], now: float) -> Iterator[Report]:
        ids = tuple(run.id for run in due)
        note: list[Block] = []
        found: Mapping[str, Run] = {}
        curves: Mapping[str, Curves] = {}
        try:
            listed = self.source.runs(Query(ids=ids, numbers=True)).runs
            found = {run.id: run for run in listed}
            keys = {k for run in listed for k in curves_of(run, self.rules.aims)[:2]}
            asked = Query(ids=ids, summary=(), config=())
            every = self.source.curves(asked, sorted(keys), _STEP) if keys else ()
            curves = {one.run.id: one for one in every}
        except SourceError as e:
            note = [Note(f"could not read the values: {e}")]
        for run in due:
            whole = found.get(run.id, run)
            drawn = self._plot(whole, curves.get(run.id))
            yield self._card(whole, (*note, *drawn), now)

    def _card(self, run: Run, more: Sequence[Block], now: float) -> Report:
        stalled = run.state.going and glance(run, now, self.rules.least).too_long
        word = "stalled" if stalled else run.state.value
        shown = list(values(Peers(run), self.rules.aims, delta=False))
        rows = next((block.rows for block in shown if isinstance(block, Table)), ())
        why = self.errors.get(run.id, "") if run.state.bad else ""
        first = rows[:1] if not run.state.bad else ()
        said = [f"{key} {formatting.cell(value)}" for key, value, *_ in first]
        said += [brief(why)] if why else []
        fields = run_fields(run, _FIELDS)
        line = ": ".join([f"{self.project.called(run)} {word}", *said])
        return Report(
            "events",
            f"{run.name} {word}{run_title(run).removeprefix(run.name)}",
            (*([Text("error", why)] if why else []), *shown, fields, *more),
            Level.WARN if stalled else _LEVELS.get(run.state, Level.INFO),
            run.url,
            event=True,
            message_key=f"card {run.id}",
            headline=f"{line}{where(run)}",
            runs=(run.id,),
            subject=run_subject(run),
            card=True,
        )

    def _plot(self, run: Run, curves: Curves | None) -> Iterator[Block]:
        if curves is None:
            return
        for key in with_curve(curves_of(run, self.rules.aims), [curves])[:1]:
            yield Plot(key, "step", (Line(run.id, run.name, curves.series[key]),))


_LEVELS = {
    State.FINISHED: Level.GOOD,
    State.FAILED: Level.BAD,
    State.CRASHED: Level.BAD,
    State.KILLED: Level.BAD,
}
