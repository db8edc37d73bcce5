"""One plugin's function as a Typer command."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import typer
import typer.core
import typer.main

from wandbwatch.cli.grammar.coercion import quicken
from wandbwatch.cli.grammar.everywhere import (
    DEBUG,
    DRY_RUN,
    HELP,
    OUTPUT,
    TO,
    WATCH,
    width,
)
from wandbwatch.cli.grammar.wording import reword
from wandbwatch.model.ports import Watch


@dataclass(frozen=True)
class Called:
    """A command with its arguments, and the choices that all commands have.

    ``start`` runs an operation, and makes the generator of a command, which does
    nothing until it is asked for its first report.
    """

    start: Callable[[], object]
    output: str | None
    to: str | None = None
    dry_run: bool = False
    watch: Watch | None = None


class Command(typer.core.TyperCommand):
    """A command that tells its mistakes as its own, those of the parser too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as e:
            if getattr(e, "ctx", ctx) is None:
                e.ctx = ctx  # type: ignore[attr-defined]
            raise


class For(Enum):
    """What a command is built for, which says what options are added to its own."""

    QUERY = "a query in a terminal"
    OPERATION = "an operation in a terminal"
    LIST = "a line of a list"


def built(name: str, plugin: Callable[..., object], what_for: For) -> Any:
    """Build the Typer command *name* of a plugin's function."""
    app = typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    add = app.command(
        name,
        cls=Command,
        context_settings={"terminal_width": width()},
        add_help_option=False,
    )
    add(_whole(plugin, what_for))
    command: Any = typer.main.get_command(app)
    quicken(command)
    reword(command)
    return command


_COMMON = {"output": OUTPUT, "debug": DEBUG}
_ADDED: Mapping[For, Mapping[str, Any]] = {
    For.QUERY: {
        **_COMMON,
        "to": TO,
        "dry_run": DRY_RUN,
        "watch": WATCH,
        "helped": HELP,
    },
    For.OPERATION: {**_COMMON, "helped": HELP},
    For.LIST: _COMMON,
}


def _whole(command: Callable[..., object], what_for: For) -> Callable[..., Called]:
    """Give *command* the options that every command of its kind has."""
    signature = inspect.signature(command, eval_str=True)
    own = signature.parameters
    live = next(iter(_live(signature)), None) if what_for is For.QUERY else None
    added = {k: a for k, a in _ADDED[what_for].items() if k not in own}

    @functools.wraps(command)
    def call(**given: Any) -> Called:
        # --debug is the front door's, which looks for it in wrong lines too.
        extra = {name: given.pop(name) for name in added}
        to, dry_run = extra.get("to"), extra.get("dry_run", False)
        if dry_run and to is None:
            raise typer.BadParameter("--dry-run goes with --to CHANNEL")
        if to is not None and extra.get("watch"):
            why = "--watch works in a terminal only; a subscription already repeats"
            raise typer.BadParameter(why)
        start = functools.partial(command, **given)
        watch = Watch(extra["watch"]) if extra.get("watch") else live
        return Called(start, extra.get("output"), to, dry_run, watch)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        *own.values(),
        *(
            inspect.Parameter(
                name,
                keyword,
                default=None if name in ("output", "to", "watch") else False,
                annotation=annotation,
            )
            for name, annotation in added.items()
        ),
    ]
    call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return call


def _live(signature: inspect.Signature) -> list[Watch]:
    said = getattr(signature.return_annotation, "__metadata__", ())
    return [one for one in said if isinstance(one, Watch)]
