from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from wandbwatch.analysis import delta as deltas
from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.image.plotting import (
    Band,
    DistributionKind,
    Layout,
    View,
    parse,
    scattered,
)
from wandbwatch.commands.image.plotting.answer import report
from wandbwatch.commands.image.plotting.parse import MarkParser, Pair
from wandbwatch.commands.image.select import CHOSEN, CurveSelector
from wandbwatch.formatting import titles
from wandbwatch.model.address import Address
from wandbwatch.model.ports import Env
from wandbwatch.model.query import Axis, Query
from wandbwatch.model.report import Note, Report
from wandbwatch.options import (
    HERE,
    NO_KEYS,
    AnyAddress,
    DeltaOption,
    Keys,
    Span,
    directory,
)

_NEWEST = 5
_GROUPED = 50
"""How many runs are put into groups, and how many points a scatter plot asks for."""
_SCATTERED = 500
_NO_MARKS = MarkParser()

Ids: TypeAlias = Annotated[
    Keys,
    typer.Option(
        parser=Keys.read,
        metavar="IDS",
        show_default=False,
        help=f"Run ids; default: the newest {_NEWEST}.",
    ),
]
What: TypeAlias = Annotated[
    Keys,
    typer.Option(
        parser=Keys.read,
        metavar="KEYS",
        show_default=False,
        help="What to plot: train/loss, a group, a glob, system/cpu, a histogram;"
        f" default: {CHOSEN} likely ones.",
    ),
]
Over: TypeAlias = Annotated[
    Axis | None,
    typer.Option(
        parser=parse.axis,
        metavar="AXIS",
        show_default=False,
        help="step, runtime, wall, or another key; default: what define_metric says,"
        " or step.",
    ),
]
Weight: TypeAlias = Annotated[
    float,
    typer.Option(
        parser=parse.weight,
        metavar="P",
        show_default=False,
        help="W&B's time-weighted smoothing, from 0 (none) to 1.",
    ),
]
Last: TypeAlias = Annotated[
    Span | None,
    typer.Option(
        parser=Span.read, metavar="SPAN", help="Only the end of each run: 30m, 2h, 7d."
    ),
]
GroupBy: TypeAlias = Annotated[
    str | None,
    typer.Option(
        parser=parse.group,
        metavar="WHAT",
        help="Average runs by group, tag, job_type or config.KEY;"
        f" the newest {_GROUPED} runs.",
    ),
]
BandOption: TypeAlias = Annotated[
    Band | None,
    typer.Option(
        parser=parse.one_of(Band),
        metavar="BAND",
        help="The band around a mean: std (default), sem or minmax.",
    ),
]
KindOption: TypeAlias = Annotated[
    DistributionKind,
    typer.Option(
        parser=parse.one_of(DistributionKind),
        metavar="KIND",
        help="Show a histogram as heatmap, lines (quantiles) or last.",
    ),
]
LayoutOption: TypeAlias = Annotated[
    Layout,
    typer.Option(
        parser=parse.one_of(Layout),
        metavar="LAYOUT",
        help="separate pictures, or one grid.",
    ),
]
Clip: TypeAlias = Annotated[
    float,
    typer.Option(
        parser=parse.share,
        metavar="SHARE",
        show_default=False,
        help="Fit the y axis to this share of the values: 0.99.",
    ),
]
MarkOption: TypeAlias = Annotated[
    MarkParser,
    typer.Option(
        "--mark",
        parser=MarkParser.read,
        metavar="MARKS",
        show_default=False,
        help="Reference lines: 0.5, target=0.5, or @1000 on the x axis.",
    ),
]
Best: TypeAlias = Annotated[
    Objective | None,
    typer.Option(
        parser=parse.aim,
        metavar="KEY:min|max",
        help=f"Plot the best {_NEWEST} runs by a summary value; the best is marked.",
    ),
]
ScatterOption: TypeAlias = Annotated[
    Pair | None,
    typer.Option(
        "--scatter",
        parser=Pair.read,
        metavar="X,Y",
        help="A scatter plot with one point per run: config.lr,val/loss.",
    ),
]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(parser=directory, metavar="DIR", help="Where to save the PNGs."),
]


def image(
    ctx: typer.Context,
    address: AnyAddress = HERE,
    *,
    runs: Ids = NO_KEYS,
    keys: What = NO_KEYS,
    x: Over = None,
    smooth: Weight = 0.0,
    log_y: Annotated[bool, typer.Option("--log-y", help="A log scale.")] = False,
    log_x: Annotated[
        bool, typer.Option("--log-x", help="A log scale along x.")
    ] = False,
    last: Last = None,
    group_by: GroupBy = None,
    band: BandOption = None,
    best: Best = None,
    scatter: ScatterOption = None,
    kind: KindOption = DistributionKind.HEATMAP,
    clip: Clip = 1.0,
    mark: MarkOption = _NO_MARKS,
    layout: LayoutOption = Layout.SEPARATE,
    out: Out = None,
    delta: DeltaOption = False,
) -> Iterator[Report]:
    """Plot keys of a project's runs or of one run, one picture per key."""
    env: Env = ctx.obj
    view = View(
        x, smooth, log_y, last, out, kind, group_by or "", band or Band.STD, layout
    )
    view = replace(view, clip=clip, marks=mark, best=best, log_x=log_x)
    if why := parse.clash(
        view, band=bool(band), scatter=bool(scatter), keys=bool(keys), delta=delta
    ):
        raise typer.BadParameter(why, ctx=ctx)
    query = _query(tuple(dict.fromkeys(runs)), view)
    if scatter:
        return _scattered(env, address, query, scatter, view)
    wanted = tuple(dict.fromkeys(keys))
    return _reports(env, address, query, wanted, view, delta=delta)


def _query(ids: tuple[str, ...], view: View) -> Query:
    """Ask for the runs, and of each what it is grouped or ranked by."""
    limit = 0 if ids else _GROUPED if view.group_by else _NEWEST
    query = Query(ids=ids, limit=limit, summary=(), config=())
    if view.group_by.startswith("config."):
        query = replace(query, config=(view.group_by.removeprefix("config."),))
    if view.best:
        way = "-" if view.best.largest else "+"
        order = f"{way}summary_metrics.{view.best.key}"
        query = replace(query, summary=(view.best.key,), order=order)
    return query


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
    asker = CurveSelector(source, query, view.axis, clocked=bool(view.last))
    found = asker.asked(wanted) if wanted else asker.guessed()
    since = deltas.Since.last(env.memory) if delta else None
    told = report(address, found, view, since)
    if since:
        deltas.remember(env.memory, told)
    yield told


def _scattered(
    env: Env, address: Address, query: Query, pair: Pair, view: View
) -> Iterator[Report]:
    x, y = pair
    limit = 0 if query.ids else _SCATTERED
    asked = scattered.query(replace(query, limit=limit), pair, view.best)
    listing = env.source(address).runs(asked)
    chart = scattered.chart(listing.runs, x, y, view.best, log_x=view.log_x)
    notes = list(scattered.notes(listing.runs, chart, x, y))
    if listing.left_out:
        notes.append(f"the newest {len(listing.runs)} of {listing.total} runs")
    title = titles.of_runs(address, listing.runs)
    url = titles.page_of_runs(listing.runs)
    yield Report("image", title, (chart, *map(Note, notes)), url=url, out=view.out)


plugin = image
