"""Files that belong to an answer: pictures, videos, whatever a run keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Content: TypeAlias = Callable[[], Iterator[bytes]]
"""Fetches a file anew, piece by piece; raises SourceError, in the midst too."""


@dataclass(frozen=True)
class Piece:
    """One file. Nothing of it is fetched before somebody shows or keeps it."""

    name: str
    """What we call it: a path that stays below a directory (see `filing.safe`)."""
    path: str
    """What its source calls it: anything at all."""
    content: Content = field(compare=False, repr=False)
    size: int | None = None
    """In bytes; None is not known."""
    mime: str = ""
    caption: str = ""
    url: str | None = None
    """A page that shows it."""
    file: str = ""
    """Where it was kept, once it was."""
    trouble: str = ""
    """Why it was not, if that was tried."""


@dataclass(frozen=True)
class Attachment:
    """One file, or the several that were logged together under one key."""

    title: str
    kind: str
    """What they are, as a reader would say: ``image``, ``video``, ``3D object``."""
    pieces: tuple[Piece, ...]
    about: str = ""
    """What else is to be said of it: the step, masks and boxes, what is left out."""
    named: bool = False
    """Whether it is only named: nobody fetches it without being told to."""
