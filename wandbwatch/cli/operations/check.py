from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from wandbwatch.cli.watchfile import ConfigFile, ConfigOption, named
from wandbwatch.model.errors import ExitCode
from wandbwatch.model.ports import Env

Online: TypeAlias = Annotated[
    bool,
    typer.Option("--online", help="Ask W&B too: are there runs that logged the keys?"),
]
_COMMON = 0x500
"""Letters below it, Latin, Greek and Cyrillic, are in the font that we bring."""


def check(
    ctx: typer.Context,
    file: ConfigFile = None,
    config: ConfigOption = None,
    *,
    online: Online = False,
) -> int:
    """Check watch.toml and list every mistake with its line.

    Contacts W&B only with --online, which finds keys that no run has logged.

    Warnings, such as a secret that is not set here, go to stderr and
    do not change the exit code. The exit code is 78 for a file with errors.
    """
    from wandbwatch.cli.watchfile import load

    env: Env = ctx.obj
    path = load.found(named(file, config))
    read = load.configured(path, env, load.Secrets.OURS)
    load.warn(read)
    _warn_of_letters(path)
    if online:
        from wandbwatch.cli.watchfile.online import complaints

        found = list(complaints(read, env))
        for complaint in found:
            typer.echo(f"{path}: {complaint}", err=True)
        if found:
            return ExitCode.CONFIG
    counts = ", ".join(
        (
            _count(len(read.subscriptions), "subscription"),
            _count(len(read.channels), "channel"),
            _count(len(read.accounts), "account"),
        )
    )
    typer.echo(f"{path}: fine: {counts}")
    return ExitCode.FINE


def _warn_of_letters(path: Path) -> None:
    """Suggest the font package for letters in *path* that pictures can't draw."""
    text = path.read_text("utf-8")
    if all(ord(letter) < _COMMON for letter in text):
        return
    from wandbwatch.plots.words import Words, packages

    if missing := Words(set(text)).missing:
        letters, wanted = "".join(sorted(missing)[:8]), " and ".join(packages(missing))
        said = f"no font here has {letters}; pictures show boxes"
        typer.echo(f"{path}: {said}: install {wanted}", err=True)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


plugin = check
