"""The report of a picture: plots and charts of what was found, and notes on them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wandbwatch import formatting
from wandbwatch.analysis import delta
from wandbwatch.analysis.curves import recent, start
from wandbwatch.analysis.delta import SeenValues, Since
from wandbwatch.commands.image.parse import Layout
from wandbwatch.commands.image.plotting import (
    View,
    distributed,
    grouping,
)
from wandbwatch.commands.image.select import SelectedCurves
from wandbwatch.formatting.run_blocks import (
    caveats,
    run_subject,
    run_title,
    runs_page,
    runs_title,
)
from wandbwatch.model.address import Address
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.query import Axis
from wandbwatch.model.report import (
    Block,
    Chart,
    Line,
    Note,
    Panels,
    Plot,
    Report,
    Table,
)
from wandbwatch.model.run import Run, Series


@dataclass(frozen=True)
class LastValues:
    """The last point of each run's curve of each key."""

    runs: tuple[Run, ...]
    keys: tuple[str, ...]
    last: Mapping[tuple[str, str], tuple[float, float]]
    """The x and y of it, by the run's id and the key."""

    @classmethod
    def of(cls, runs: Sequence[Run], plots: Sequence[Plot]) -> LastValues:
        last = {
            (line.run, plot.key): (line.series.x[-1], line.series.y[-1])
            for plot in plots
            for line in plot.lines
        }
        return cls(tuple(runs), tuple(plot.key for plot in plots), last)

    def fingerprint(self) -> str:
        return self.seen.written()

    @property
    def seen(self) -> SeenValues:
        """What counts of the picture.

        Of a long history W&B draws other points each time, and all that is told
        here are its ends.
        """
        values: dict[str, dict[str, Cell]] = {}
        for run in self.runs:
            values[run.id] = {"state": run.state}
        for (run_id, key), (x, y) in self.last.items():
            values[run_id] |= {f"x of {key}": x, key: y}
        return SeenValues.of(values)

    def blocks(self, since: Since | None) -> Iterator[Block]:
        """Yield the values at the ends with what they were *since*, and notes."""
        if since is None:
            return
        if since.seen:
            rows = tuple(self._row(run, since) for run in self.runs)
            links = tuple(run.url for run in self.runs)
            yield Table("last values", ("state", "name", "id", *self.keys), rows, links)
        yield from since.notes(self.seen, self.runs)

    def _row(self, run: Run, since: Since) -> tuple[Cell, ...]:
        values = (
            since.cell(run.id, key, self.last.get((run.id, key), (0.0, MISSING))[1])
            for key in self.keys
        )
        return (since.cell(run.id, "state", run.state), run.name, run.id, *values)


STAR = "★ "
"""What stands before the name of the best run."""
_NAMED = 3
_MOST = 24
"""How many pictures an answer has at most: several messages of them in a channel."""


def report(
    address: Address,
    found: SelectedCurves,
    view: View,
    since: delta.Since | None = None,
) -> Report:
    """Make a plot of each key, with the runs that have it, and a table of what is
    another than it was *since*."""
    kept = _kept(found, view)
    runs = found.runs
    notes = list(found.notes)
    plots: dict[str, Plot] = {}
    for key in found.keys:
        lines = tuple(_lines(key, kept))
        if lines:
            plots[key] = _plot(key, lines, found, view)
        notes += _absent(key, kept, plots.get(key), view)
    notes += _clockless(found, view)
    shown = {key: _seen(plot, runs, view) for key, plot in plots.items()}
    notes += _explained(list(plots.values()), list(shown.values()), runs, view)
    notes += distributed.notes(found.distributions)
    if view.group_by and found.distributions:
        notes.append("histograms are shown for each run, not put together in groups")
    composed = list(_composed(shown, kept, found, view))
    if len(composed) > _MOST:
        notes.append(f"{_MOST} of {len(composed)} pictures; use --keys and --runs")
    ends = LastValues.of(runs, tuple(plots.values()))
    blocks: tuple[Block, ...] = (
        *composed[:_MOST],
        *ends.blocks(since),
        *map(Note, notes),
        *caveats(runs),
    )
    alone = len(runs) == 1
    title = run_title(runs[0]) if alone else runs_title(address, runs)
    url = runs[0].url if alone else runs_page(runs)
    return Report(
        "image",
        title,
        blocks,
        url=url,
        fingerprint=ends.fingerprint,
        out=view.out,
        subject=run_subject(runs[0]) if alone else None,
    )


def _kept(found: SelectedCurves, view: View) -> SelectedCurves:
    """Leave out what stands before the time that the view is of."""
    if not view.last:
        return found
    axis, seconds = view.axis or Axis(), view.last.total_seconds()
    curves = tuple(
        replace(one, series=recent(one.series, axis, view.last) or {})
        for one in found.curves
    )
    logged: dict[str, dict[str, Series]] = {r.id: {} for r in found.runs}
    for one in found.curves:
        logged[one.run.id] |= one.series
    for many in found.distributions:
        for key, columns in many.columns.items():
            xs = [column.x for column in columns]
            logged.setdefault(many.run.id, {})[key] = Series(key, xs, xs)
    starts = {one: start(series, axis, seconds) for one, series in logged.items()}
    kept = distributed.since(found.distributions, starts)
    return replace(found, curves=curves, distributions=kept)


def _lines(key: str, found: SelectedCurves) -> Iterator[Line]:
    """Yield each run's curve of *key*, or where the middle of its histograms is."""
    for curves in found.curves:
        one = curves.series.get(key)
        if one and len(one.x):
            yield Line(curves.run.id, curves.run.name, one)
    for one_run in found.distributions:
        if columns := one_run.columns.get(key):
            middle = distributed.quantile(key, columns, 0.5)
            yield Line(one_run.run.id, one_run.run.name, middle)


def _plot(key: str, lines: tuple[Line, ...], found: SelectedCurves, view: View) -> Plot:
    return Plot(
        key,
        _over(key, found, view),
        lines,
        view.log_y,
        view.smooth,
        marks=view.marks,
        log_x=view.log_x,
    )


def _over(key: str, found: SelectedCurves, view: View) -> str:
    axis = view.axis or Axis()
    return found.own_axes.get(key) or axis.key or axis.kind.value


def _seen(plot: Plot, runs: Sequence[Run], view: View) -> Plot:
    """Put the runs together that belong together, the best first."""
    lines = plot.lines
    if view.group_by:
        lines = grouping.grouped(lines, runs, view.group_by, view.band)
    if best := _best(runs, view):
        starred = (replace(n, name=STAR + n.name) for n in lines if n.run == best.id)
        lines = (*starred, *(line for line in lines if line.run != best.id))
    limits = clip_limits(lines, view.clip, log=view.log_y)
    return replace(plot, lines=lines, limits=limits)


def _best(runs: Sequence[Run], view: View) -> Run | None:
    ranked = view.best.ranked(runs) if view.best else []
    return ranked[0][0] if ranked else None


def _composed(
    plots: Mapping[str, Plot], kept: SelectedCurves, found: SelectedCurves, view: View
) -> Iterator[Block]:
    """Yield a block a key in their order, or one of all that are plots."""
    histograms = {key for one in kept.distributions for key in one.columns}
    curves = [plot for key, plot in plots.items() if key not in histograms]
    if view.layout is Layout.GRID and len(curves) > 1:
        keys = [plot.key for plot in curves]
        more = ", …" if len(keys) > _NAMED else ""
        yield Chart(", ".join(keys[:_NAMED]) + more, Panels(tuple(curves)))
        curves = []
    for key in found.keys:
        if key in histograms:
            over = _over(key, found, view)
            yield from distributed.blocks(key, over, kept.distributions, view)
        elif plots.get(key) in curves:
            yield plots[key]


def _absent(
    key: str, kept: SelectedCurves, plot: Plot | None, view: View
) -> Iterator[str]:
    shown = {line.run for line in plot.lines} if plot else set()
    runs = [run for run in kept.runs if run.id not in shown]
    projects = {run.project for run in kept.runs if run.id in shown}
    absent = [run.id for run in runs if run.project in projects]
    when = " as late as --since asks" if view.last else ""
    if not shown:
        yield f"no run logged {key!r}{when}"
    elif absent and not view.group_by:
        yield f"{key!r} was not logged{when} by {', '.join(absent)}"


def _clockless(found: SelectedCurves, view: View) -> Iterator[str]:
    if not view.last:
        return
    seconds = view.last.total_seconds()
    for one in found.curves:
        if start(one.series, view.axis or Axis(), seconds) is None:
            yield f"{one.run.id} has no runtimes for --since; try --x wall"


def _explained(
    whole: Sequence[Plot], shown: Sequence[Plot], runs: Sequence[Run], view: View
) -> Iterator[str]:
    """Say how what is shown came of what was logged."""
    if view.group_by and whole:
        yield f"bands: {grouping.MEANINGS[view.band]} of the runs of each group"
        by = view.group_by
        if any(grouping.is_aligned(plot.lines, runs, by) for plot in whole):
            yield grouping.ALIGNED
    if view.best:
        best = _best(runs, view)
        if best is None:
            yield f"no run has a finite {view.best.key!r} to rank by"
        else:
            value = formatting.number(view.best.value(best) or 0.0)
            yield f"{STAR}best by {view.best}: {best.name} ({best.id}) {value}"
    for plot in shown:
        yield from clip_notes(plot, view.clip)


_MARGIN = 0.04


def clip_limits(
    lines: Sequence[Line], share: float, *, log: bool
) -> tuple[float, float] | None:
    """Return what holds the middle *share* of all values that have a place on the
    axis; None if all do."""
    if share >= 1:
        return None
    every = (y for line in lines for y in line.series.y if math.isfinite(y))
    values = sorted(y for y in every if y > 0 or not log)
    if not values:
        return None
    beyond = (1 - share) / 2
    last = len(values) - 1
    low, high = (
        values[math.floor(last * beyond)],
        values[math.ceil(last * (1 - beyond))],
    )
    if not low < high or (low, high) == (values[0], values[-1]):
        return None
    room = (high / 2 - low / 2) * 2 * _MARGIN
    return max(low - room, values[0]), min(high + room, values[-1])


def clip_notes(plot: Plot, share: float) -> Iterator[str]:
    if plot.limits is None:
        return
    low, high = plot.limits
    values = [y for line in plot.lines for y in line.series.y if math.isfinite(y)]
    beyond = sum(not low <= y <= high for y in values)
    if beyond:
        counted = "1 value" if beyond == 1 else f"{beyond} values"
        yield (
            f"{plot.key!r}: the y axis holds the middle {share * 100:g}% of the values,"
            f" {formatting.number(low)} to {formatting.number(high)};"
            f" {counted} beyond its ends"
        )
