"""What the docs take from the code; `python -m cogapp -r docs/*.md` writes it there."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout
from unittest import mock

from wandbwatch.cli import grammar
from wandbwatch.cli.grammar import app
from wandbwatch.model.errors import ExitCode

from tests.fakes import FakeSource, fake_env


def help_of(*words: str) -> str:
    """Return what the terminal shows for a command's ``--help``."""
    shown = io.StringIO()
    with mock.patch.dict(os.environ, COLUMNS="88"), redirect_stdout(shown):
        grammar.read([*words, "--help"], fake_env(FakeSource()))
    return f"```\n{shown.getvalue().rstrip()}\n```"


def all_help() -> str:
    """Return the help of the program and of each of its commands, under headings."""
    known = app.Plugins([app.COMMANDS, app.OPERATIONS])
    names = [name for name in known if not known.described(name).startswith("(")]
    parts = [help_of(), *(f"## {name}\n\n{help_of(name)}" for name in names)]
    return "\n\n".join(parts)


def exit_codes() -> str:
    rows = (f"| {code.value} | {code.meaning} |" for code in ExitCode)
    return "\n".join(("| code | meaning |", "| --: | --- |", *rows))
