"""The options that stand before the command as well as after it."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

import wandbwatch
from wandbwatch.options import Span

OUTPUTS = ("terminal", "plain", "json", "jsonl", "csv")


def width() -> int:
    """Return how wide help may be: Typer's own is never less than 50 columns."""
    return max(min(shutil.get_terminal_size().columns, 80) - 2, 20)


def _output(text: str) -> str:
    if text not in OUTPUTS:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(OUTPUTS)}")
    return text


def _outputs(incomplete: str) -> list[str]:
    return [output for output in OUTPUTS if output.startswith(incomplete)]


def _version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"wandbwatch {wandbwatch.__version__}")
        raise typer.Exit
    return wanted


def _help(ctx: typer.Context, wanted: bool) -> bool:
    if wanted:
        typer.echo(ctx.get_help())
        raise typer.Exit
    return wanted


OUTPUT = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        parser=_output,
        autocompletion=_outputs,
        metavar="FORMAT",
        help=f"One of {', '.join(OUTPUTS)}; plain when piped, terminal otherwise.",
    ),
]
DEBUG = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
TO = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="CHANNEL",
        help="Post the report once to this channel of watch.toml.",
    ),
]
DRY_RUN = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="With --to: print the posts as JSON and post nothing."
    ),
]
WATCH = Annotated[
    Span | None,
    typer.Option(
        "--watch",
        parser=Span.read,
        metavar="SPAN",
        help="Repeat at this interval (30s, 5m) until q or Ctrl-C.",
    ),
]
VERSION = Annotated[
    bool,
    typer.Option(
        "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
]
# Typer's own help option is read through pydantic (see coercion).
HELP = Annotated[
    bool,
    typer.Option(
        "--help", "-h", callback=_help, is_eager=True, help="Show this help and exit."
    ),
]
