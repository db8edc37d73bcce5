"""A run beside others of its group: its values, and its configuration. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wandbwatch import formatting
from wandbwatch.analysis import keys as known_keys
from wandbwatch.analysis.objective import choose, curve_keys, direction
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.formatting.run_blocks import run_name
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.report import Block, Note, Table
from wandbwatch.model.run import Json, Run, State
from wandbwatch.model.run_details import Sweep

_MOST_VALUES = 8
_MOST_SETTINGS = 20
_TRIED = 4
_SMALL = 0.1
"""Smaller changes are shown with a decimal place."""
_SETTINGS = {"lr", "learning_rate", "seed", "weight_decay", "batch_size"}
_LEAST, _MOST_PERCENT = 0.0005, 100.0


@dataclass(frozen=True)
class Peers:
    """*run* with all its values, and the others of its group, the newest first."""

    run: Run
    others: tuple[Run, ...] = ()

    @classmethod
    def of(cls, run: Run, found: Iterable[Run]) -> Peers:
        """Return *run* and its peers among those *found*; a directory may have runs of
        several projects."""
        there = (one for one in found if one.project == run.project)
        return cls(run, tuple(one for one in there if one.id != run.id))

    def best(self, aim: Objective) -> Run | None:
        return next((run for run, _ in aim.ranked(self.others)), None)

    @property
    def previous(self) -> Run | None:
        """The run that ended last, among those created before."""
        return next((r for r in self._earlier() if r.state.ended), None)

    @property
    def last(self) -> Run | None:
        return next(self._earlier(), None)

    @property
    def last_good(self) -> Run | None:
        return next((r for r in self._earlier() if r.state is State.FINISHED), None)

    def _earlier(self) -> Iterator[Run]:
        for other in self.others:
            made, mine = other.created, self.run.created
            if not (made and mine) or made <= mine:
                yield other


def chosen(run: Run, aims: Sequence[Objective]) -> tuple[str, ...]:
    """Return the keys to show: those asked for, the metric, then likely ones.

    Hyperparameters that were logged as values are left out.
    """
    first = [aim.key for aim in (*aims, *choose([run]).objectives)]
    settings = {re.split(r"[/.]", key)[-1] for key in run.config} | _SETTINGS
    likely = (
        key
        for key in curve_keys([run], len(run.summary))
        if re.split(r"[/.]", key)[-1] not in settings
    )
    return tuple(key for key in dict.fromkeys((*first, *likely)) if key in run.summary)


def aim_of(run: Run, aims: Sequence[Objective]) -> Objective | None:
    """Return what the runs are ranked by: as asked for, else what `choose` finds."""
    asked = [aim for aim in aims if run.summary.keys() & {*aim.keys}]
    return asked[0] if asked else choose([run]).objective


def curves_of(run: Run, aims: Sequence[Objective]) -> tuple[str, ...]:
    """Return keys whose curve may be shown, the first first: the metric, likely ones.

    Of a run that ended badly, keys that are no longer finite come first.
    """
    keys = curve_keys([run], _TRIED, aim_of(run, aims))
    if not run.state.bad:
        return keys
    broken = [k for k in (*keys, *known_keys.likely([run])) if _broken(run, k)]
    return tuple(dict.fromkeys((*broken, *keys)))[:_TRIED]


def _broken(run: Run, key: str) -> bool:
    value = run.summary.get(key)
    return isinstance(value, float) and not math.isfinite(value)


def best_of(
    runs: Sequence[Run], aims: Sequence[Objective], sweep: Sweep | None = None
) -> Iterator[Block]:
    """Name and link the best run by each of *aims*, else by what `choose` finds.

    Runs are ranked by their last values."""
    if not aims:
        metric = choose(runs, sweep)
        aims = metric.objectives
        if not aims and known_keys.likely(runs):
            yield Note(metric.reason)
    found = [(aim, *top) for aim in aims for top in aim.ranked(runs)[:1]]
    if found:
        rows = [(run.name, run.id, run.state, aim.key, v) for aim, run, v in found]
        links = [run.url for _, run, _ in found]
        yield _best(("name", "id", "state", *_BY), rows, links)


_BY = ("best of", "value")


def _best(
    columns: Sequence[str],
    rows: Sequence[tuple[Cell, ...]],
    links: Sequence[str | None],
) -> Table:
    """Return the table of best runs: in Discord each value has the name of its key."""
    keys = tuple(dict.fromkeys(str(row[-2]) for row in rows))
    brief = tuple(
        (*row[:-2], *(row[-1] if key == row[-2] else MISSING for key in keys))
        for row in rows
    )
    named = (*columns[: -len(_BY)], *(f"best {key}" for key in keys))
    shown = Table("best", named, brief, tuple(links), spare=("id",))
    return Table("best", tuple(columns), tuple(rows), tuple(links), brief=shown)


def best_by_project(
    projects: Sequence[tuple[str, Sequence[Run]]], aims: Sequence[Objective]
) -> Iterator[Block]:
    """Name the best run of each project, by its own metric without *aims*."""
    rows: list[tuple[Cell, ...]] = []
    links: list[str | None] = []
    columns: tuple[str, ...] = ()
    for project, runs in projects:
        for block in best_of(runs, aims):
            if isinstance(block, Table):
                columns = ("project", *block.columns)
                rows += [(project, *row) for row in block.rows]
                links += block.links
    if rows:
        yield _best(columns, rows, links)


def values(peers: Peers, aims: Sequence[Objective], *, delta: bool) -> Iterator[Block]:
    """Show the values of a run, and with *delta* how they compare with others.

    ▲ is better and ▼ worse, where that is known; values that equal all others' are
    left out.
    """
    run, aim = peers.run, aim_of(peers.run, aims)
    keys = chosen(run, aims)
    if not keys:
        return
    top = peers.best(aim) if aim and delta else None
    last = peers.previous if delta else None
    columns = ["value", "last"]
    beside: list[Run] = []
    for name, other in (("best", top), ("prev", last)):
        if other:
            columns.append(name)
            beside.append(other)
    largest = {key: direction(key, [run], aim) for key in keys}
    rows: list[tuple[Cell, ...]] = [
        (key, run.summary[key], *(change(run, o, key, largest[key]) for o in beside))
        for key in keys
    ]
    rows = [row for row in rows if not beside or set(row[2:]) - {"=", MISSING}] or rows
    yield Table("values", tuple(columns), tuple(rows[:_MOST_VALUES]))
    if (left := len(rows) - _MOST_VALUES) > 0:
        yield Note(f"{left} more values; see `summary`")
    if top and aim and (value := aim.value(top)) is not None:
        by = f"last {aim.key} {formatting.number(value)}"
        yield Note(f"best of the others: {run_name(top)}, {by}")
    if last:
        yield Note(f"previous: {run_name(last)}, {last.state.value}")


def change(run: Run, other: Run, key: str, largest: bool | None = None) -> Cell:  # noqa: FBT001
    """Word how *run*'s value differs from *other*'s: ``-8%▲``, ``+0.02`` from zero.

    Short, as a phone has little room for columns. The arrow says better or worse where
    *largest* says which way the key is to go.
    """
    mine, theirs = finite(run.summary.get(key)), finite(other.summary.get(key))
    if mine is None or theirs is None:
        return MISSING
    if mine == theirs:
        return "="
    sign = "+" if mine > theirs else "-"
    arrow = "" if largest is None else "▲" if (mine > theirs) is largest else "▼"
    part = abs(mine / theirs - 1) if theirs else math.inf
    if part < _LEAST:
        return "≈"
    if part > _MOST_PERCENT:
        return f"{sign}{formatting.number(abs(mine - theirs))}{arrow}"
    amount = f"{part:.1%}" if part < _SMALL else f"{part:.0%}"
    return f"{sign}{amount}{arrow}"


def configuration(peers: Peers, *, started: bool = False) -> Iterator[Block]:
    """Show what differs from the last good run; of a *started* one, from the last."""
    good, run = peers.last if started else peers.last_good, peers.run
    which = "last run" if started else "last good"
    if good is None:
        return
    differing = [
        key
        for key in sorted({*run.config, *good.config})
        if _set(run, key) != _set(good, key)
    ]
    who = f"{which.removesuffix(' run')} run, {run_name(good)}"
    if not differing:
        yield Note(f"same configuration as the {who}")
        return
    rows = tuple(
        (key, run.config.get(key, MISSING), good.config.get(key, MISSING))
        for key in differing[:_MOST_SETTINGS]
    )
    yield Table("configuration", ("setting", "here", which), rows)
    more = len(differing) - len(rows)
    also = f"; {more} more settings differ" if more else ""
    yield Note(f"compared with the {who}{also}")


def _set(run: Run, key: str) -> tuple[bool, Json]:
    return key in run.config, run.config.get(key)
