"""What a picture of runs is made of, worked out in numbers: no drawing, no asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.image.parse import Band, DistributionKind, Layout
from wandbwatch.model.query import Axis
from wandbwatch.model.report import Mark


@dataclass(frozen=True)
class View:
    """How curves and distributions are to be seen."""

    axis: Axis | None = None
    """None is the one that define_metric gives a key, steps where it gives none."""
    smooth: float = 0.0
    log_y: bool = False
    last: timedelta | None = None
    out: Path | None = None
    kind: DistributionKind = DistributionKind.HEATMAP
    group_by: str = ""
    band: Band = Band.STD
    layout: Layout = Layout.SEPARATE
    clip: float = 1.0
    """The share of the points that the y axis is to hold."""
    marks: tuple[Mark, ...] = ()
    best: Objective | None = None
    log_x: bool = False
