"""What is drawn otherwise than as lines over an axis: the numbers of each picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from wandbwatch.model.run import Run


@dataclass(frozen=True)
class HistogramColumn:
    """One histogram: ``counts[i]`` values between ``edges[i]`` and ``edges[i + 1]``."""

    x: float
    """Its place on the x axis: a step, seconds, or a value of another key."""
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
    """Whether it is highlighted: the best run among others."""


@dataclass(frozen=True)
class Scatter:
    x: str
    y: str
    points: tuple[Point, ...]
    joined: bool = False
    """Whether a line goes through the points, in their order."""
    log_x: bool = False
    log_y: bool = False


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
    largest: bool | None = None
    """Whether the largest values of the last axis are the best, or the smallest."""
    log: tuple[str, ...] = ()
    """The axes with a log scale."""


@dataclass(frozen=True)
class Matrix:
    """How often what was one of *names* was taken for each of them."""

    row: str
    column: str
    """What a row and a column is: ``actual`` and ``predicted``."""
    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    """A row for each name, with a number for each; NaN is none."""


Drawing: TypeAlias = Heatmap | Scatter | Bars | Parallel | Matrix


@dataclass(frozen=True)
class Distributions:
    """The asked histograms of one run, each key's in the order they were logged; a key
    that it logged no histogram of is left out."""

    run: Run
    columns: Mapping[str, tuple[HistogramColumn, ...]]
    own_axes: Mapping[str, str] = field(default_factory=dict)
    """The key that define_metric says a key of these runs over, where it does."""
    sampled: frozenset[str] = frozenset()
    """The keys of which the source left histograms out."""
