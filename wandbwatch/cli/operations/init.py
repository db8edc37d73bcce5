from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from wandbwatch.cli.grammar import lists
from wandbwatch.cli.watchfile import (
    ConfigFile,
    ConfigOption,
    CronOption,
    IntervalOption,
    named,
)
from wandbwatch.model.errors import ExitCode, UsageError
from wandbwatch.model.ports import Env

_CRON = "0 9 * * *"
_OLDER = "60m"
"""How often the older bot posted."""


def init(
    ctx: typer.Context,
    file: ConfigFile = None,
    *,
    config: ConfigOption = None,
    webhook_env: Annotated[
        str | None,
        typer.Option(
            metavar="VARIABLE",
            help="The environment variable that holds the webhook's URL.",
        ),
    ] = None,
    credential: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Instead, the systemd credential that holds it; the default in"
            " /etc/wandbwatch, with the channel's name.",
        ),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(metavar="ENTITY/PROJECT", help="The project to report on."),
    ] = None,
    cron: CronOption = None,
    interval: IntervalOption = None,
    channel: Annotated[
        str, typer.Option(metavar="NAME", help="The channel's name.")
    ] = "discord",
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The subscription's name; default: from its schedule, such as daily.",
        ),
    ] = None,
    taken: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="LIST",
            help="Import command lines, also the older bot's: base64, a file, or -.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file.")] = False,
) -> int:
    """Write a first watch.toml; asks for settings that no option gives.

    On a terminal it asks for the webhook's URL, the project and the schedule. The first
    posts list the project's runs and plot its main metric.
    """
    # croniter is slow to import, and --help does not need it.
    from wandbwatch.cli.watchfile import init as wizard
    from wandbwatch.cli.watchfile import load
    from wandbwatch.cli.watchfile.init import listing
    from wandbwatch.config import edit, paths

    env: Env = ctx.obj
    path = _path(named(file, config), force=force)
    asks = not yes and sys.stdin.isatty() and sys.stdout.isatty()
    ask = wizard.on_terminal if asks else wizard.nobody
    if path.absolute().parent == paths.MACHINE and not webhook_env:
        credential = credential or channel
    older = wizard.taken_over(lists.lines(taken), env) if taken else None
    webhook = wizard.webhook(webhook_env, credential, ask)
    about = "" if older else wizard.project(project, ask, env)
    when = wizard.when(cron, interval, _OLDER if older else _CRON, ask)
    known = asks or project is not None or about.startswith("/")
    wishes = wizard.Wishes(
        webhook,
        older or (wizard.commands(about, env) if known else [listing(about)]),
        when,
        wizard.name("--channel", channel),
        wizard.name("--name", _name(when) if name is None else name),
        load.local_zone(),
    )
    text = wizard.draft(wishes)
    load.checked(text, path, env)
    mode = edit.PRIVATE if wishes.is_private else 0o644
    path.parent.mkdir(
        mode=0o700 if wishes.is_private else 0o755, parents=True, exist_ok=True
    )
    edit.replace(path, text, mode)
    typer.echo(wizard.what_next(wishes, path))
    return ExitCode.FINE


def _name(when: tuple[str, str]) -> str:
    from wandbwatch.cli.watchfile import init as wizard

    try:
        return wizard.named(when)
    except ValueError:  # checking the file reports its errors
        return "reports"


def _path(given: Path | None, *, force: bool) -> Path:
    path = given or Path(os.environ.get("WANDBWATCH_CONFIG") or "watch.toml")
    if path.exists() and not force:
        raise UsageError(f"{str(path)!r} already exists; --force replaces it")
    return path


plugin = init
