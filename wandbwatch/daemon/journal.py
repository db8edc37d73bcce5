"""Log lines for journald: a priority before each, or an object of JSON a line."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
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


PRIORITY = {
    logging.CRITICAL: Priority.CRITICAL,
    logging.ERROR: Priority.ERROR,
    logging.WARNING: Priority.WARNING,
    logging.INFO: Priority.INFO,
    logging.DEBUG: Priority.DEBUG,
}


class JournalFormatter(logging.Formatter):
    """``<6>text``: journald reads the priority off; every line of a text gets it."""

    def format(self, record: logging.LogRecord) -> str:
        mark = f"<{PRIORITY.get(record.levelno, Priority.INFO)}>"
        return "\n".join(mark + line for line in super().format(record).splitlines())


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "text": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(environ: Mapping[str, str], *, as_json: bool) -> None:
    """Send our log to stderr in the form that its reader wants."""
    handler = logging.StreamHandler(sys.stderr)
    if as_json:
        handler.setFormatter(JsonFormatter())
    elif reads(2, environ):
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
