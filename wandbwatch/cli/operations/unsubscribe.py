from __future__ import annotations

from typing import Annotated

import typer

from wandbwatch.cli.watchfile.options import OnlyConfigOption
from wandbwatch.model.errors import ExitCode
from wandbwatch.model.ports import Env


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


plugin = unsubscribe
