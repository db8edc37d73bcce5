from __future__ import annotations

import os
from contextlib import closing
from typing import Annotated

import typer

from wandbwatch.cli.watchfile.options import OnlyConfigOption
from wandbwatch.model.errors import ExitCode, UsageError


def unmute(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="ADDRESS|RULE|LIST…", help="What was muted."),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="End every mute.")] = False,
    config: OnlyConfigOption = None,
) -> int:
    """End mutes early.

    The channel gets a summary of the messages that were held back.
    """
    from wandbwatch.config.paths import opened
    from wandbwatch.delivery.mutes import Mutes
    from wandbwatch.delivery.outbox import Store

    if bool(targets) == every:
        raise UsageError("name what was muted, or write --all")
    _, _, directory = opened(config, os.environ)
    with closing(Store(directory)) as store:
        mutes = Mutes(store)
        muted = {mute.target: mute for mute in mutes.all()}
        for target in targets or ():
            if target not in muted:
                there = ", ".join(muted) or "nothing"
                raise UsageError(f"{target!r} is not muted; muted: {there}")
        ended = [muted[target] for target in targets or muted]
        mutes.end(ended)
    for mute in ended:
        typer.echo(f"{mute.target} is no longer muted")
    if not ended:
        typer.echo("nothing is muted")
    return ExitCode.FINE


plugin = unmute
