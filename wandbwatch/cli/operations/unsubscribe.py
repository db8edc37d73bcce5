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
    """Take a list of command lines out of watch.toml.

    The file is checked without it before it is written, and keeps its comments.
    """
    from wandbwatch.cli.watchfile import load as reading  # noqa: PLC0415
    from wandbwatch.config import edit as editing  # noqa: PLC0415
    from wandbwatch.config import write as writing  # noqa: PLC0415
    from wandbwatch.config.text import read  # noqa: PLC0415 (they take long)

    env: Env = ctx.obj
    path = reading.found(config)
    with writing.alone(path):
        text = editing.removed(read(path).text, str(path), name)
        reading.checked(text, path, env)
        writing.replace(path, text)
    typer.echo(f"{path}: removed {name!r}; a running daemon notices when reloaded")
    return ExitCode.FINE


plugin = unsubscribe
