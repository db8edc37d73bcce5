"""Put an end to wandb-core, the process that makes wandb's requests."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any


def kill() -> None:
    """Kill it and make the wandb package forget it; its next use starts another.

    The package waits for it without a bound, at exit too, so that what hangs in it
    would hang us. We only read: there is nothing in it to be lost. One that another
    process shares with us (``WANDB_SERVICE``) is left alone.
    """
    connection = _connection()
    child = _child(connection)
    _still_finalizer(connection)
    if child is not None:
        child.kill()
        child.wait()
        _remove_socket(connection)
    teardown = getattr(sys.modules.get("wandb"), "teardown", None)
    if teardown is not None:
        with suppress(Exception, SystemExit):  # it complains of the kill
            teardown()


def bury() -> None:
    """Forget it if it died of itself, so that the next use starts another."""
    child = _child(_connection())
    if child is None or child.poll() is not None:
        kill()


def kill_at_exit() -> None:
    """See to it that wandb's own hook, which waits, finds nothing to wait for."""
    atexit.unregister(kill)
    atexit.register(kill)  # hooks registered later run earlier


def _connection() -> Any:
    """Return the package's connection to it; the package exports no such thing."""
    setup = sys.modules.get("wandb.sdk.wandb_setup")
    return getattr(getattr(setup, "_singleton", None), "_connection", None)


def _child(connection: Any) -> subprocess.Popen[bytes] | None:
    child = getattr(getattr(connection, "_proc", None), "_process", None)
    return child if isinstance(child, subprocess.Popen) else None


def _still_finalizer(connection: Any) -> None:
    """Stop the thread that tells it of each Api that is gone.

    It would write a traceback once there is nobody to tell.
    """
    close = getattr(getattr(connection, "_finalizer", None), "close", None)
    if close is not None:
        with suppress(Exception):
            close()


def _remove_socket(connection: Any) -> None:
    """Remove the directory of its socket, which it removes itself unless killed."""
    token = getattr(getattr(connection, "_proc", None), "token", None)
    _, unix, socket = str(getattr(token, "env_value", "")).partition("-unix-")
    if unix and Path(socket).name == "socket":
        shutil.rmtree(Path(socket).parent, ignore_errors=True)
