from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from wandbwatch.cli.watchfile import ConfigFile, ConfigOption, named
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
