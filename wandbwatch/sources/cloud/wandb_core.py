"""The environment that the wandb package and its service process are to find."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

_DEFAULT_BOUND = 60.0
_TOLD = "WANDBWATCH_TIMEOUT"


def bound() -> float:
    """Return how many seconds the user lets us wait for a server."""
    try:
        seconds = float(os.environ.get(_TOLD, ""))
    except ValueError:
        return _DEFAULT_BOUND
    return seconds if 0 < seconds < threading.TIMEOUT_MAX else _DEFAULT_BOUND


@contextmanager
def prepared(*, private_runs: bool = False) -> Iterator[None]:
    """Set the environment for wandb, and back again.

    Back, because a process that we start later (a training run) must find what
    the user set, and not our sidecar (``WANDB_SERVICE``) or a directory that is
    gone by then. *private_runs* moves ``WANDB_DIR`` too, where the package makes
    a directory for each run that it lists; only once its settings are read,
    since some of them are found below ``WANDB_DIR``.
    """
    before = {k: v for k, v in os.environ.items() if k.startswith("WANDB_")}
    os.environ.update({k: v for k, v in _bounds().items() if k not in before})
    os.environ["WANDB_SILENT"] = "true"  # or it would write between our lines
    os.environ["WANDB_MODE"] = "online"  # offline is for training, not for looking
    os.environ["WANDB_CACHE_DIR"] = str(_private() / "cache")
    if private_runs:
        os.environ["WANDB_DIR"] = str(_private())
    try:
        yield
    finally:
        for name in [k for k in os.environ if k.startswith("WANDB_")]:
            if name not in before:
                del os.environ[name]
        os.environ.update(before)


def _bounds() -> dict[str, str]:
    """Make retries and time-outs fit into the bound; what the user set stays."""
    attempt = max(1, int(bound()))  # what is slow once is slow again
    bounds = {
        "WANDB_ERROR_REPORTING": "false",  # its telemetry holds up our exit
        "WANDB_X_GRAPHQL_RETRY_MAX": "1",
        "WANDB_X_GRAPHQL_RETRY_WAIT_MIN_SECONDS": "1",
        "WANDB_X_GRAPHQL_RETRY_WAIT_MAX_SECONDS": "4",
        "WANDB_X_FILE_TRANSFER_RETRY_MAX": "2",
        "WANDB_X_FILE_TRANSFER_TIMEOUT_SECONDS": str(attempt),
    }
    if "WANDB_HTTP_TIMEOUT" not in os.environ:
        bounds["WANDB_X_GRAPHQL_TIMEOUT_SECONDS"] = str(attempt)
    return bounds


@cache
def _private() -> Path:
    """Make the directory for what wandb leaves behind, gone when we are."""
    path = Path(tempfile.mkdtemp(prefix="wandbwatch-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


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
