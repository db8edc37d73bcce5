"""Artifacts: versioned files that runs make and use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Artifact:
    """One version. What its source does not know is None or empty."""

    name: str
    """Without its version: anything at all."""
    kind: str
    """W&B's ``type``: ``model``, ``dataset``, ``run_table``, anything at all."""
    version: str = ""
    """``v3``; a run that was never synced has none."""
    aliases: tuple[str, ...] = ()
    size: int | None = None
    """In bytes."""
    files: int | None = None
    created: datetime | None = None
    description: str = ""
    used: bool = False
    """Whether the asked run used it; otherwise it, or any run, logged it."""
    run: str = ""
    """The id of the run that logged or used it, where that is known."""
    url: str | None = None


@dataclass(frozen=True)
class Artifacts:
    """The newest versions first within each name."""

    found: tuple[Artifact, ...]
    left_out: int = 0
    """How many versions there are beside them."""
    unknown: str = ""
    """What the source can not know, in a sentence."""
