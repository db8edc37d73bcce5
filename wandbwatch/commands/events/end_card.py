"""The card of an ended run, and the parts that `--attach` chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from wandbwatch.analysis.compare import (
    Peers,
    best_of,
    configuration,
    curve_of,
    values,
)
from wandbwatch.analysis.ranking import Objective
from wandbwatch.analysis.window import recent
from wandbwatch.commands.events.lifecycle import EventKind, GroupDone, RunEvent
from wandbwatch.commands.events.run_cards import ProjectPage, done, title
from wandbwatch.formatting.run_blocks import run_fields
from wandbwatch.model.errors import SourceError, UsageError
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Query
from wandbwatch.model.report import Block, Level, Line, Note, Plot, Report, Text
from wandbwatch.model.run import Run, State
from wandbwatch.model.run_details import Sweep

_WORDS = "summary, delta, config-diff, plot, plot:KEY, log, log:LINES, none"
_LINES = 20


@dataclass(frozen=True)
class CardAttachments:
    """The parts of a card; a plot is a key, or "" for a likely one."""

    summary: bool = False
    delta: bool = False
    config_diff: bool = False
    plots: tuple[str, ...] = ()
    log: int = 0
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
            elif word not in ("summary", "delta", "config-diff", "none"):
                raise ValueError(f"cannot attach {word!r}; use {_WORDS}")
        return cls(
            "summary" in words,
            "delta" in words,
            "config-diff" in words,
            tuple(plots),
            log,
        )


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < int(text) <= 1000  # noqa: PLR2004


DEFAULT = CardAttachments(
    summary=True, delta=True, config_diff=True, plots=("",), log=_LINES, bad_only=True
)


_GROUP = 100
"""Runs of a group to compare with, the newest."""
_LAST = timedelta(hours=1)
_WALL = Axis(AxisKind.WALL)

_FIELDS = {
    *("state", "exit code", "runtime", "last step", "last heard"),
    *("group", "sweep", "host"),
}


@dataclass
class EndCards:
    """Makes the cards of one check; fetches each group once."""

    source: Source
    attached: CardAttachments
    aims: tuple[Objective, ...] = ()
    _groups: dict[str, tuple[Run, ...]] = field(default_factory=dict)

    def card(self, event: RunEvent) -> Report:
        """Report how a run ended; a note replaces what cannot be read."""
        run = event.run
        blocks: list[Block] = [run_fields(run, _FIELDS)]
        blocks += self._or_note("the values", partial(self._compared, run))
        if run.state.bad or not self.attached.bad_only:
            if self.attached.log:
                blocks += self._or_note("the console", partial(self._console, run))
            for key in self.attached.plots:
                blocks += self._or_note("the curves", partial(self._plot, run, key))
        level = Level.BAD if run.state.bad else Level.INFO
        level = Level.GOOD if run.state is State.FINISHED else level
        return Report(
            "events", title(run, event.kind.value), tuple(blocks), level, run.url
        )

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
        if attached.config_diff and bad:
            yield from configuration(peers)

    def done(self, event: GroupDone, project: ProjectPage) -> Report:
        """Report that all runs of a scope have ended, and which is best."""
        card = done(event, project.name, project.url)
        blocks = [
            *card.blocks,
            *self._or_note("the best run", partial(self._best, event)),
        ]
        return replace(card, blocks=tuple(blocks))

    def _best(self, done: GroupDone) -> Iterable[Block]:
        if done.kind is EventKind.IDLE:
            return
        asked = tuple(aim.key for aim in self.aims) or None
        which = Query({done.kind.value: done.name}, summary=asked, config=())
        runs = self.source.runs(which).runs
        yield from best_of(runs, self.aims, self._sweep(done))

    def _sweep(self, done: GroupDone) -> Sweep | None:
        """Return the sweep, for its metric; None if not needed or not readable."""
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
        return Peers(own, tuple(one for one in found if one.id != run.id))

    def _console(self, run: Run) -> Iterable[Block]:
        lines = self.source.console(run.id, self.attached.log)
        if lines:
            yield Text("console", "\n".join(line.text for line in lines))
        else:
            yield Note("no console output")

    def _plot(self, run: Run, key: str) -> Iterable[Block]:
        keys = (key,) if key else curve_of(self.peers(run).run, self.aims)
        if not keys:
            return
        bare = Query(ids=(run.id,), summary=(), config=())
        (found,) = self.source.curves(bare, keys, _WALL)
        series = recent(found.series, _WALL, _LAST) or found.series
        if keys[0] in series:
            line = Line(run.id, run.name, series[keys[0]])
            yield Plot(keys[0], "wall", (line,))
        elif key:
            yield Note(f"the run has no {key!r} to plot")
