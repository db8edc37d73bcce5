"""Queries to a source, and their results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from wandbwatch.model.run import Json, Run, Series


@dataclass(frozen=True)
class Reach:
    """The part of a curve that needs every point, if a source samples long histories:
    from *since* (POSIX seconds, over wall times), and the last *count* rows. *most*
    limits the rows of one curve."""

    since: float = math.inf
    count: int = 0
    most: int = 100_000


class Details(Enum):
    """The details of a run to fetch besides its values; a source may return more."""

    PROGRESS = "names, state, times, group, sweep, host"
    ENDS = "those and the exit code"
    ALL = "those, user, job type, tags and notes"


@dataclass(frozen=True)
class Query:
    """Which runs to fetch, in which order, and how much of each."""

    filters: Mapping[str, Json] = field(default_factory=dict)
    """MongoDB style, as ``wandb.Api.runs`` takes them."""
    order: str = "-created_at"
    """As ``wandb.Api.runs`` takes it: a key, ``+`` or ``-`` before it. Runs without
    the value, or with NaN, come last either way."""
    limit: int = 0
    """How many runs at most; 0 is all."""
    ids: tuple[str, ...] = ()
    """Only these runs, by id; a missing one is a NotFoundError."""
    summary: tuple[str, ...] | None = None
    """The summary keys wanted; None is all of them. The
    source adds those that it needs for `Run`'s own fields."""
    config: tuple[str, ...] | None = None
    """The config keys wanted; None is all of them."""
    reach: Reach = Reach()
    """How much of each curve's end must be exact."""
    numbers: bool = False
    """Whether, of all summary values, some likely metrics to compare runs by suffice,
    as whole summaries can be large. With an empty *summary*: whether those will be
    requested next."""
    machine: bool = False
    """Whether to fetch the last system metrics besides a part of the summary."""
    details: Details = Details.ALL
    names: bool = False
    """Whether of the summary only the names of the keys are needed: their values may
    be anything, and keys that were never logged may be left out. With *numbers*: those
    of numbers only, and maybe of other runs of the address."""
    points: int = 0
    """How many points of a curve are enough, the last one exact; 0: many."""
    rows: int = 0
    """How many of the last rows of each curve are enough, with those of the *reach*,
    and of the system metrics the last values; 0: no such limit."""


@dataclass(frozen=True)
class Listing:
    """The runs found, and the number of runs beyond the query's limit."""

    runs: tuple[Run, ...]
    total: int

    @property
    def left_out(self) -> int:
        return self.total - len(self.runs)


class AxisKind(Enum):
    STEP = "step"
    RUNTIME = "runtime"
    WALL = "wall"
    KEY = "key"


@dataclass(frozen=True)
class Axis:
    """The x axis of a series: steps, seconds since the start, POSIX seconds
    (``wall``), or the values of another key logged in the same row."""

    kind: AxisKind = AxisKind.STEP
    key: str = ""


@dataclass(frozen=True)
class Curves:
    """The requested series of one run; keys that it never logged are left out."""

    run: Run
    series: Mapping[str, Series]
    own_axes: Mapping[str, str] = field(default_factory=dict)
    """The key that define_metric says a key of these runs over, where it does."""
