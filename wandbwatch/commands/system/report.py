"""What ``system`` reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from wandbwatch.analysis.curves import recent
from wandbwatch.analysis.keys import SYSTEM
from wandbwatch.commands.system import metrics
from wandbwatch.formatting.run_blocks import caveats, run_subject, run_title
from wandbwatch.formatting.text import yet
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Query
from wandbwatch.model.report import (
    MISSING,
    Block,
    Cell,
    Fields,
    Line,
    Note,
    Plot,
    Report,
    Table,
)
from wandbwatch.model.run import Run, Series

_AXIS = Axis(AxisKind.RUNTIME)


def series_of(source: Source, run: Run) -> Mapping[str, Series]:
    """Ask for all that is drawn or watched, by one question."""
    drawn = [name for names in metrics.plotted(run.system).values() for name in names]
    wanted = tuple(dict.fromkeys(SYSTEM + name for name in drawn))
    if not wanted:
        return {}
    query = Query(ids=(run.id,), summary=(), config=())
    (found,) = source.curves(query, wanted, _AXIS)
    return {key.removeprefix(SYSTEM): one for key, one in found.series.items()}


def report(
    run: Run,
    series: Mapping[str, Series],
    last: timedelta | None = None,
    out: Path | None = None,
) -> Report:
    """Tell of *run*'s machine now, and over the seconds of its *series*."""
    about = Report(
        "system",
        run_title(run),
        url=run.url,
        out=out,
        subject=run_subject(run),
    )
    if not run.system:
        return replace(about, blocks=(Note(f"no system metrics{yet(run)}"),))
    shown = recent(series, _AXIS, last) if last else series
    blocks: tuple[Block, ...] = (
        *map(Note, metrics.findings(series)),
        *_devices(run),
        Fields("machine", tuple(metrics.others(run.system).items())),
        *_plots(run, shown or {}),
        *caveats([run]),
    )
    return replace(about, blocks=blocks)


def _devices(run: Run) -> Iterator[Table]:
    """Yield a table of each kind of accelerator: a row a device, with its node."""
    every = metrics.device_rows(run.system)
    for kind in dict.fromkeys(row.device.kind for row in every):
        found = [row for row in every if row.device.kind == kind]
        nodes = any(row.device.node for row in found)
        columns = metrics.columns(found)
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (
                *([row.device.node or MISSING] if nodes else ()),
                row.device.number,
                *(row.values.get(name, MISSING) for name in columns),
            )
            for row in found
        )
        yield Table("", (*(["node"] if nodes else ()), kind, *columns), rows)


def _plots(run: Run, series: Mapping[str, Series]) -> Iterator[Plot]:
    for title, names in metrics.plotted(series).items():
        shown = {name: series[name] for name in names}
        if title == metrics.NETWORK:
            shown = {name: metrics.rate(one) for name, one in shown.items()}
        lines = [
            Line(
                f"{run.id} {name}",
                metrics.label(name),
                one,
                called=metrics.called(name),
            )
            for name, one in shown.items()
        ]
        if there := tuple(line for line in lines if len(line.series.x)):
            yield Plot(title, _AXIS.kind.value, there)
