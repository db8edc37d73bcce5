"""sd_notify for systemd."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Notify:
    """Sends states to ``$NOTIFY_SOCKET``; without one it does nothing."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self.watchdog = _watchdog(environ)
        """Seconds within which systemd wants to hear from us, or None."""

    def say(self, *states: str) -> None:
        """Send states such as ``READY=1``; an absent systemd is not our problem."""
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):  # an abstract socket
            address = "\0" + address[1:]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            try:
                sender.sendto("\n".join(states).encode(), address)
            except OSError:
                return


def _watchdog(environ: Mapping[str, str]) -> float | None:
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdigit() else None
