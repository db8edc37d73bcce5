from __future__ import annotations

from typing import Annotated

import typer

from wandbwatch.model.errors import ExitCode
from wandbwatch.model.ports import Env
from wandbwatch.watchfile.option import OnlyConfigOption


def unsubscribe(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A subscription's name.")],
    config: OnlyConfigOption = None,
) -> int:
    """Take a list of command lines out of watch.toml.

    The file is checked without it before it is written, and keeps its comments.
    """
    from wandbwatch.daemon.config.text import read  # noqa: PLC0415 (they take long)
    from wandbwatch.watchfile import editing, reading, writing  # noqa: PLC0415

    env: Env = ctx.obj
    path = reading.found(config)
    with writing.alone(path):
        text = editing.removed(read(path).text, str(path), name)
        reading.checked(text, path, env)
        writing.replace(path, text)
    typer.echo(f"{path}: removed {name!r}; a running daemon notices when reloaded")
    return ExitCode.FINE


plugin = unsubscribe
