"""Runs and their series, as every source returns them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias, TypeGuard

Json: TypeAlias = (
    bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
)
"""A value as W&B keeps it. NaN and the infinities are floats here."""
NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""How W&B and our own JSON spell what JSON cannot hold."""


class State(StrEnum):
    """Every run state of W&B, and UNKNOWN for states it may add."""

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CRASHED = "crashed"
    KILLED = "killed"
    PREEMPTING = "preempting"
    PREEMPTED = "preempted"
    UNKNOWN = "unknown"

    @property
    def bad(self) -> bool:
        """Whether the run ended abnormally."""
        return self in _BAD

    @property
    def going(self) -> bool:
        """Whether a run in this state can still log."""
        return self in _GOING

    @property
    def ended(self) -> bool:
        """Whether this state is final unless the run is resumed."""
        return self in _ENDED


_BAD = {State.FAILED, State.CRASHED, State.KILLED}
_GOING = {State.PENDING, State.RUNNING, State.PREEMPTING}
_ENDED = {*_BAD, State.FINISHED, State.PREEMPTED}


@dataclass(frozen=True)
class Run:
    """A snapshot of one run. Values that its source does not know are None or empty."""

    id: str
    name: str
    """The display name: anything at all, and not unique."""
    state: State
    created: datetime | None = None
    heartbeat: datetime | None = None
    """The time of the run's last heartbeat."""
    runtime: float | None = None
    """Seconds from its start to its last heartbeat."""
    last_step: int | None = None
    """The last history step, ``_step`` of the summary."""
    entity: str = ""
    project: str = ""
    url: str | None = None
    group: str = ""
    job_type: str = ""
    tags: tuple[str, ...] = ()
    user: str = ""
    notes: str = ""
    sweep: str = ""
    host: str = ""
    exit_code: int | None = None
    config: Mapping[str, Json] = field(default_factory=dict)
    """The configuration without W&B's own ``_wandb``, flat (see `flat`)."""
    summary: Mapping[str, Json] = field(default_factory=dict)
    """The last values, flat (see `flat`), W&B's ``_step`` and the like included."""
    system: Mapping[str, float] = field(default_factory=dict)
    """The last system metrics, named as local files do: without ``system.``."""
    goals: Mapping[str, bool] = field(default_factory=dict)
    """Keys with a goal of ``define_metric``: whether it is "maximize". A glob ends with
    ``*``. Sources read it with a whole summary only."""
    spans: tuple[tuple[datetime, datetime], ...] = ()
    """When its parts ran, the oldest first; a resumed run has several. Empty where the
    source knows the whole runtime only."""
    caveats: tuple[str, ...] = ()
    """Sentences about what its source could not read, or took from elsewhere."""


class Series:
    """One key of one run over an axis, in the order it was logged.

    ``x`` and ``y`` have equal length; NaN and infinities are kept in place.
    ``sampled``: the source left points out. ``exact`` is the x from which every point
    is there: -inf for the whole series, inf if unknown.
    """

    __slots__ = ("exact", "key", "sampled", "x", "y")

    def __init__(
        self,
        key: str,
        x: Sequence[float],
        y: Sequence[float],
        *,
        sampled: bool = False,
        exact: float | None = None,
    ) -> None:
        self.key = key
        self.x = x
        self.y = y
        self.sampled = sampled
        self.exact = (math.inf if sampled else -math.inf) if exact is None else exact

    def __repr__(self) -> str:
        return f"Series({self.key!r}, {len(self.x)} points)"


_DEEPEST = 100


def flat(tree: Mapping[str, Json]) -> dict[str, Json]:
    """Flatten nested dicts to dotted keys, as W&B shows them.

    A typed value (an image, a histogram: ``{"_type": …}``) is one value. Empty dicts
    and dicts nested too deeply stay as they are.
    """
    leaves: dict[str, Json] = {}
    levels = [("", iter(tree.items()))]
    while levels:
        prefix, items = levels[-1]
        for key, value in items:
            if _is_table(value) and len(levels) < _DEEPEST:
                levels.append((f"{prefix}{key}.", iter(value.items())))
                break
            leaves[f"{prefix}{key}"] = value
        else:
            levels.pop()
    return leaves


def _is_table(value: Json) -> TypeGuard[Mapping[str, Json]]:
    return isinstance(value, Mapping) and bool(value) and "_type" not in value
