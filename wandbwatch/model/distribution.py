"""Histograms of a run over an axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wandbwatch.model.drawing import Column
from wandbwatch.model.run import Run


@dataclass(frozen=True)
class Distributions:
    """The asked histograms of one run, each key's in the order they were logged; a key
    that it logged no histogram of is left out."""

    run: Run
    columns: Mapping[str, tuple[Column, ...]]
