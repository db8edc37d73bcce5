"""Log lines for journald: a priority before each, or an object of JSON a line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping

from wandbwatch.config.journald import Priority, json_line, reads, write_json

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
        more = {}
        if record.exc_text:  # what redaction has left of it
            more["traceback"] = record.exc_text
        elif record.exc_info:
            more["traceback"] = self.formatException(record.exc_info)
        level = record.levelname.lower()
        return json_line(record.getMessage(), level, record.created, **more)


def set_up(environ: Mapping[str, str], *, as_json: bool) -> None:
    """Send our log to stderr in the form that its reader wants."""
    handler = logging.StreamHandler(sys.stderr)
    if as_json:
        write_json()
        handler.setFormatter(JsonFormatter())
    elif reads(2, environ):
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
