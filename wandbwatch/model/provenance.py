"""What a run was made with: its code, its machine, its packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Provenance:
    facts: Mapping[str, str] = field(default_factory=dict)
    """Named in plain words: ``commit``, ``remote``, ``program``, ``python``, ``gpu``, …
    Only what is known."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """The version of each Python package that was installed."""
