"""A terminal screen that is redrawn in place, and restored at the end."""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from types import FrameType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

_LOOK = 0.2
"""Seconds between two looks at the window's size."""
_QUIT = frozenset("qQ\x04")
_ESCAPE = "\x1b"
"""What arrows and the like begin with; alone, it is the key that wants to go."""


class Why(Enum):
    """Why a pause ended."""

    TIME = "time"
    RESIZED = "resized"
    QUIT = "quit"
    KEYS = "keys"


class LiveScreen:
    """The terminal's alternate screen. Keys are not echoed; *q* quits."""

    typed = ""
    """The keys that ended the last pause."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._stack = ExitStack()
        self._size = self._console.size
        self._keys = _keyboard()

    def __enter__(self) -> Self:
        live = Live(
            console=self._console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._stack.enter_context(_ended_by(signal.SIGTERM, signal.SIGHUP))
        if self._keys is not None:
            self._stack.enter_context(_unbuffered(self._keys))
        self._live = self._stack.enter_context(live)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def show(self, draw: Callable[[int], str]) -> None:
        """Draw the given number of rows; the last counts those that do not fit."""
        self._size = self._console.size
        height = max(self._size.height, 1)
        lines = draw(height).split("\n")
        if len(lines) > height:
            left = len(lines) - height + 1
            lines = [*lines[: height - 1], f"… {left} more lines"]
        whole = Text("\n").join(map(Text.from_ansi, lines))
        whole.no_wrap, whole.overflow = True, "crop"
        self._live.update(whole, refresh=True)

    def pause(self, seconds: float, *, keys: bool = False) -> Why:
        """Wait until the time is up, the user quits, or the window changes.

        With *keys*, any key ends the pause, and none of them quits.
        """
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.typed = self._read(min(left, _LOOK))
            if self.typed and keys:
                return Why.KEYS
            if _is_quit(self.typed):
                return Why.QUIT
            if self._console.size != self._size:
                return Why.RESIZED
        return Why.TIME

    def _read(self, seconds: float) -> str:
        """Return the keys typed within *seconds*, if any."""
        if self._keys is None:
            time.sleep(seconds)
            return ""
        if not select.select([self._keys], [], [], seconds)[0]:
            return ""
        typed = os.read(self._keys, 64).decode(errors="ignore")
        if not typed:  # the terminal is gone
            self._keys = None
        return typed


def _is_quit(typed: str) -> bool:
    if typed.startswith(_ESCAPE):
        return typed == _ESCAPE
    return not _QUIT.isdisjoint(typed)


def _keyboard() -> int | None:
    try:
        file = sys.stdin.fileno()
    except (AttributeError, ValueError, io.UnsupportedOperation):
        return None
    return file if os.isatty(file) else None


@contextmanager
def _unbuffered(file: int) -> Iterator[None]:
    before = termios.tcgetattr(file)
    tty.setcbreak(file)
    try:
        yield
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)


@contextmanager
def _ended_by(*signals: signal.Signals) -> Iterator[None]:
    """Exit cleanly on *signals*, so that the screen is restored."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = [(one, signal.signal(one, end)) for one in signals]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)
