from __future__ import annotations

import re
import shlex
from typing import Annotated

import typer

from wandbwatch.cli.grammar import lists
from wandbwatch.cli.watchfile import CronOption, IntervalOption, OnlyConfigOption
from wandbwatch.model.errors import (
    ConfigError,
    ExitCode,
    LinesError,
    UsageError,
    WandbwatchError,
)
from wandbwatch.model.ports import Env


def subscribe(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The subscription's name.")
    ],
    commands: Annotated[
        list[str],
        typer.Argument(
            metavar="COMMAND",
            help="Command lines, each in quotes: 'project me/p --topk 3'; or the older"
            " bot's list in base64.",
        ),
    ],
    *,
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A channel of watch.toml; optional if there is only one.",
        ),
    ] = None,
    cron: CronOption = None,
    interval: IntervalOption = None,
    timezone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Time zone of --cron; default: the file's."),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            metavar="MODE", help="post, or edit: keep one message up to date."
        ),
    ] = None,
    account: Annotated[
        str | None, typer.Option(metavar="NAME", help="An account of watch.toml.")
    ] = None,
    skip_unchanged: Annotated[
        bool,
        typer.Option("--skip-unchanged", help="Post nothing when nothing changed."),
    ] = False,
    config: OnlyConfigOption = None,
) -> int:
    """Add a subscription to watch.toml: command lines, schedule, channel.

    The new file is checked before it is written, and keeps its comments.
    """
    from wandbwatch.cli.watchfile import load
    from wandbwatch.config import edit
    from wandbwatch.config.lines import read

    if len(commands) > 1 and not any(" " in line for line in commands):
        whole = shlex.quote(shlex.join(commands))
        raise UsageError(f"subscribe: quote each command line: {whole}")
    if (cron is None) == (interval is None):
        raise UsageError("subscribe: say when with either --cron or --every")
    env: Env = ctx.obj
    path = load.found(config)
    with edit.alone(path):
        text = read(path).text
        values = {
            "name": name,
            "channel": channel or _only_channel(list(load.channels(text, path))),
            "cron": cron,
            "interval": interval,
            "timezone": timezone,
            "mode": mode,
            "account": account,
            "skip_unchanged": skip_unchanged or None,
            "commands": [line for one in commands for line in _lines(one, env)],
        }
        text = edit.added(text, str(path), values)
        try:
            load.checked(text, path, env)
        except ConfigError as e:
            raise _of_the_new(e, name) from e
        edit.replace(path, text)
    typer.echo(f"{path}: added {name!r}; reload a running daemon to apply it")
    return ExitCode.FINE


def _of_the_new(error: ConfigError, name: str) -> WandbwatchError:
    """Return *error* as a mistake of the command line, if the file before had none."""
    place = re.compile(rf'.*: subscriptions\[\d+\] "{re.escape(name)}": ', re.DOTALL)
    found = [place.match(complaint) for complaint in error.complaints]
    if not all(found):
        return error
    return LinesError([place.sub("subscribe: ", one) for one in error.complaints])


def _lines(given: str, env: Env) -> list[str]:
    """Return *given* as one command line, or the lines of a base64 list."""
    from wandbwatch.cli.watchfile.init import taken_over

    text = lists.decoded(given)
    if text is None:
        return [given]
    lines = taken_over(text.splitlines(), env)
    return [line for line in lines if not lists.says_nothing(line)]


def _only_channel(channels: list[str]) -> str:
    if len(channels) == 1:
        return channels[0]
    known = ", ".join(channels) or "none in the file"
    raise UsageError(f"subscribe: which --channel? There is {known}")


plugin = subscribe


def unsubscribe(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A subscription's name.")],
    config: OnlyConfigOption = None,
) -> int:
    """Remove a subscription from watch.toml.

    The new file is checked before it is written, and keeps its comments.
    """
    from wandbwatch.cli.watchfile import load
    from wandbwatch.config import edit
    from wandbwatch.config.lines import read

    env: Env = ctx.obj
    path = load.found(config)
    with edit.alone(path):
        text = edit.removed(read(path).text, str(path), name)
        load.checked(text, path, env)
        edit.replace(path, text)
    typer.echo(f"{path}: removed {name!r}; reload a running daemon to apply it")
    return ExitCode.FINE
