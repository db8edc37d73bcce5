"""A run's media, files and artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from wandbwatch.model.run import Json

Content: TypeAlias = Callable[[], Iterator[bytes]]
"""Downloads a file in chunks; may raise SourceError at any chunk."""


@dataclass(frozen=True)
class Piece:
    """One file, downloaded only when it is shown or saved."""

    name: str
    """What we call it: a path that stays below a directory (see `filing.safe`)."""
    path: str
    """Its path in the source: any text."""
    content: Content = field(compare=False, repr=False)
    size: int | None = None
    """In bytes; None is not known."""
    mime: str = ""
    caption: str = ""
    url: str | None = None
    """A page that shows it."""
    file: str = ""
    """The path where it was saved, once it is."""
    trouble: str = ""
    """Why saving failed, if it did."""


@dataclass(frozen=True)
class Attachment:
    """One file, or several files logged together under one key."""

    title: str
    kind: str
    """Their kind, in plain words: ``image``, ``video``, ``3D object``."""
    pieces: tuple[Piece, ...]
    about: str = ""
    """Details: the step, masks and boxes, what is left out."""
    named: bool = False
    """Whether it is only listed: downloaded on request only."""


class Steps(Enum):
    LAST = "last"
    """Each key's last medium, from the summary."""
    ALL = "all"


When: TypeAlias = Steps | int
"""The steps to read; a number means that step alone."""


@dataclass(frozen=True)
class Medium:
    """One typed value that a run logged: an image, a table, a histogram, …"""

    key: str
    kind: str
    """W&B's ``_type``: anything at all."""
    value: Mapping[str, Json]
    step: int | None = None
    """None: unknown; sources do not give it for the newest."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that hold it, as `RunFile.path` names them, if any."""
        several = self.value.get("filenames")
        found = several if isinstance(several, list) else [self.value.get("path")]
        return tuple(name for name in found if isinstance(name, str) and name)


@dataclass(frozen=True)
class Album:
    """Media, ordered by key and step."""

    media: tuple[Medium, ...]
    charts: Mapping[str, Json] = field(default_factory=dict)
    """W&B's ``visualize``: which of its tables are drawn as a chart, and how."""
    keys: tuple[str, ...] = ()
    """The keys of all the media in the run's summary."""
    sampled: bool = False
    """Whether the source left some out."""


@dataclass(frozen=True)
class RunFile:
    """A file of a run, not yet downloaded."""

    path: str
    """Below the run's files, with ``/``: anything at all."""
    size: int | None
    """In bytes."""
    content: Content = field(compare=False, repr=False)
    updated: datetime | None = None


@dataclass(frozen=True)
class Artifact:
    """One version of an artifact. Unknown values are None or empty."""

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
    """Whether the requested run used it; otherwise that run, or any, logged it."""
    run: str = ""
    """The id of the run that logged or used it, where that is known."""
    url: str | None = None


@dataclass(frozen=True)
class Artifacts:
    """Artifacts by name, newest version first."""

    found: tuple[Artifact, ...]
    left_out: int = 0
    """How many versions there are beside them."""
    unknown: str = ""
    """What the source can't know, in a sentence."""
