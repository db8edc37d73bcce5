"""A card of each run, the first message of its thread, edited as the run trains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wandbwatch import formatting
from wandbwatch.analysis.compare import Peers, curves_of, values
from wandbwatch.analysis.eta import glance
from wandbwatch.analysis.objective import with_curve
from wandbwatch.commands.events.headlines import where
from wandbwatch.commands.events.lifecycle import DetectOptions, Event, RunEvent
from wandbwatch.commands.events.run_cards import ProjectPage
from wandbwatch.formatting.run_blocks import run_fields, run_subject, run_title
from wandbwatch.model.errors import SourceError
from wandbwatch.model.memory import Memory, StoredJson
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Curves, Query
from wandbwatch.model.report import Block, Level, Line, Note, Plot, Report, Table
from wandbwatch.model.run import Run, State

_CARDS = "cards"
_STORED = StoredJson(ascii=True)
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
        first = rows[:1] if not run.state.bad else ()
        said = [f"{key} {formatting.cell(value)}" for key, value, *_ in first]
        line = ": ".join([f"{self.project.called(run)} {word}", *said])
        return Report(
            "events",
            f"{run.name} {word}{run_title(run).removeprefix(run.name)}",
            (*shown, run_fields(run, _FIELDS), *more),
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
