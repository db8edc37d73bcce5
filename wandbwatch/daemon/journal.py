"""Log lines for journald: with a priority prefix, or one JSON object per line."""

from __future__ import annotations

import atexit
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Mapping

from wandbwatch.config import redaction
from wandbwatch.config.redaction import (
    Priority,
    journald_reads,
    json_line,
    write_json_logs,
)

PRIORITY = {
    logging.CRITICAL: Priority.CRITICAL,
    logging.ERROR: Priority.ERROR,
    logging.WARNING: Priority.WARNING,
    logging.INFO: Priority.INFO,
    logging.DEBUG: Priority.DEBUG,
}


class JournalFormatter(logging.Formatter):
    """``<6>text``: a journald priority prefix on every line of a record."""

    def format(self, record: logging.LogRecord) -> str:
        mark = f"<{PRIORITY.get(record.levelno, Priority.INFO)}>"
        return "\n".join(mark + line for line in super().format(record).splitlines())


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        more = {}
        if record.exc_text:  # already redacted
            more["traceback"] = record.exc_text
        elif record.exc_info:
            more["traceback"] = self.formatException(record.exc_info)
        level = record.levelname.lower()
        return json_line(record.getMessage(), level, record.created, **more)


def set_up(environ: Mapping[str, str], *, as_json: bool) -> None:
    """Send our log to stderr: as JSON, for journald, or plain."""
    handler = logging.StreamHandler(sys.stderr)
    if as_json:
        write_json_logs()
        handler.setFormatter(JsonFormatter())
    elif journald_reads(2, environ):
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


_PIPE: list[int] = []
_LONGEST = 1 << 16
"""Bytes of a line that a library writes; the rest is another line."""


def children_stderr() -> int | None:
    """Return the stderr of a child process: ours, or the pipe of `wrap_children`."""
    return _PIPE[0] if _PIPE else None


def wrap_children() -> None:
    """From now on, make JSON of what children write to stderr that is not JSON.

    Libraries and their own processes write there, too.
    """
    end, pipe = os.pipe()
    _PIPE.insert(0, pipe)
    reader = threading.Thread(target=_wrap, args=(end,), daemon=True)
    reader.start()

    def drain() -> None:
        os.close(_PIPE.pop())
        reader.join(1.0)  # an orphan may keep the other end open

    atexit.register(drain)


def _wrap(end: int) -> None:
    with os.fdopen(end, "rb") as lines:
        while line := lines.readline(_LONGEST):
            text = line.decode(errors="replace").rstrip("\n")
            if text:
                sys.stderr.write(f"{_as_json(text)}\n")


def _as_json(line: str) -> str:
    try:
        if isinstance(json.loads(line), dict):
            return line
    except ValueError:
        pass
    return json_line(redaction.redact(line), "warning", time.time())
