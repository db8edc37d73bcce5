"""Histograms of a run over an axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.model.run import Run


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
