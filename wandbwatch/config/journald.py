"""The priority that journald reads before a line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import IntEnum


class Priority(IntEnum):
    """Of https://www.freedesktop.org/software/systemd/man/sd-daemon.html"""

    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    INFO = 6
    DEBUG = 7


def reads(descriptor: int, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether journald is what *descriptor* writes to.

    The variable alone says nothing: whatever a service starts inherits it, terminals
    on a desktop as well.
    """
    named = environ.get("JOURNAL_STREAM")
    if not named:
        return False
    try:
        stream = os.fstat(descriptor)
    except OSError:
        return False
    return named == f"{stream.st_dev}:{stream.st_ino}"


def marked(line: str, priority: Priority) -> str:
    """Return *line* for stderr, with its priority if journald reads it."""
    return f"<{priority}>{line}" if reads(2) else line
