"""Log lines for journald: with a priority prefix, or one JSON object per line."""

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
        write_json()
        handler.setFormatter(JsonFormatter())
    elif reads(2, environ):
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
