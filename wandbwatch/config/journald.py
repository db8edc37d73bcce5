"""The priority prefix that journald reads on each line."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from enum import IntEnum


class Priority(IntEnum):
    """See https://www.freedesktop.org/software/systemd/man/sd-daemon.html"""

    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    INFO = 6
    DEBUG = 7


def reads(descriptor: int, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether *descriptor* writes to journald.

    The variable alone proves nothing: all children of a service inherit it, even
    terminals on a desktop.
    """
    named = environ.get("JOURNAL_STREAM")
    if not named:
        return False
    try:
        stream = os.fstat(descriptor)
    except OSError:
        return False
    return named == f"{stream.st_dev}:{stream.st_ino}"


_LEVELS = {
    Priority.CRITICAL: "critical",
    Priority.ERROR: "error",
    Priority.WARNING: "warning",
    Priority.INFO: "info",
    Priority.DEBUG: "debug",
}
_AS_JSON: list[bool] = []


def write_json() -> None:
    """Make `marked` return JSON from now on, for ``--json-logs``."""
    _AS_JSON.append(True)


def marked(line: str, priority: Priority) -> str:
    """Return *line* for stderr: as JSON, or with its priority if journald reads it."""
    if _AS_JSON:
        return json_line(line, _LEVELS[priority], time.time())
    return f"<{priority}>{line}" if reads(2) else line


def json_line(text: str, level: str, at: float, **more: str) -> str:
    """Return one line of a log as JSON; *at* is in POSIX seconds."""
    import json  # noqa: PLC0415 -- not for --help

    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    fields = {"time": moment, "level": level, "text": text, **more}
    return json.dumps(fields, ensure_ascii=False)
