"""The commands as one Typer group, each loaded when it is named.

Two dozen commands with their options take longer to import and build than `--help`
may take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer
import typer.core

from wandbwatch import plugins
from wandbwatch.cli.grammar import older
from wandbwatch.cli.grammar.command import For, built

COMMANDS = "wandbwatch.commands"
OPERATIONS = "wandbwatch.cli.operations"
_TITLES = {
    COMMANDS: "Commands (also in subscriptions)",
    OPERATIONS: "Operations (in a terminal only)",
}


class Plugins(Mapping[str, Any]):
    """The commands of *packages* by name; one is imported when it is looked up."""

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


class Group(typer.core.TyperGroup):
    """Finds commands by name, in the older bot's spelling as well."""

    plugins: Plugins

    def take(self, found: Plugins) -> None:
        self.plugins = found
        # What Typer looks names up in; it is only ever read.
        self.commands = found  # type: ignore[assignment]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        try:
            words = older.words(args)
        except older.OlderError as e:
            return ctx.fail(str(e))
        if words and words[0] not in self.plugins and words[0] in Plugins([OPERATIONS]):
            ctx.fail(
                f"{words[0]!r} works in a terminal, not in a list of command lines"
            )
        return super().resolve_command(ctx, words)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        del ctx
        widest = max(map(len, self.plugins), default=0)
        for package, title in _TITLES.items():
            rows = [
                (name.ljust(widest), self.plugins.described(name))
                for name, home in self.plugins.packages.items()
                if home == package
            ]
            # What begins with a bracket is for processes of ours, not for people.
            rows = [row for row in rows if not row[1].startswith("(")]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
