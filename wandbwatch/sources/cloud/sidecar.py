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
    process = _process()
    child = getattr(process, "_process", None)
    if isinstance(child, subprocess.Popen):
        child.kill()
        child.wait()
        _remove_socket(process)
    teardown = getattr(sys.modules.get("wandb"), "teardown", None)
    if teardown is not None:
        with suppress(Exception, SystemExit):  # it complains of the kill
            teardown()


def bury() -> None:
    """Forget it if it died of itself, so that the next use starts another."""
    child = getattr(_process(), "_process", None)
    if not isinstance(child, subprocess.Popen) or child.poll() is not None:
        kill()


def kill_at_exit() -> None:
    """See to it that wandb's own hook, which waits, finds nothing to wait for."""
    atexit.unregister(kill)
    atexit.register(kill)  # hooks registered later run earlier


def _process() -> Any:
    setup = sys.modules.get("wandb.sdk.wandb_setup")
    connection = getattr(getattr(setup, "_singleton", None), "_connection", None)
    return getattr(connection, "_proc", None)


def _remove_socket(process: Any) -> None:
    """Remove the directory of its socket, which it removes itself unless killed."""
    token = str(getattr(getattr(process, "token", None), "env_value", ""))
    _, unix, socket = token.partition("-unix-")
    if unix and Path(socket).name == "socket":
        shutil.rmtree(Path(socket).parent, ignore_errors=True)
