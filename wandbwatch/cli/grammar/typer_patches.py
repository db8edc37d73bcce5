"""Our patches of Typer: how it converts values, its help and its messages.

Typer converts every parameter with pydantic, whose import takes longer than most of
our commands. A parameter with a ``parser``, a str, an int, a float or a list of these
does not need it: those are converted here, the rest by Typer.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import typer
import typer.main
from typer import _completion_classes, _completion_shared

# Typer reads each function's signature twice.
typer.main.get_params_from_function = lru_cache(4)(typer.main.get_params_from_function)  # type: ignore[attr-defined]

_REWORDED = (
    (r"Got unexpected extra argument\(s\) \((.*)\)", r"too many words: \1"),
    (r"^Invalid value for '(.*?)'(?: / '-.*?')*: ", r"\1: "),
    (r"^Invalid value: ", ""),
    (r"^Option '(.*)' requires an argument", r"\1 needs a value"),
    (r"^Option '(.*)' does not take a value", r"\1 takes no value"),
    (r"Missing command", "name a command"),
    (r"Missing argument '(.*?)'", r"missing \1"),
    (r"Missing option '(.*?)'", r"missing \1"),
    (r"No such", "no such"),
    (r"\. Did you mean", "; did you mean"),
    (r" \(Possible options: (.*)\)", r"; did you mean \1?"),
)


def patch(command: Any) -> None:
    """Make *command* and its subcommands read and show parameters our way."""
    for param in command.params:
        _quicken(param)
        _reword(param)
    for inner in getattr(command, "commands", {}).values():
        patch(inner)


_FISH = """
function %(complete_func)s
    set -l found (env %(autocomplete_var)s=complete_fish \\
        _TYPER_COMPLETE_FISH_ACTION=get-args \\
        _TYPER_COMPLETE_ARGS=(commandline -cp | string collect) %(prog_name)s)
    if set -q found[1]
        printf '%%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end

complete --command %(prog_name)s --no-files --arguments "(%(complete_func)s)"
"""
"""Typer's own starts us twice for each Tab."""


def complete_quickly() -> None:
    """Keep Typer from importing rich to take markup out of our help, which has none,
    and start one process for each Tab in fish too."""
    _completion_classes._sanitize_help_text = lambda text: text  # noqa: SLF001
    _completion_shared._completion_scripts["fish"] = _FISH  # noqa: SLF001


def _reword(param: Any) -> None:
    """Show ``ADDRESS`` instead of Typer's ``ADDRESS <Address>``."""
    param.min = param.max = None  # Quick enforces them; "x>=0" helps nobody
    if isinstance(param.show_default, str):  # Typer adds its own brackets
        word = param.show_default
        param._get_default_string = lambda **_: word  # noqa: SLF001
    if param.metavar is None and _kind_of(param) in _KINDS:
        param.metavar = "N"
    if param.param_type_name == "argument":
        param.display_type_rich = lambda ctx: None  # noqa: ARG005
        param.get_usage_pieces = _usage(param)


def _usage(param: Any) -> Any:
    name = param.display_name_raw.removesuffix("…")
    name += "..." if param.nargs != 1 else ""
    bare = param.required or name.startswith("[")
    return lambda ctx: [name if bare else f"[{name}]"]  # noqa: ARG005


def one_line(error: typer.TyperException) -> str:
    """Return one line: the error, its command, and how to see the options."""
    message = " ".join(error.format_message().split()).rstrip(".")
    for theirs, ours in _REWORDED:
        message = re.sub(theirs, ours, message)
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "wandbwatch"
    place = command.partition(" ")[2]
    where = f"{place}: " if place else ""
    if "`wandbwatch " in message:  # it already says what to do
        return f"{where}{message}"
    stop = "" if message.endswith("?") else ";"
    return f"{where}{message}{stop} `{command} --help` shows how it is used"


Reader = Callable[[str], Any]
_KINDS: dict[Any, str] = {int: "a whole number", float: "a number"}


class Quick:
    """The converter of a parameter that Typer calls: ``coerce``."""

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
            if "0 shows all" in (param.help or ""):
                what += "; 0 shows all"
            raise typer.BadParameter(what, ctx=ctx, param=param)
        if self.high is not None and not value <= self.high:
            what = f"{word} is more than {self.high}"
            raise typer.BadParameter(what, ctx=ctx, param=param)
        return value


def _quicken(param: Any) -> None:
    """Make *param* convert its value without pydantic."""
    described = getattr(param, "type_descriptor", None)
    if described and (read := _reader(described)):
        info = described.parameter_info
        quick = Quick(read, info.min, info.max)
        param.get_runtime_param = lambda: quick


def _kind_of(param: Any) -> Any:
    described = getattr(param, "type_descriptor", None)
    return getattr(described, "annotation", None)


def _reader(described: Any) -> Reader | None:
    if described.parameter_info.parser:
        parser: Reader = described.parameter_info.parser
        return parser
    kind = described.annotation
    inner = [a for a in typing.get_args(kind) if a is not type(None)]
    if len(inner) == 1:
        kind = inner[0]
    return kind if kind in (str, int, float, bool) else None
