"""Words into values without pydantic, whose import takes longer than our answers.

Typer reads every parameter through pydantic. A parameter with a ``parser`` of its
own, a str, an int, a float or a list of one needs none of it: those are read here,
and whatever else there is stays with Typer.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

import typer

Reader = Callable[[str], Any]
_KINDS: dict[Any, str] = {int: "a whole number", float: "a number"}


class Quick:
    """What Typer asks of a parameter's reader: ``coerce``."""

    def __init__(self, read: Reader, low: float | None, high: float | None) -> None:
        self.read = read
        self.low = low
        self.high = high

    def coerce(self, value: Any, param: Any, ctx: typer.Context) -> Any:
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        words = value if several else [value]
        read = [self._one(word, param, ctx) for word in words]
        return read if several else read[0]

    def _one(self, word: Any, param: Any, ctx: typer.Context) -> Any:
        if not isinstance(word, str):
            return word  # a default
        try:
            value = self.read(word)
        except typer.BadParameter as e:
            raise typer.BadParameter(str(e), ctx=ctx, param=param) from e
        except ValueError as e:
            what = f"{word!r} is not {_KINDS.get(self.read, 'understood')}"
            raise typer.BadParameter(what, ctx=ctx, param=param) from e
        if self.low is not None and not value >= self.low:
            what = f"{word} is less than {self.low}"
            raise typer.BadParameter(what, ctx=ctx, param=param)
        if self.high is not None and not value <= self.high:
            what = f"{word} is more than {self.high}"
            raise typer.BadParameter(what, ctx=ctx, param=param)
        return value


def quicken(command: Any) -> None:
    """Let *command*'s parameters, and its commands', be read without pydantic."""
    for param in command.params:
        described = getattr(param, "type_descriptor", None)
        if described and (read := _reader(described)):
            info = described.parameter_info
            quick = Quick(read, info.min, info.max)
            param.get_runtime_param = lambda quick=quick: quick
    for inner in getattr(command, "commands", {}).values():
        quicken(inner)


def _reader(described: Any) -> Reader | None:
    if described.parameter_info.parser:
        parser: Reader = described.parameter_info.parser
        return parser
    kind = described.annotation
    inner = [a for a in typing.get_args(kind) if a is not type(None)]
    if len(inner) == 1:
        kind = inner[0]
    return kind if kind in (str, int, float, bool) else None
