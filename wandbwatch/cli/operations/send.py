from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from wandbwatch.model.errors import ExitCode

LOOK = 0.5
"""Seconds between looks whether another sender has ended."""


def send(
    file: Annotated[Path, typer.Argument(parser=Path)],
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Exit when nothing can be sent soon.")
    ] = False,
    json_logs: Annotated[
        bool, typer.Option("--json-logs", help="Log one JSON object per line.")
    ] = False,
) -> int:
    """(Internal.) Send the messages in the outbox."""
    from wandbwatch.config import redaction  # noqa: PLC0415
    from wandbwatch.config.load import load  # noqa: PLC0415
    from wandbwatch.config.paths import local_zone, state_directory  # noqa: PLC0415
    from wandbwatch.daemon import journal  # noqa: PLC0415 (as does croniter)
    from wandbwatch.delivery import service  # noqa: PLC0415 (requests takes long)
    from wandbwatch.delivery.sender import BusyError  # noqa: PLC0415

    ending = service.ended_by_signals()
    journal.set_up(os.environ, as_json=json_logs)
    redaction.install()
    config = load(file, local_zone(os.environ))
    state = state_directory(config.daemon, file, os.environ)
    alive = service.heartbeat(sys.stdout.fileno(), ending)
    busy = ""
    while not ending.is_set():
        try:
            service.send(config, state, ending, once=once, alive=alive)
            break
        except BusyError as e:
            if not busy:
                logging.getLogger(__name__).info("%s", e)
            busy = str(e)
        if once:
            break
        # Until it ends or dies, and what it leaves is ours.
        alive()
        ending.wait(LOOK)
    return ExitCode.FINE


plugin = send
