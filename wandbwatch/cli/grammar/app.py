"""The Typer application, of whatever commands and operations there are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import typer
import typer.main

from wandbwatch.cli.grammar.coercion import quicken
from wandbwatch.cli.grammar.command import Called
from wandbwatch.cli.grammar.everywhere import DEBUG, HELP, OUTPUT, VERSION, width
from wandbwatch.cli.grammar.group import COMMANDS, OPERATIONS, Group, Plugins
from wandbwatch.cli.grammar.wording import reword


def terminal() -> Any:
    """Build what a terminal may say: every command and operation, and help."""
    return _application(_root, (COMMANDS, OPERATIONS), listed=False)


@functools.cache
def listed() -> Any:
    """Build what a list of lines may say. Reading it never prints, writes or exits.

    Built once: a long list would otherwise wait for that at each line.
    """
    return _application(_listed_root, (COMMANDS,), listed=True)


def _application(
    root: Callable[..., None], packages: Sequence[str], *, listed: bool
) -> Any:
    app = typer.Typer(
        cls=Group,
        add_completion=not listed,
        context_settings={"terminal_width": width()},
        rich_markup_mode=None,  # rich would triple the time that --help takes
        pretty_exceptions_enable=False,
        result_callback=_result,
    )
    app.callback(add_help_option=False)(root)
    built: Any = typer.main.get_command(app)
    quicken(built)
    reword(built)
    built.take(Plugins(packages, listed=listed))
    return built


def _root(
    output: OUTPUT = None,
    debug: DEBUG = False,
    version: VERSION = False,
    helped: HELP = False,
) -> None:
    """Watch W&B runs from a terminal, a script or a Discord channel.

    An ADDRESS is ENTITY/PROJECT or ENTITY/PROJECT/RUN, any W&B URL, or a path to
    local .wandb files (., ./wandb, ~/x/wandb/latest-run).
    """


def _listed_root(output: OUTPUT = None, debug: DEBUG = False) -> None:
    pass


def _result(called: object, output: str | None, **_: object) -> object:
    if isinstance(called, Called) and called.output is None:
        return replace(called, output=output)
    return called
