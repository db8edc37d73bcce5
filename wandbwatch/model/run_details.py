"""What some commands read of a run: its alerts, output, origin and sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wandbwatch.model.run import Json


@dataclass(frozen=True)
class Alert:
    """What the run's code raised."""

    title: str
    text: str = ""
    level: str = ""
    """``INFO``, ``WARN`` or ``ERROR``, as the SDK has them."""


@dataclass(frozen=True)
class Printed:
    """A line as a terminal would finally show it, without escape sequences.

    It may still hold any character: clean it before showing it.
    """

    text: str
    error: bool = False
    """Whether it went to stderr."""
    when: datetime | None = None


@dataclass(frozen=True)
class Provenance:
    """Where a run's code and packages come from."""

    facts: Mapping[str, str] = field(default_factory=dict)
    """Named in plain words: ``commit``, ``remote``, ``program``, ``python``, ``gpu``, …
    Only what is known."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """The version of each Python package that was installed."""


@dataclass(frozen=True)
class Sweep:
    """A sweep. Values that its source does not know are None or empty."""

    id: str
    name: str = ""
    """The display name: anything at all."""
    state: str = ""
    """In W&B's words: ``RUNNING``, ``PAUSED``, ``FINISHED``, ``CANCELED``, …"""
    method: str = ""
    """``grid``, ``random``, ``bayes``, or whatever else."""
    metric: str = ""
    goal: str = ""
    """``minimize`` or ``maximize``."""
    parameters: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """What each is sampled from, in W&B's words; nested ones have dotted names."""
    expected: int | None = None
    """The total number of runs; None if it has no end of its own."""
    created: datetime | None = None
    description: str = ""
    url: str | None = None
    count: int | None = None
    """How many runs it has, where that is known without reading them."""
