"""A search over hyperparameters, as its source knows it; its runs are found apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wandbwatch.model.run import Json


@dataclass(frozen=True)
class Sweep:
    """What its source does not know is None or empty."""

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
    """What each is drawn from, in W&B's words; nested ones have dotted names."""
    expected: int | None = None
    """How many runs there will be; None if it goes on until it is stopped."""
    created: datetime | None = None
    description: str = ""
    url: str | None = None
