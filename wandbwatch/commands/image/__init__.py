from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from wandbwatch.commands.image import parse
from wandbwatch.commands.image.parse import (
    CHOSEN,
    GROUPED,
    NEWEST,
    Band,
    DistributionKind,
    Layout,
    MarkParser,
    Pair,
)
from wandbwatch.options import (
    HERE,
    NO_FILTERS,
    NO_KEYS,
    AnyAddress,
    DeltaOption,
    FiltersOption,
    Keys,
    Span,
    aim,
    directory,
)

if TYPE_CHECKING:
    from wandbwatch.analysis.ranking import Objective
    from wandbwatch.model.ports import Env
    from wandbwatch.model.query import Axis
    from wandbwatch.model.report import Report

_NO_MARKS = MarkParser()

Ids: TypeAlias = Annotated[
    Keys,
    typer.Option(
        parser=Keys.read,
        metavar="IDS",
        show_default=False,
        help=f"Run ids; default: the newest {NEWEST}.",
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
    "Axis | None",
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
        "--since",
        "--last",
        parser=Span.read,
        metavar="SPAN",
        help="Only the end of each run: 30m, 2h, 7d.",
    ),
]
GroupBy: TypeAlias = Annotated[
    str | None,
    typer.Option(
        parser=parse.group,
        metavar="WHAT",
        help="Average runs by group, tag, job_type or config.KEY;"
        f" the newest {GROUPED} runs.",
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
    "Objective | None",
    typer.Option(
        parser=aim,
        metavar="KEY:min|max",
        help=f"Plot the best {NEWEST} runs by a summary value; the best is marked.",
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
    filters: FiltersOption = NO_FILTERS,
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
    """Plot keys of a project's runs or of one run, one picture per key.

    `plot` is the same command.
    """
    from wandbwatch.commands.image import report
    from wandbwatch.commands.image.plotting import View

    env: Env = ctx.obj
    view = View(
        x, smooth, log_y, last, out, kind, group_by or "", band or Band.STD, layout
    )
    view = replace(view, clip=clip, marks=mark, best=best, log_x=log_x)
    if why := parse.clash(
        view, band=bool(band), scatter=bool(scatter), keys=bool(keys), delta=delta
    ):
        raise typer.BadParameter(why, ctx=ctx)
    asked = report.query(tuple(dict.fromkeys(runs)), view, filters)
    if scatter:
        return report.scatter_plot(env, address, asked, scatter, view)
    wanted = tuple(dict.fromkeys(keys))
    return report.plots(env, address, asked, wanted, view, delta=delta)


plugin = image
