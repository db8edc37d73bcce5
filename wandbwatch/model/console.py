"""What a run printed, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Printed:
    """A line as a terminal would have shown it at last, without escape sequences.

    Whoever shows it cleans it all the same: its characters may be any.
    """

    text: str
    error: bool = False
    """Whether it went to stderr."""
    when: datetime | None = None
