"""Find this machine's watch.toml, check it with the grammar, and edit it.

The options of commands for watch.toml and schedules are here, and import nothing
slow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from wandbwatch.model.errors import UsageError


def interval(text: str) -> str:
    """Read a duration; a bare number means minutes, as in the older bot."""
    bare = text.strip()
    return f"{bare}m" if bare.isascii() and bare.isdigit() else text


ConfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Argument(
        parser=Path,
        metavar="FILE",
        help="The watch.toml; otherwise $WANDBWATCH_CONFIG, ./watch.toml,"
        " ~/.config/wandbwatch/watch.toml or /etc/wandbwatch/watch.toml.",
    ),
]
ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--config", parser=Path, metavar="FILE", help="The same as FILE."),
]
OnlyConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        parser=Path,
        metavar="FILE",
        help="The watch.toml; default: the one that `wandbwatch check` finds.",
    ),
]

CronOption: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="CRON", help='Schedule: "0 9 * * mon-fri", @hourly.'),
]
IntervalOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--every",
        "--interval",
        parser=interval,
        metavar="SPAN",
        help="Instead of --cron: 30m, 2h, 1d; a bare number is minutes.",
    ),
]


def named(file: Path | None, config: Path | None) -> Path | None:
    """Return the file named by an option, if any; UsageError for two."""
    if file is not None and config is not None and file != config:
        raise UsageError(f"two files given: {str(file)!r} and --config {str(config)!r}")
    return config if file is None else file
