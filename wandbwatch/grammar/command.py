"""One plugin's function as a Typer command."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
import typer.core
import typer.main

from wandbwatch.grammar.coercion import quicken
from wandbwatch.grammar.everywhere import DEBUG, HELP, OUTPUT, width
from wandbwatch.grammar.wording import reword


@dataclass(frozen=True)
class Called:
    """A command with its arguments, and the choices that all commands have.

    ``start`` runs an operation, and makes the generator of a command, which does
    nothing until it is asked for its first report.
    """

    start: Callable[[], object]
    output: str | None


class Command(typer.core.TyperCommand):
    """A command that tells its mistakes as its own, those of the parser too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as e:
            if getattr(e, "ctx", ctx) is None:
                e.ctx = ctx  # type: ignore[attr-defined]
            raise


def built(name: str, plugin: Callable[..., object], *, listed: bool) -> Any:
    """Build the Typer command *name* of a plugin's function.

    A *listed* one is for lists of lines, and has no ``--help``.
    """
    app = typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    add = app.command(
        name,
        cls=Command,
        context_settings={"terminal_width": width()},
        add_help_option=False,
    )
    add(_whole(plugin, listed=listed))
    command: Any = typer.main.get_command(app)
    quicken(command)
    reword(command)
    return command


def _whole(command: Callable[..., object], *, listed: bool) -> Callable[..., Called]:
    """Give *command* the options that every command has."""

    @functools.wraps(command)
    def call(*, output: str | None, debug: bool, **given: Any) -> Called:
        del debug  # the front door's, wrong lines included
        given.pop("helped", None)
        return Called(functools.partial(command, **given), output)

    signature = inspect.signature(command, eval_str=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    extra = [
        inspect.Parameter("output", keyword, default=None, annotation=OUTPUT),
        inspect.Parameter("debug", keyword, default=False, annotation=DEBUG),
        inspect.Parameter("helped", keyword, default=False, annotation=HELP),
    ]
    if listed:
        extra.pop()
    parameters = [*signature.parameters.values(), *extra]
    call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return call
