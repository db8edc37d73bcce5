"""The Typer application, built of whatever commands and operations there are."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer
import typer.main

import wandbwatch
from wandbwatch import plugins
from wandbwatch.grammar.coercion import quicken

COMMANDS = "wandbwatch.commands"
OPERATIONS = "wandbwatch.operations"
PACKAGES = (COMMANDS, OPERATIONS)
OUTPUTS = ("terminal", "plain", "json", "jsonl", "csv")


@dataclass(frozen=True)
class Called:
    """What a command's function returned, and the choices that all commands have."""

    result: object
    output: str | None


def group(packages: Sequence[str]) -> Callable[..., Any]:
    """Build the application of every plugin in *packages*."""
    app = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,  # rich would triple the time that --help takes
        pretty_exceptions_enable=False,
        result_callback=_result,
    )
    app.callback(add_help_option=False)(_root)
    for package in packages:
        for name in plugins.names(package):
            add = app.command(name.replace("_", "-"), add_help_option=False)
            add(_whole(plugins.load(package, name)))
    built = typer.main.get_command(app)
    quicken(built)
    return built


def _output(text: str) -> str:
    if text not in OUTPUTS:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(OUTPUTS)}")
    return text


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


Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        parser=_output,
        metavar="FORMAT",
        help=f"One of {', '.join(OUTPUTS)}; plain when piped, otherwise terminal.",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
]
# Typer's own help option is read through pydantic (see coercion).
Help = Annotated[
    bool,
    typer.Option(
        "--help", "-h", callback=_help, is_eager=True, help="Show this and exit."
    ),
]


def _root(
    output: Output = None,
    debug: Debug = False,
    version: Version = False,
    helped: Help = False,
) -> None:
    """Watch W&B runs from a terminal, a script or a Discord channel.

    An ADDRESS is ENTITY/PROJECT or ENTITY/PROJECT/RUN, any W&B URL, or a path to
    local .wandb files (., ./wandb, ~/x/wandb/latest-run).
    """


def _result(called: object, output: str | None, **_: object) -> object:
    if isinstance(called, Called) and called.output is None:
        return replace(called, output=output)
    return called


def _whole(command: Callable[..., object]) -> Callable[..., Called]:
    """Give *command* the options that every command has."""

    @functools.wraps(command)
    def call(*, output: str | None, debug: bool, helped: bool, **given: Any) -> Called:
        del debug, helped  # --debug is the front door's, wrong lines included
        return Called(command(**given), output)

    signature = inspect.signature(command, eval_str=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    extra = [
        inspect.Parameter("output", keyword, default=None, annotation=Output),
        inspect.Parameter("debug", keyword, default=False, annotation=Debug),
        inspect.Parameter("helped", keyword, default=False, annotation=Help),
    ]
    parameters = [*signature.parameters.values(), *extra]
    call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return call
