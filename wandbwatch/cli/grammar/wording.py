"""What Typer says about commands and mistakes, in our words."""

from __future__ import annotations

import re
from typing import Any

import typer

_REWORDED = (
    (re.compile(r"Got unexpected extra argument\(s\) \((.*)\)"), r"too many words: \1"),
    (re.compile(r"^Invalid value for '(.*?)'(?: / '(-.)')?: "), r"\1: "),
    (re.compile(r"^Invalid value: "), ""),
    (re.compile(r"^Option '(.*)' requires an argument"), r"\1 needs a value"),
    (re.compile(r"^Option '(.*)' does not take a value"), r"\1 takes no value"),
    (re.compile(r"Missing command"), "name a command"),
    (re.compile(r"Missing argument"), "no argument"),
    (re.compile(r"No such"), "no such"),
    (re.compile(r"\. Did you mean"), "; did you mean"),
    (re.compile(r" \(Possible options: (.*)\)"), r"; did you mean \1?"),
)


def reword(command: Any) -> None:
    """Say ``ADDRESS`` where Typer's help says ``ADDRESS <Address>``."""
    for param in command.params:
        param.min = param.max = None  # coercion keeps them; "x>=0" says little
        if param.param_type_name == "argument":
            param.display_type_rich = lambda ctx: None  # noqa: ARG005
            param.get_usage_pieces = _usage(param)


def _usage(param: Any) -> Any:
    name = param.display_name_raw + ("..." if param.nargs != 1 else "")
    return lambda ctx: [name if param.required else f"[{name}]"]  # noqa: ARG005


def one_line(error: typer.TyperException) -> str:
    """Say what is wrong, in which command, and where its options are shown."""
    message = " ".join(error.format_message().split()).rstrip(".")
    for raw, ours in _REWORDED:
        message = raw.sub(ours, message)
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "wandbwatch"
    place = command.partition(" ")[2]
    where = f"{place}: " if place else ""
    if "`wandbwatch " in message:  # it says what to do already
        return f"{where}{message}"
    stop = "" if message.endswith("?") else ";"
    return f"{where}{message}{stop} `{command} --help` shows how it is used"
