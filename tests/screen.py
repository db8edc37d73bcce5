"""A program in a terminal of its own, whose screen a test reads."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from typing import Any, Self

PATIENCE = 30.0
"""Seconds after which a test gives up waiting; it never takes as long."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)")
LEFT = "\x1b[?1049l"
"""What leaves the screen that programs have for themselves."""


class Terminal:
    """``wandbwatch`` with *words*, in a window of so many columns and rows."""

    def __init__(self, *words: str, columns: int = 120, rows: int = 30) -> None:
        self._ours, self._theirs = pty.openpty()
        self.resize(columns, rows)
        self.before = self.settings()
        self.raw = ""
        environ = {**os.environ, "TERM": "xterm-256color"}
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
            environ.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wandbwatch", *words],
            env=environ,
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    def settings(self) -> list[Any]:
        return termios.tcgetattr(self._theirs)

    def resize(self, columns: int, rows: int) -> None:
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, size)

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def see(self, words: str) -> str:
        """Wait until *words* are told; return what came with them, and forget it."""
        give_up = time.monotonic() + PATIENCE
        while words not in _ESCAPES.sub("", self.raw):
            assert time.monotonic() < give_up, f"{words!r} never came: {self.raw!r}"
            self._read(0.05)
        seen, self.raw = self.raw, ""
        return _ESCAPES.sub("", seen)

    def end(self) -> str:
        """Wait until it has ended; return all that it still told, as it came."""
        give_up = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < give_up, f"it never ended: {self.raw!r}"
            self._read(0.02)
        while self._read(0):
            pass
        return self.raw

    def _read(self, seconds: float) -> bool:
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        self.raw += os.read(self._ours, 1 << 16).decode(errors="replace")
        return True
