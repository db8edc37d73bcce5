"""The environment that the wandb package and its service process are to find."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

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
    attempt = max(1, int(bound() / 6))
    bounds = {
        "WANDB_ERROR_REPORTING": "false",  # its telemetry holds up our exit
        "WANDB_X_GRAPHQL_RETRY_MAX": "2",
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
