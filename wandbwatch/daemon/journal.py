"""Log lines for journald: a priority before each, or an object of JSON a line."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping

from wandbwatch.config.journald import Priority, reads

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
