"""What the daemon is told by signals, as flags that its loop looks at."""

from __future__ import annotations

import signal
import socket
from types import FrameType


class Signals:
    """SIGTERM and SIGINT ask to stop, SIGHUP to read the file again.

    ``fileno`` becomes readable when one comes, so that a wait ends at once.
    """

    def __init__(self) -> None:
        self.stop = False
        self.reload = False
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)  # noqa: FBT003 -- socket takes it so
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self._stop)
        signal.signal(signal.SIGHUP, self._reload)
        # An ended child is news too; it is looked for on every round.
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def fileno(self) -> int:
        return self._read.fileno()

    def clear(self) -> None:
        """Read off what has come, so that the next wait waits."""
        try:
            while self._read.recv(4096):
                pass
        except BlockingIOError:
            return

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop = True

    def _reload(self, _number: int, _frame: FrameType | None) -> None:
        self.reload = True
