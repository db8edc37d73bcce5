"""The Typer application, built from all commands and operations."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import typer
import typer.core
import typer.main

from wandbwatch import plugins
from wandbwatch.cli.grammar.command import (
    DEBUG,
    HELP,
    OUTPUT,
    VERSION,
    Called,
    For,
    built,
    width,
)
from wandbwatch.cli.grammar.typer_patches import complete_quickly, patch
from wandbwatch.model.errors import UsageError

COMMANDS = "wandbwatch.commands"
ALIASES = {"plot": "image"}
OPERATIONS = "wandbwatch.cli.operations"


class Plugins(Mapping[str, Any]):
    """The commands of *packages* by name; each is imported on first use."""

    def __init__(self, packages: Sequence[str], *, listed: bool = False) -> None:
        self.listed = listed
        self._built: dict[str, Any] = {}
        self.packages = {
            name.replace("_", "-"): package
            for package in packages
            for name in plugins.names(package)
        }

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            plugin = plugins.load(self.packages[name], name.replace("-", "_"))
            self._built[name] = built(name, plugin, self._what_for(name))
        return self._built[name]

    def _what_for(self, name: str) -> For:
        if self.listed:
            return For.LIST
        return For.QUERY if self.packages[name] == COMMANDS else For.OPERATION

    def described(self, name: str) -> str:
        return plugins.described(self.packages[name], name.replace("-", "_"))

    def __iter__(self) -> Iterator[str]:
        return iter(self.packages)

    def __len__(self) -> int:
        return len(self.packages)


def from_older(words: list[str]) -> list[str]:
    """Translate *words* from the older bot's grammar, if they are in it.

    Raises UsageError, whose text is one line.
    """
    if not words or not words[0].lstrip().startswith("/"):
        return words
    from wandbwatch.cli.grammar import lists  # noqa: PLC0415 -- seldom needed

    return lists.modern_words(words)


class Completed(NamedTuple):
    """A command for a shell, as Typer's CompletionItem."""

    value: str
    help: str


class Group(typer.core.TyperGroup):
    """Finds commands by name, including the older bot's names."""

    plugins: Plugins

    def take(self, found: Plugins) -> None:
        self.plugins = found
        # Typer looks names up here and only reads it.
        self.commands = found  # type: ignore[assignment]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        try:
            words = from_older(args)
        except UsageError as e:
            return ctx.fail(str(e))
        if words:
            words[0] = ALIASES.get(words[0], words[0])
        if words and words[0] not in self.plugins.packages:
            self._explain(ctx, words)
        return super().resolve_command(ctx, words)

    def _explain(self, ctx: Any, words: list[str]) -> None:
        if words[0] in Plugins([OPERATIONS]).packages:
            ctx.fail(
                f"{words[0]!r} works in a terminal, not in a list of command lines"
            )
        from wandbwatch.cli.grammar import mistakes  # noqa: PLC0415 -- not for --help

        if hint := mistakes.command(words, self.plugins.packages):
            ctx.fail(hint)

    def list_commands(self, ctx: Any) -> list[str]:
        """List the commands that a shell completes, without the internal ones."""
        del ctx
        names = list(self.plugins)
        return [n for n in names if not self.plugins.described(n).startswith("(")]

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Complete a command without importing those that begin with *incomplete*."""
        if incomplete and not incomplete[0].isalnum():
            return super().shell_complete(ctx, incomplete)
        names = (n for n in self.list_commands(ctx) if n.startswith(incomplete))
        return [Completed(name, self.plugins.described(name)) for name in names]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        from wandbwatch.cli.grammar.command import GROUPS  # noqa: PLC0415 -- help alone

        del ctx
        widest = max(map(len, self.plugins), default=0)
        for title, names in GROUPS.items():
            rows = [
                (name.ljust(widest), self.plugins.described(name))
                for name in names
                if name in self.plugins.packages
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
        formatter.write_paragraph()
        formatter.write_text(
            "Except projects and history, the first two groups and experiment work in"
            " subscriptions too. COMMAND --help shows options and examples."
        )


def terminal(first: str = "--help") -> Any:
    """Build the terminal's grammar, for a line whose *first* word is this one.

    Only what begins with an option may be help, or ask for a shell's completion.
    """
    completes = first.startswith("-")
    return _application(_root, (COMMANDS, OPERATIONS), completes=completes)


@functools.cache
def listed() -> Any:
    """Build the grammar of listed lines. Parsing one never prints, writes or exits.

    Cached, so that a long list does not rebuild it for each line.
    """
    return _application(_listed_root, (COMMANDS,), listed=True)


def _application(
    root: Callable[..., None],
    packages: Sequence[str],
    *,
    listed: bool = False,
    completes: bool = False,
) -> Any:
    app = typer.Typer(
        cls=Group,
        add_completion=completes,
        context_settings={"terminal_width": width()},
        rich_markup_mode=None,  # rich would triple the time that --help takes
        pretty_exceptions_enable=False,
        result_callback=_result,
    )
    app.callback(add_help_option=False)(root)
    built: Any = typer.main.get_command(app)
    patch(built)
    complete_quickly()
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
        return called._replace(output=output)
    return called
