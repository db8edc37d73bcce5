from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from wandbwatch import delta as deltas
from wandbwatch import titles
from wandbwatch.arguments import (
    HERE,
    NO_KEYS,
    AnyAddress,
    DeltaOption,
    Keys,
    Span,
    directory,
)
from wandbwatch.curves import CHOSEN, Asker, Found
from wandbwatch.ends import Ends
from wandbwatch.model.address import Address
from wandbwatch.model.ports import Env
from wandbwatch.model.query import Axis, AxisKind, Curves, Query
from wandbwatch.model.report import Block, Line, Note, Plot, Report
from wandbwatch.model.run import Run, Series
from wandbwatch.recent import recent

_NEWEST = 5
_STEP = Axis()
_OWN_AXES = {
    "step": _STEP,
    "_step": _STEP,
    "runtime": Axis(AxisKind.RUNTIME),
    "_runtime": Axis(AxisKind.RUNTIME),
    "wall": Axis(AxisKind.WALL),
    "_timestamp": Axis(AxisKind.WALL),
}


@dataclass(frozen=True)
class View:
    """How the curves are to be seen."""

    axis: Axis = _STEP
    smooth: float = 0.0
    log_y: bool = False
    last: timedelta | None = None
    out: Path | None = None


def axis(text: str) -> Axis:
    if not text.strip():
        raise typer.BadParameter("an axis is step, runtime, wall or a key")
    return _OWN_AXES.get(text, Axis(AxisKind.KEY, text))


def weight(text: str) -> float:
    try:
        read = float(text)
    except ValueError:
        read = math.nan
    if not 0 <= read < 1:
        raise typer.BadParameter(
            f"{text!r} is no weight from 0 to 1 (W&B's is such as 0.6)"
        )
    return read


Ids: TypeAlias = Annotated[
    Keys,
    typer.Option(
        parser=Keys.read,
        metavar="IDS",
        show_default=False,
        help=f"Which runs, by id; otherwise the newest {_NEWEST}.",
    ),
]
What: TypeAlias = Annotated[
    Keys,
    typer.Option(
        parser=Keys.read,
        metavar="KEYS",
        show_default=False,
        help="What to plot: train/loss, a group, a glob, system/cpu;"
        f" otherwise {CHOSEN} likely ones.",
    ),
]
Over: TypeAlias = Annotated[
    Axis,
    typer.Option(
        parser=axis,
        metavar="AXIS",
        show_default=False,
        help="step (the default), runtime, wall, or another key.",
    ),
]
Weight: TypeAlias = Annotated[
    float,
    typer.Option(
        parser=weight,
        metavar="P",
        show_default=False,
        help="W&B's time-weighted smoothing, from 0 (none) to 1.",
    ),
]
Last: TypeAlias = Annotated[
    Span | None,
    typer.Option(
        parser=Span.read, metavar="SPAN", help="Each run's end alone: 30m, 2h, 7d."
    ),
]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(parser=directory, metavar="DIR", help="Where to keep the PNGs."),
]


def image(
    ctx: typer.Context,
    address: AnyAddress = HERE,
    *,
    runs: Ids = NO_KEYS,
    keys: What = NO_KEYS,
    x: Over = _STEP,
    smooth: Weight = 0.0,
    log_y: Annotated[bool, typer.Option("--log-y", help="A log scale.")] = False,
    last: Last = None,
    out: Out = None,
    delta: DeltaOption = False,
) -> Iterator[Report]:
    """Plot keys of a project's runs, or of one run: a picture for each key."""
    if last and x.kind is AxisKind.KEY:
        why = "--last is a time: it needs --x step, runtime or wall"
        raise typer.BadParameter(why, ctx=ctx)
    env: Env = ctx.obj
    query = Query(ids=tuple(dict.fromkeys(runs)), limit=0 if runs else _NEWEST)
    wanted = tuple(dict.fromkeys(keys))
    view = View(x, smooth, log_y, last, out)
    return _reports(env, address, query, wanted, view, delta=delta)


def _reports(
    env: Env,
    address: Address,
    query: Query,
    wanted: Sequence[str],
    view: View,
    *,
    delta: bool,
) -> Iterator[Report]:
    source = env.source(address)
    asker = Asker(source, query, view.axis, clocked=bool(view.last))
    found = asker.asked(wanted) if wanted else asker.guessed()
    since = deltas.Since.last(env.memory) if delta else None
    told = report(address, found, view, since)
    if since:
        deltas.remember(env.memory, told)
    yield told


def report(
    address: Address, found: Found, view: View, since: deltas.Since | None = None
) -> Report:
    """Make a plot of each key, with the runs that have it, and a table of what is
    another than it was *since*."""
    runs = [one.run for one in found.curves]
    kept = [_kept(one, view) for one in found.curves]
    plots: list[Plot] = []
    notes = list(found.notes)
    for key in found.keys:
        lines = tuple(_lines(key, runs, kept))
        if lines:
            x = view.axis.key or view.axis.kind.value
            plots.append(Plot(key, x, lines, view.log_y, view.smooth))
        notes += _absent(key, runs, lines, view)
    notes += _whole(runs, kept)
    ends = Ends.of(runs, plots)
    blocks: tuple[Block, ...] = (*plots, *ends.blocks(since), *map(Note, notes))
    alone = len(runs) == 1
    title = titles.of_run(runs[0]) if alone else titles.of_runs(address, runs)
    url = runs[0].url if alone else titles.page_of_runs(runs)
    basis = ends.seen.written()
    return Report("image", title, blocks, url=url, basis=basis, out=view.out)


def _kept(curves: Curves, view: View) -> Mapping[str, Series] | None:
    if not view.last:
        return curves.series
    return recent(curves.series, view.axis, view.last)


def _lines(
    key: str, runs: Sequence[Run], kept: Sequence[Mapping[str, Series] | None]
) -> Iterator[Line]:
    for run, series in zip(runs, kept, strict=True):
        one = series.get(key) if series else None
        if one and len(one.x):
            yield Line(run.id, run.name, one)


def _absent(
    key: str, runs: Sequence[Run], lines: Sequence[Line], view: View
) -> Iterator[str]:
    shown = {line.run for line in lines}
    absent = [run.id for run in runs if run.id not in shown]
    when = " as late as --last asks" if view.last else ""
    if not shown:
        yield f"no run logged {key!r}{when}"
    elif absent:
        yield f"{key!r} was not logged{when} by {', '.join(absent)}"


def _whole(
    runs: Sequence[Run], kept: Sequence[Mapping[str, Series] | None]
) -> Iterator[str]:
    for run, series in zip(runs, kept, strict=True):
        if series is None:
            yield f"{run.id} has no runtimes to count --last by; --x wall may have"


plugin = image
