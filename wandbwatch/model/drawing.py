"""The data of charts other than line plots."""

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
    """The distribution of a key's values over *x*; a single column is a histogram."""

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
    """Bars with names; *amount* is the label of their values."""

    amount: str
    items: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Parallel:
    """Parallel coordinates: one line per run, through one value on each axis.

    A value is a number or a word (a category); None skips the axis. The last axis
    sets the lines' colours.
    """

    axes: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[tuple[float | str | None, ...], ...]
    largest: bool | None = None
    """Whether the largest values of the last axis are the best, not the smallest."""
    log: tuple[str, ...] = ()
    """The axes with a log scale."""


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix: how often each of *names* was predicted as each."""

    row: str
    column: str
    """What a row and a column is: ``actual`` and ``predicted``."""
    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    """A row for each name, with a number for each; NaN is none."""


Drawing: TypeAlias = Heatmap | Scatter | Bars | Parallel | Matrix


@dataclass(frozen=True)
class Distributions:
    """The requested histograms of one run, by key, in the order they were logged; keys
    without a histogram are left out."""

    run: Run
    columns: Mapping[str, tuple[HistogramColumn, ...]]
    own_axes: Mapping[str, str] = field(default_factory=dict)
    """The key that define_metric says a key of these runs over, where it does."""
    sampled: frozenset[str] = frozenset()
    """The keys of which the source left histograms out."""
