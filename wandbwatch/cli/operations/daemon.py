from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from wandbwatch.cli.watchfile import ConfigFile, ConfigOption, OnlyConfigOption, named
from wandbwatch.model.ports import Env


def daemon(
    ctx: typer.Context,
    file: ConfigFile = None,
    *,
    config: ConfigOption = None,
    json_logs: Annotated[
        bool, typer.Option("--json-logs", help="Log one JSON object per line.")
    ] = False,
) -> None:
    """Run the subscriptions of watch.toml on schedule and post their reports.

    SIGHUP reloads the file; if it has errors, the daemon keeps the old configuration.
    SIGTERM waits for a post in progress; queued messages are sent after the next start.
    """
    from wandbwatch.cli.watchfile import load

    env: Env = ctx.obj
    path = load.found(named(file, config)).absolute()
    load.warn(load.configured(path, env, load.Secrets.ALL))
    # Same process, but without the modules that the check loaded.
    flags = ["--json-logs"] if json_logs else []
    words = [sys.executable, "-m", "wandbwatch.daemon", str(path), *flags]
    os.execv(sys.executable, words)  # noqa: S606 -- no shell is wanted


plugin = daemon


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
    from wandbwatch.cli import once

    named = list(names or ())
    if named and (named[0].endswith(".toml") or "/" in named[0]):
        config = Path(named.pop(0))
    return once.run(ctx.obj, config, named, dry_run=dry_run, as_json=json_logs)
