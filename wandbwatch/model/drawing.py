"""What is drawn otherwise than as lines over an axis: the numbers of each picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class HistogramColumn:
    """One histogram: ``counts[i]`` values between ``edges[i]`` and ``edges[i + 1]``."""

    x: float
    """Where it stands: a step, seconds, or a value of another key."""
    edges: tuple[float, ...]
    counts: tuple[float, ...]


@dataclass(frozen=True)
class Heatmap:
    """How a key's values were distributed over *x*; one column is a histogram."""

    x: str
    y: str
    columns: tuple[HistogramColumn, ...]


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    name: str = ""
    chosen: bool = False
    """Whether it is to stand out: the best run among others."""


@dataclass(frozen=True)
class Scatter:
    x: str
    y: str
    points: tuple[Point, ...]
    joined: bool = False
    """Whether a line goes through the points, in their order."""


@dataclass(frozen=True)
class Bars:
    """Named amounts; *amount* says what they are."""

    amount: str
    items: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Parallel:
    """Parallel coordinates: a line a run through one value on each axis.

    A value is a number or a word (a category); None leaves the axis out. The last
    axis gives the lines their colours.
    """

    axes: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[tuple[float | str | None, ...], ...]


Drawing: TypeAlias = Heatmap | Scatter | Bars | Parallel
