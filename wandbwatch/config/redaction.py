"""Log lines without webhook tokens and secrets, with journald's priority prefix."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from enum import IntEnum
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging


class Priority(IntEnum):
    """See https://www.freedesktop.org/software/systemd/man/sd-daemon.html"""

    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    INFO = 6
    DEBUG = 7


def journald_reads(descriptor: int, environ: Mapping[str, str] = os.environ) -> bool:
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


def write_json_logs() -> None:
    """Make `marked` return JSON from now on, for ``--json-logs``."""
    _AS_JSON.append(True)


def marked(line: str, priority: Priority) -> str:
    """Return *line* for stderr: as JSON, or with its priority if journald reads it."""
    if _AS_JSON:
        return json_line(line, _LEVELS[priority], time.time())
    return f"<{priority}>{line}" if journald_reads(2) else line


def json_line(text: str, level: str, at: float, **more: str) -> str:
    """Return one line of a log as JSON; *at* is in POSIX seconds."""
    import json  # noqa: PLC0415 -- not for --help

    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    fields = {"time": moment, "level": level, "text": text, **more}
    return json.dumps(fields, ensure_ascii=False)


_HIDDEN = "…"
_TOKEN = re.compile(
    r"(webhooks(?:/|%2F)\d+(?:/|%2F))([^/?#\s\"'<>()\\,;]+)", re.IGNORECASE
)
_SHORTEST = 8
"""Shorter than that it is a word that may well stand in a text by itself."""
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Redact *secret* from all logs from now on."""
    if len(secret) >= _SHORTEST:
        _secrets.add(secret)


def redact(text: str) -> str:
    """Return *text* without webhook tokens and secrets.

    Tokens are replaced first: a secret that is the beginning of a URL would remove the
    part by which we find the token after it.
    """
    tokens = [one[2] for one in _TOKEN.finditer(text) if len(one[2]) >= _SHORTEST]
    key = os.environ.get("WANDB_API_KEY", "")
    secrets = {*_secrets, key} if len(key) >= _SHORTEST else _secrets
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    for token in tokens:
        text = text.replace(token, _HIDDEN)
    return _TOKEN.sub(rf"\1{_HIDDEN}", text)


def install() -> None:
    """Redact every log record, for all handlers, and every uncaught exception.

    Records are redacted when they are created, as a handler's filter would miss
    handlers that are added later.
    """
    import logging  # noqa: PLC0415 -- an error on a command line is not logged

    make = logging.getLogRecordFactory()

    def redacted(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        redact_record(record)
        return record

    logging.setLogRecordFactory(redacted)
    sys.excepthook = _except
    threading.excepthook = _thread_except
    sys.unraisablehook = _unraisable


def traced(error: BaseException) -> str:
    """Return the traceback of *error*, redacted."""
    return redact("".join(traceback.format_exception(error)))


def redact_record(record: logging.LogRecord) -> bool:
    """Redact a record's message, traceback and stack. Also a handler's filter."""
    record.msg, record.args = redact(_message(record)), None
    if record.exc_info and (error := record.exc_info[1]):
        # A formatter uses exc_text as it is; from exc_info it would format its own.
        record.exc_text = traced(error).rstrip("\n")
        record.exc_info = None
    elif record.exc_text:
        record.exc_text = redact(record.exc_text)
    if record.stack_info:
        record.stack_info = redact(record.stack_info)
    return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # the arguments do not match the format string
        return f"{record.msg} {record.args}"


def _except(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        _write(error)


def _thread_except(args: threading.ExceptHookArgs) -> None:
    if args.exc_value:
        _write(args.exc_value)


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    if args.exc_value:
        _write(args.exc_value)


def _write(error: BaseException) -> None:
    text = marked(traced(error).rstrip("\n"), Priority.ERROR)
    sys.stderr.write(f"{text}\n")
