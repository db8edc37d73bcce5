"""What the docs take from the code; `python -m tests.renew` writes it there."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout
from unittest import mock

from typer._completion_shared import get_completion_script
from wandbwatch.cli import grammar
from wandbwatch.cli.grammar import app
from wandbwatch.model.errors import ExitCode

from tests.fakes import FakeSource, fake_env


def help_of(*words: str) -> str:
    """Return what the terminal shows for a command's ``--help``."""
    shown = io.StringIO()
    with mock.patch.dict(os.environ, COLUMNS="88"), redirect_stdout(shown):
        grammar.read([*words, "--help"], fake_env(FakeSource()))
    return shown.getvalue().rstrip()


def fenced(text: str) -> str:
    return f"```\n{text}\n```"


def commands() -> list[str]:
    """List the commands and operations that people use."""
    known = app.Plugins([app.COMMANDS, app.OPERATIONS])
    return [name for name in known if not known.described(name).startswith("(")]


def all_help() -> str:
    """Return the help of the program and of each of its commands, under headings."""
    parts = (f"## {name}\n\n{fenced(help_of(name))}" for name in commands())
    return "\n\n".join((fenced(help_of()), *parts))


def manual() -> str:
    """Return the sections of the man page that come from the help, as roff."""
    parts = (f".SS {name}\n{_roff(help_of(name))}" for name in commands())
    return "\n".join((".SH DESCRIPTION", _roff(help_of()), ".SH COMMANDS", *parts))


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    lines = (f"\\&{ln}" if ln[:1] in ".'" else ln for ln in escaped.splitlines())
    return "\n".join((".nf", *lines, ".fi"))


def completion(shell: str) -> str:
    """Return what switches completion on in *shell*, as Typer writes it."""
    variable = "_WANDBWATCH_COMPLETE"
    return get_completion_script(
        prog_name="wandbwatch", complete_var=variable, shell=shell
    ).strip()


def exit_codes() -> str:
    rows = (f"| {code.value} | {code.meaning} |" for code in ExitCode)
    return "\n".join(("| code | meaning |", "| --: | --- |", *rows))
