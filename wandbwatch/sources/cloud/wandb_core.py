"""The environment of the wandb package: its API key and its process wandb-core."""

from __future__ import annotations

import atexit
import netrc
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
from urllib.parse import urlsplit

_DEFAULT_BOUND = 60.0
_TOLD = "WANDBWATCH_TIMEOUT"


def bound() -> float:
    """Return the user's time limit for a server, in seconds."""
    try:
        seconds = float(os.environ.get(_TOLD, ""))
    except ValueError:
        return _DEFAULT_BOUND
    return seconds if 0 < seconds < threading.TIMEOUT_MAX else _DEFAULT_BOUND


@contextmanager
def prepared(*, private_runs: bool = False) -> Iterator[None]:
    """Set the environment for wandb, and restore it at the end.

    Processes that we start later (a training run) must get the user's values, not
    our wandb-core (``WANDB_SERVICE``) or a directory that no longer exists.
    *private_runs* moves ``WANDB_DIR`` too, as the package creates a directory there
    for each run that it lists; only after its settings are read, as some of them
    are below ``WANDB_DIR``.
    """
    before = {k: v for k, v in os.environ.items() if k.startswith("WANDB_")}
    os.environ.update({k: v for k, v in _bounds().items() if k not in before})
    os.environ["WANDB_SILENT"] = "true"  # else it would print between our lines
    os.environ["WANDB_MODE"] = "online"  # offline mode is for training, not for reading
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
    """Fit retries and time-outs into the time limit; the user's settings stay."""
    attempt = max(1, int(bound()))  # a slow request would be slow again
    bounds = {
        "WANDB_ERROR_REPORTING": "false",  # its telemetry delays our exit
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
    """Make a directory for the files that wandb leaves; it is removed at exit."""
    path = Path(tempfile.mkdtemp(prefix="wandbwatch-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def kill() -> None:
    """Kill wandb-core and make the package forget it; the next use starts a new one.

    The package waits for it without a time limit, also at exit, so if it hangs, we
    would hang. We only read, so nothing is lost. A wandb-core shared with another
    process (``WANDB_SERVICE``) is left alone.
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
        with suppress(Exception, SystemExit):  # it complains about the kill
            teardown()


def bury() -> None:
    """Forget wandb-core if it has died, so that the next use starts a new one."""
    child = _child(_connection())
    if child is None or child.poll() is not None:
        kill()


def kill_at_exit() -> None:
    """Kill wandb-core before wandb's own exit hook would wait for it."""
    atexit.unregister(kill)
    atexit.register(kill)  # hooks registered later run earlier


def _connection() -> Any:
    """Return the package's connection to wandb-core, which is not public API."""
    setup = sys.modules.get("wandb.sdk.wandb_setup")
    return getattr(getattr(setup, "_singleton", None), "_connection", None)


def _child(connection: Any) -> subprocess.Popen[bytes] | None:
    child = getattr(getattr(connection, "_proc", None), "_process", None)
    return child if isinstance(child, subprocess.Popen) else None


def _still_finalizer(connection: Any) -> None:
    """Stop the thread that reports each deleted Api to wandb-core.

    It would print a traceback after wandb-core is gone.
    """
    close = getattr(getattr(connection, "_finalizer", None), "close", None)
    if close is not None:
        with suppress(Exception):
            close()


def _remove_socket(connection: Any) -> None:
    """Remove the directory of its socket; a killed wandb-core does not."""
    token = getattr(getattr(connection, "_proc", None), "token", None)
    _, unix, socket = str(getattr(token, "env_value", "")).partition("-unix-")
    if unix and Path(socket).name == "socket":
        shutil.rmtree(Path(socket).parent, ignore_errors=True)


_SAAS = {"api.forge.coreweave.com": "api.wandb.ai"}
"""One deployment under two names. wandb takes the older one's key for the newer; we
the newer one's for the older too, since wandb saves it there and pages have both."""
_OTHER_NAME = _SAAS | {older: newer for newer, older in _SAAS.items()}


def key_from(server: str) -> str:
    """Return the name of the place that the key for *server* comes from."""
    for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        if os.environ.get(name):
            return name
    if netrc_key(server):
        return str(netrc_path())
    return "wandb's settings"


def netrc_path() -> Path:
    """Return the netrc file that wandb uses, whether it exists or not."""
    if told := os.environ.get("NETRC"):
        return Path(told).expanduser()
    usual, windows = Path("~/.netrc").expanduser(), Path("~/_netrc").expanduser()
    return windows if windows.exists() and not usual.exists() else usual


def netrc_key(server: str) -> str | None:
    try:
        read = netrc.netrc(str(netrc_path()))
    except (OSError, netrc.NetrcParseError):
        return None
    machine = urlsplit(server).netloc
    for name in (machine, _OTHER_NAME.get(machine, machine)):
        if found := read.authenticators(name):
            return found[2] or None
    return None


def known_key(server: str) -> str | None:
    """Return the key for *server* if it is easy to find, else None."""
    return os.environ.get("WANDB_API_KEY") or netrc_key(server)


def same_deployment(one: str, other: str) -> bool:
    """Return whether two base URLs belong to one server."""
    return _machine(one) == _machine(other)


def _machine(server: str) -> tuple[str, str]:
    """Identify a deployment by its API's host: pages of api.X are at X or at app.X."""
    parts = urlsplit(server)
    host = _SAAS.get(parts.netloc, parts.netloc)
    return host.removeprefix("api.").removeprefix("app."), parts.path.rstrip("/")


def with_key(server: str) -> str:
    """Return *server*, or the API server behind its pages if that one has a key."""
    parts = urlsplit(server)
    host = parts.netloc.removeprefix("app.")
    for api in (server, parts._replace(netloc=f"api.{host}").geturl()):
        if netrc_key(api):
            return api
    return server
