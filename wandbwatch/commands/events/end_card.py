"""The card of an ended run, and the parts that `--attach` chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from wandbwatch import formatting
from wandbwatch.analysis.causes import causes, examined, explained
from wandbwatch.analysis.compare import (
    Peers,
    best_of,
    configuration,
    curves_of,
    values,
)
from wandbwatch.analysis.curves import recent
from wandbwatch.analysis.failing import LINES, error
from wandbwatch.analysis.objective import choose, with_curve
from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.events.lifecycle import EventKind, GroupDone, RunEvent
from wandbwatch.commands.events.run_cards import (
    ProjectPage,
    Results,
    card,
    done,
    done_headline,
    headline,
    title,
)
from wandbwatch.formatting.run_blocks import run_fields, run_subject
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import SourceError, UsageError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Curves, Query
from wandbwatch.model.report import Block, Line, Note, Plot, Report, Table, Text
from wandbwatch.model.run import Run, State
from wandbwatch.model.run_details import Printed, Sweep

_WORDS = "summary, delta, config-diff, plot, plot:KEY, log, log:LINES, why, none"
_LINES = 20


@dataclass(frozen=True)
class CardAttachments:
    """The parts of a card; a plot is a key, or "" for a likely one."""

    summary: bool = False
    delta: bool = False
    config_diff: bool = False
    plots: tuple[str, ...] = ()
    log: int = 0
    why: bool = False
    bad_only: bool = False
    """Whether only a bad end shows console, configuration and plot."""

    @classmethod
    def read(cls, text: str) -> CardAttachments:
        """Read words separated by commas; ValueError lists the valid ones."""
        words = [word.strip() for word in text.split(",") if word.strip()]
        plots, log = [], 0
        for word in words:
            name, parted, value = word.partition(":")
            if name == "plot" and (value or not parted):
                plots.append(value)
            elif name == "log" and (not parted or _whole(value)):
                log = int(value) if parted else _LINES
            elif word not in ("summary", "delta", "config-diff", "why", "none"):
                raise ValueError(f"cannot attach {word!r}; use {_WORDS}")
        return cls(
            "summary" in words,
            "delta" in words,
            "config-diff" in words,
            tuple(plots),
            log,
            "why" in words,
        )


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < int(text) <= 1000  # noqa: PLR2004


DEFAULT = CardAttachments(
    summary=True, delta=True, config_diff=True, plots=("",), log=_LINES, bad_only=True
)


_CONSOLES = 12
"""Consoles to read for many ends at once; each is a request."""
_IN_HEADLINE = 3
_RECENT = Query(limit=20, summary=())
_GROUP = 100
"""Runs of a group to compare with, the newest."""
_LAST = timedelta(hours=1)
_WALL = Axis(AxisKind.WALL)

_FIELDS = {
    *("state", "exit code", "runtime", "last step"),
    *("group", "sweep", "host"),
}


@dataclass
class EndCards:
    """Makes the cards of one check; fetches each group once."""

    source: Source
    attached: CardAttachments
    aims: tuple[Objective, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)
    """What the consoles say of bad ends, by run id, as far as they were read."""
    _groups: dict[str, tuple[Run, ...]] = field(default_factory=dict)
    _newest: tuple[Run, ...] = ()

    def card(self, event: RunEvent, project: ProjectPage) -> Report:
        """Report how a run ended; a note replaces what cannot be read."""
        run = event.run
        console: list[Block] = []
        why = ""
        if self.attached.log and self._whole(run):
            console = self._or_note("the console", partial(self._console, run))
            why = error(line for one in console for line in _lines(one))
            self.errors[run.id] = why
        blocks: list[Block] = [Text("error", why)] if why else []
        compared = self._or_note("the values", partial(self._compared, run))
        if self.attached.why:
            found = self._or_note("the causes", partial(self._why, run))
            said = {one.title: one.text for one in found if isinstance(one, Text)}
            known = {"error"} if why else set()
            known |= {"console"} if console else set()
            why = why or said.get("error", "")
            blocks += [
                one
                for one in found
                if not (isinstance(one, Text) and one.title in known)
            ]
        blocks += [*compared, run_fields(run, _FIELDS), *console]
        for key in self.attached.plots if self._whole(run) else ():
            blocks += self._or_note("the curves", partial(self._plot, run, key))
        why = why or _result(run, compared)
        level = Level.BAD if run.state.bad else Level.INFO
        level = Level.GOOD if run.state is State.FINISHED else level
        return Report(
            "events",
            title(run, event.kind.value),
            tuple(blocks),
            level,
            run.url,
            headline=headline(event, project.called(run), why),
            runs=(run.id,),
            subject=run_subject(run),
        )

    def _whole(self, run: Run) -> bool:
        """Whether the card shows console, configuration and plot."""
        return run.state.bad or not self.attached.bad_only

    def reasons(self, events: Sequence[RunEvent]) -> Mapping[str, str]:
        """Return why runs ended badly, by id; reads the consoles of a few."""
        bad = {event.run.id: event.run for event in events if event.kind.end}
        if not self.attached.log:
            return {}
        for run in [run for run in bad.values() if run.state.bad][:_CONSOLES]:
            with suppress(SourceError):
                self.errors[run.id] = error(self.source.console(run.id, LINES))
        return {id_: why for id_, why in self.errors.items() if id_ in bad}

    def results(self, events: Sequence[RunEvent]) -> Results | None:
        """Rank many runs that finished; None if their values say nothing of it."""
        asked = tuple(aim.key for aim in self.aims) or None
        ids = tuple(event.run.id for event in events)
        which = Query(ids=ids, summary=asked, config=(), numbers=not asked)
        with suppress(SourceError):
            runs = self.source.runs(which).runs
            aim = self.aims[0] if self.aims else choose(runs).objective
            ranked = aim.ranked(runs) if aim else []
            if aim and ranked:
                return Results(aim.key, {run.id: value for run, value in ranked})
        return None

    def start(self, event: RunEvent, project: ProjectPage) -> Report:
        """Report a start: who started the run, and what is new in its configuration."""
        report = card(event, project)
        if not self.attached.config_diff:
            return report
        blocks = self._or_note("the configuration", partial(self._changed, event.run))
        same = (one for one in (*self._newest, event.run) if one.id == event.run.id)
        user = next((one.user for one in same if one.user), "")
        by = f" by {user}" if user else ""
        line = f"{project.called(event.run)} started{by}{_settings(blocks)}"
        return replace(report, blocks=(*blocks, *report.blocks), headline=line)

    def _changed(self, run: Run) -> Iterable[Block]:
        self._newest = self._newest or self.source.runs(_RECENT).runs
        own = next((one for one in self._newest if one.id == run.id), None)
        if own:
            yield from configuration(Peers.of(own, self._newest), started=True)

    def _or_note(self, what: str, blocks: Callable[[], Iterable[Block]]) -> list[Block]:
        try:
            return list(blocks())
        except SourceError as e:
            return [Note(f"could not read {what}: {e}")]

    def _compared(self, run: Run) -> Iterable[Block]:
        attached = self.attached
        bad = run.state.bad or not attached.bad_only
        if not (attached.summary or attached.delta or (attached.config_diff and bad)):
            return
        peers = self.peers(run)
        if attached.summary or attached.delta:
            yield from values(peers, self.aims, delta=attached.delta)
        if attached.config_diff and bad and not attached.why:
            yield from configuration(peers)

    def done(self, event: GroupDone, project: ProjectPage) -> Report:
        """Report that all runs of a scope have ended, and which is best."""
        card = done(event, project.name, project.url)
        if event.retracted:
            return card
        sweep = self._sweep(event)
        best = self._or_note("the best run", partial(self._best, event, sweep))
        known = sweep.name if sweep else ""
        line = done_headline(event, project.name, _best_named(best, project), known)
        return replace(card, blocks=(*card.blocks, *best), headline=line)

    def _best(self, done: GroupDone, sweep: Sweep | None) -> Iterable[Block]:
        if done.kind is EventKind.IDLE:
            return
        asked = tuple(key for aim in self.aims for key in aim.keys) or None
        which = Query(
            {done.kind.value: done.name}, summary=asked, config=(), numbers=not asked
        )
        runs = self.source.runs(which).runs
        yield from best_of(runs, self.aims, sweep)

    def _sweep(self, done: GroupDone) -> Sweep | None:
        """Return the sweep, for its metric and name; None if its metric is not needed,
        or it is not readable."""
        if self.aims or done.kind is not EventKind.SWEEP:
            return None
        try:
            return self.source.sweep(done.name)
        except (SourceError, UsageError):
            return None

    def peers(self, run: Run) -> Peers:
        if run.group not in self._groups:
            which = {"group": run.group} if run.group else {}
            asked = Query(which, limit=_GROUP)
            self._groups[run.group] = self.source.runs(asked).runs
        found = self._groups[run.group]
        own = next((one for one in found if one.id == run.id), None)
        if own is None:
            (own,) = self.source.runs(Query(ids=(run.id,))).runs
        return Peers.of(own, found)

    def _why(self, run: Run) -> Iterable[Block]:
        peers = self.peers(run)
        known = examined(self.source, peers.run)
        if run.state.bad and (why := error(known.console)):
            yield Text("error", why)
        yield from explained(known, causes(known), peers)

    def _console(self, run: Run) -> Iterable[Block]:
        lines = self.source.console(run.id, self.attached.log)
        if lines:
            yield Text("console", "\n".join(line.text for line in lines))
        else:
            yield Note("no console output")

    def _plot(self, run: Run, key: str) -> Iterable[Block]:
        keys = (key,) if key else curves_of(self.peers(run).run, self.aims)
        if not keys:
            return
        bare = Query(ids=(run.id,), summary=(), config=())
        (found,) = self.source.curves(bare, keys, _WALL)
        series = recent(found.series, _WALL, _LAST) or found.series
        for drawn in with_curve(keys, [Curves(run, series)])[:1]:
            yield Plot(drawn, "wall", (Line(run.id, run.name, series[drawn]),))
            return
        if not key:
            return
        yield Note(f"the run has no {key!r} to plot")


def _lines(block: Block) -> Iterator[Printed]:
    if isinstance(block, Text):
        yield from map(Printed, block.text.split("\n"))


def _result(run: Run, compared: Iterable[Block]) -> str:
    """Return the first value of a finished run: ``val/loss 2.05``."""
    rows = next((b.rows for b in compared if isinstance(b, Table)), ())
    shown = [f"{key} {formatting.cell(value)}" for key, value, *_ in rows[:1]]
    return " ".join(shown) if run.state is State.FINISHED else ""


def _settings(blocks: Iterable[Block]) -> str:
    """Return the settings that differ: ``: lr 0.001 (was 0.0003)``; or their number."""
    rows = next((block.rows for block in blocks if isinstance(block, Table)), ())
    if len(rows) > _IN_HEADLINE:
        return f": {len(rows)} settings differ from the last run"
    changes = (
        f"{key} {formatting.cell(here)} (was {formatting.cell(there)})"
        for key, here, there in rows
    )
    return f": {', '.join(changes)}" if rows else ""


def _best_named(blocks: Iterable[Block], project: ProjectPage) -> str:
    for block in blocks:
        if isinstance(block, Table) and block.rows:
            name, run_id, _, key, value = block.rows[0]
            called = project.labels.get(str(run_id), str(name))
            return f"best {key} {formatting.cell(value)}: {called}"
    return ""
