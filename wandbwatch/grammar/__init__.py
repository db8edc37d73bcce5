"""The one grammar: a line in a terminal and a line in a list are the same words."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from wandbwatch.grammar import app, older
from wandbwatch.model.errors import UsageError
from wandbwatch.model.ports import Env
from wandbwatch.model.report import Report


@dataclass(frozen=True)
class Line:
    """A checked command line. Nothing of it has run: ``reports`` starts it."""

    reports: Iterator[Report]
    output: str | None


def parse(line: str, env: Env) -> Line:
    """Check one *line* of a list, in today's form or the older bot's.

    Raises UsageError, whose text is one line.
    """
    try:
        words = shlex.split(older.modern(line))
    except ValueError as e:
        raise UsageError(f"{line.strip()!r}: {e}") from e
    answer = read(words, env, packages=(app.COMMANDS,))
    if not isinstance(answer, Line):
        raise UsageError(f"{line.strip()!r}: makes no report")
    return answer


def read(
    words: Sequence[str], env: Env, packages: Sequence[str] = app.PACKAGES
) -> Line | int:
    """Check a command line; help and the like print and return an exit code."""
    try:
        answer: Any = app.group(packages)(
            list(words), prog_name="wandbwatch", standalone_mode=False, obj=env
        )
    except typer.TyperException as e:
        raise UsageError(_one_line(e)) from e
    if isinstance(answer, app.Called):
        if isinstance(answer.result, Iterator):
            return Line(answer.result, answer.output)
        answer = answer.result
    return answer if isinstance(answer, int) else 0


def _one_line(error: typer.TyperException) -> str:
    """Say what is wrong, in which command, and where its options are shown."""
    message = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "wandbwatch"
    place = command.partition(" ")[2]
    where = f"{place}: " if place else ""
    return f"{where}{message}; `{command} --help` shows how it is used"
