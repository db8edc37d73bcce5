"""What a run keeps beside its numbers: media, and the files they are in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from wandbwatch.model.attachment import Content
from wandbwatch.model.run import Json


class Steps(Enum):
    LAST = "last"
    """What the summary has: each key's last one."""
    ALL = "all"


When: TypeAlias = Steps | int
"""Of which steps; a number is that step alone."""


@dataclass(frozen=True)
class Medium:
    """One typed value that a run logged: an image, a table, a histogram, …"""

    key: str
    kind: str
    """W&B's ``_type``: anything at all."""
    value: Mapping[str, Json]
    step: int | None = None
    """None is not known: of the last ones sources do not say."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it is in, as `RunFile.path` has them; none if it is all here."""
        several = self.value.get("filenames")
        found = several if isinstance(several, list) else [self.value.get("path")]
        return tuple(name for name in found if isinstance(name, str) and name)


@dataclass(frozen=True)
class Album:
    """Media in the order of their keys and steps."""

    media: tuple[Medium, ...]
    charts: Mapping[str, Json] = field(default_factory=dict)
    """W&B's ``visualize``: which of its tables are drawn as a chart, and how."""
    keys: tuple[str, ...] = ()
    """The keys of all the media in the run's summary."""
    sampled: bool = False
    """Whether the source left some out."""


@dataclass(frozen=True)
class RunFile:
    """A file of a run, not yet fetched."""

    path: str
    """Below the run's files, with ``/``: anything at all."""
    size: int | None
    """In bytes."""
    content: Content = field(compare=False, repr=False)
    updated: datetime | None = None
