"""Put an end to wandb-core, the process that makes wandb's requests."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress

_PATIENCE = 2.0


def kill() -> None:
    """Kill it and make the wandb package forget it.

    A request that hangs in it would hang our exit as well: the package waits
    there for its process without a bound. One that another process shares with
    us (``WANDB_SERVICE``) is left alone.
    """
    setup = sys.modules.get("wandb.sdk.wandb_setup")
    connection = getattr(getattr(setup, "_singleton", None), "_connection", None)
    process = getattr(getattr(connection, "_proc", None), "_process", None)
    if isinstance(process, subprocess.Popen):
        process.kill()
    forget()


def forget() -> None:
    """Tear the package down, so that its next use starts a new process."""
    teardown = getattr(sys.modules.get("wandb"), "teardown", None)
    if teardown is None:
        return

    def quietly() -> None:
        with suppress(Exception, SystemExit):  # its end is what we want
            teardown()

    thread = threading.Thread(target=quietly, daemon=True, name="wandbwatch-teardown")
    thread.start()
    thread.join(_PATIENCE)
