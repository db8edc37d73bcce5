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
    from wandbwatch.config import redaction
    from wandbwatch.config.load import load
    from wandbwatch.config.paths import local_zone, state_directory
    from wandbwatch.daemon import journal
    from wandbwatch.delivery import service
    from wandbwatch.delivery.sender import BusyError

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
        # Wait until it ends or dies, then send what it left.
        alive()
        ending.wait(LOOK)
    return ExitCode.FINE


plugin = send
