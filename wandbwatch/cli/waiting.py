"""A status line on stderr while a command waits: what for, and for how long."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from wandbwatch.model.address import Address, Cloud
from wandbwatch.model.ports import SourceProxy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandbwatch.model.ports import Source
    from wandbwatch.model.query import Axis, Curves, Listing, Query

T = TypeVar("T")

PATIENCE = 0.5
"""Seconds before anything is shown."""
_ERASE = "\r\x1b[K"
_WHAT = {
    "run": "a run",
    "runs": "runs",
    "curves": "curves",
    "distributions": "histograms",
    "console": "console lines",
    "provenance": "code and packages",
    "sweep": "a sweep",
    "sweeps": "sweeps",
}


class Status:
    """The current request; only one command at a time has a status line."""

    def __init__(self) -> None:
        self.text = ""

    @contextmanager
    def asking(self, text: str) -> Iterator[None]:
        before, self.text = self.text, text
        try:
            yield
        finally:
            self.text = before


status = Status()


def shown(reports: Iterator[T]) -> Iterator[T]:
    """Yield *reports*; while waiting, show the request on a terminal's stderr."""
    if not _is_shown():
        yield from reports
        return
    while True:
        with _line():
            found = next(reports, None)
        if found is None:
            return
        yield found


def _is_shown() -> bool:
    known = os.environ.get("TERM") not in (None, "", "dumb")
    return known and sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def _line() -> Iterator[None]:
    done = threading.Event()
    writer = threading.Thread(target=_write, args=(done,), daemon=True)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def _write(done: threading.Event) -> None:
    began, wrote = time.monotonic(), False
    pause = PATIENCE
    while not done.wait(pause):
        pause = 1.0
        seconds = int(time.monotonic() - began)
        text = f"{status.text or 'working'}…{f' {seconds} s' if seconds else ''}"
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"{_ERASE}{text[:width]}")
        sys.stderr.flush()
        wrote = True
    if wrote:
        sys.stderr.write(_ERASE)
        sys.stderr.flush()


class AnnouncedSource(SourceProxy):
    """Shows its source's current request in the status line."""

    def __init__(self, address: Address, source: Source) -> None:
        self._address = address
        self._source = source
        self._count = ""

    def _ask(self, question: str, put: Callable[[Source], T]) -> T:
        kind = question.partition(" ")[0]
        what = f"{self._count}{_WHAT.get(kind, kind)}"
        who = f"asking {_server(self._address)} for"
        if self._address.local:
            who = "reading"
        with status.asking(f"{who} {what} of {self._address}"):
            return put(self._source)

    def runs(self, query: Query, /) -> Listing:
        with self._of(query):
            return super().runs(query)

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis, /
    ) -> tuple[Curves, ...]:
        with self._of(query):
            return super().curves(query, keys, axis)

    @contextmanager
    def _of(self, query: Query) -> Iterator[None]:
        count = len(query.ids) or query.limit
        self._count = f"{count} " if count > 1 else ""
        try:
            yield
        finally:
            self._count = ""


def _server(address: Address) -> str:
    named = address.server if isinstance(address, Cloud) else None
    url = named or os.environ.get("WANDB_BASE_URL") or ""
    return urlsplit(url).netloc or "W&B"
