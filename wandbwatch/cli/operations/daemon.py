from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from wandbwatch.cli.watchfile.options import ConfigFile, ConfigOption, named
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

    SIGHUP reads the file again; if it has errors, the daemon keeps the old one. SIGTERM
    lets a post in progress finish; what still waits is sent after the next start.
    """
    from wandbwatch.cli.watchfile import load

    env: Env = ctx.obj
    path = load.found(named(file, config)).absolute()
    load.warn(load.configured(path, env, load.Secrets.ALL))
    # The same process from here on, without what the check has loaded.
    flags = ["--json-logs"] if json_logs else []
    words = [sys.executable, "-m", "wandbwatch.daemon", str(path), *flags]
    os.execv(sys.executable, words)  # noqa: S606 -- no shell is wanted


plugin = daemon
