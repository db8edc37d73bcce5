from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wandbwatch.cli.watchfile import OnlyConfigOption


def run(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE] [NAME]", help="Subscription names; default: all."
        ),
    ] = None,
    *,
    config: OnlyConfigOption = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Draw the posts, or print them as JSON when piped; post nothing.",
        ),
    ] = False,
    json_logs: Annotated[
        bool, typer.Option("--json-logs", help="Log one JSON object per line.")
    ] = False,
) -> int:
    """Run the subscriptions of watch.toml once now, post their reports, and exit.

    For cron and systemd's timers. The exit code is that of the worst failing line, or
    6 if a message still waits or was refused.
    """
    from wandbwatch.cli.operations.run import once

    named = list(names or ())
    if named and (named[0].endswith(".toml") or "/" in named[0]):
        config = Path(named.pop(0))
    return once.run(ctx.obj, config, named, dry_run=dry_run, as_json=json_logs)


plugin = run
