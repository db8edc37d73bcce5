"""A run beside others of its group: its values, and its configuration. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wandbwatch import formatting
from wandbwatch.analysis import keys as known_keys
from wandbwatch.analysis.objective import Chosen, choose
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.model.report import MISSING, Block, Cell, Note, Table
from wandbwatch.model.run import Json, Run, State
from wandbwatch.model.run_details import Sweep

_MOST_VALUES = 8
_MOST_SETTINGS = 20
_SMALL = 0.1
"""Smaller changes are shown with a part of a percent."""
_MOST_PERCENT = 100.0


@dataclass(frozen=True)
class Peers:
    """*run*, whole, and the others of its group, the newest first."""

    run: Run
    others: tuple[Run, ...] = ()

    def best(self, aim: Objective) -> Run | None:
        return next((run for run, _ in aim.ranked(self.others)), None)

    @property
    def previous(self) -> Run | None:
        """The run that ended last, among those created before."""
        return next((r for r in self._earlier() if r.state.ended), None)

    @property
    def last_good(self) -> Run | None:
        return next((r for r in self._earlier() if r.state is State.FINISHED), None)

    def _earlier(self) -> Iterator[Run]:
        for other in self.others:
            made, mine = other.created, self.run.created
            if not (made and mine) or made <= mine:
                yield other


def chosen(run: Run, aims: Sequence[Objective]) -> tuple[str, ...]:
    """Name the values to show: the requested ones, the metric, then the likely ones."""
    first = [aim.key for aim in (*aims, *choose([run]).objectives)]
    keys = dict.fromkeys((*first, *known_keys.likely([run])))
    return tuple(key for key in keys if key in run.summary)


def aim_of(run: Run, aims: Sequence[Objective]) -> Objective | None:
    """Return what the runs are ranked by: as asked for, else what `choose` finds."""
    asked = [aim for aim in aims if aim.key in run.summary]
    return asked[0] if asked else choose([run]).objective


def curve_of(run: Run, aims: Sequence[Objective]) -> tuple[str, ...]:
    """Return the key of the curve to show: the metric's, else a likely one's."""
    return Chosen(aim_of(run, aims)).curve or tuple(known_keys.likely([run])[:1])


def best_of(
    runs: Sequence[Run], aims: Sequence[Objective], sweep: Sweep | None = None
) -> Iterator[Block]:
    """Name and link the best run by each of *aims*, else by what `choose` finds."""
    if not aims:
        metric = choose(runs, sweep)
        aims = metric.objectives
        if not aims and known_keys.likely(runs):
            yield Note(metric.reason)
    found = [(aim, *top) for aim in aims for top in aim.ranked(runs)[:1]]
    if found:
        yield Table(
            "best",
            ("name", "id", "state", "best of", "value"),
            tuple((run.name, run.id, run.state, aim.key, v) for aim, run, v in found),
            tuple(run.url for _, run, _ in found),
        )


def values(peers: Peers, aims: Sequence[Objective], *, delta: bool) -> Iterator[Block]:
    """Tell the values of a run, and with *delta* how others compare with them."""
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
    rows: list[tuple[Cell, ...]] = [
        (key, run.summary[key], *(change(run, other, key) for other in beside))
        for key in keys[:_MOST_VALUES]
    ]
    yield Table("values", tuple(columns), tuple(rows))
    if (left := len(keys) - _MOST_VALUES) > 0:
        yield Note(f"{left} more values; see `summary`")
    if top and aim:
        others = aim.value(top)
        word = "largest" if aim.largest else "smallest"
        value = formatting.number(others) if others is not None else formatting.NOTHING
        what = f"best of the others, with the {word} {aim.key}, {value}"
        yield Note(f"{what}: {top.name} ({top.id})")
    if last:
        yield Note(f"previous one, {last.state.value}: {last.name} ({last.id})")


def change(run: Run, other: Run, key: str) -> Cell:
    """Word how *run*'s value differs from *other*'s: ``-8%``, ``+0.02`` from zero.

    Short, as a phone has little room for columns.
    """
    mine, theirs = finite(run.summary.get(key)), finite(other.summary.get(key))
    if mine is None or theirs is None:
        return MISSING
    if mine == theirs:
        return "="
    sign = "+" if mine > theirs else "-"
    part = abs(mine / theirs - 1) if theirs else math.inf
    if part > _MOST_PERCENT:
        return f"{sign}{formatting.number(abs(mine - theirs))}"
    return f"{sign}{part:.1%}" if part < _SMALL else f"{sign}{part:.0%}"


def configuration(peers: Peers) -> Iterator[Block]:
    """Tell what is set otherwise than in the last good run."""
    good, run = peers.last_good, peers.run
    if good is None:
        return
    differing = [
        key
        for key in sorted({*run.config, *good.config})
        if _set(run, key) != _set(good, key)
    ]
    who = f"{good.name} ({good.id})"
    if not differing:
        yield Note(f"same configuration as the last good run, {who}")
        return
    rows = tuple(
        (key, run.config.get(key, MISSING), good.config.get(key, MISSING))
        for key in differing[:_MOST_SETTINGS]
    )
    yield Table("configuration", ("setting", "here", "last good"), rows)
    more = len(differing) - len(rows)
    also = f"; {more} more settings differ" if more else ""
    yield Note(f"the last good run is {who}{also}")


def _set(run: Run, key: str) -> tuple[bool, Json]:
    return key in run.config, run.config.get(key)
