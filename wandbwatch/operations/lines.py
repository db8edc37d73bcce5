from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from wandbwatch import grammar
from wandbwatch.grammar.encoded import decoded
from wandbwatch.model.errors import ExitCode, LinesError, NotFoundError, UsageError
from wandbwatch.model.ports import Env


def lines(
    ctx: typer.Context,
    given: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A list of lines; - is standard input. Base64 is read too, in the"
            " file or in its place.",
        ),
    ] = "-",
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only show each line in today's form."),
    ] = False,
) -> int:
    """Answer a list of command lines, in today's form or the older bot's.

    Blank lines and those that begin with # are passed over. One line's error does
    not stop the next; the exit code is the highest of all.
    """
    env: Env = ctx.obj
    listed = _numbered(_text(given))
    if check:
        _check(listed, env)
        return ExitCode.FINE
    output = _output(ctx)
    codes = [_answer(env, line, place, output) for place, line in listed]
    return max(codes, default=ExitCode.FINE)


def _answer(env: Env, line: str, place: str, output: str | None) -> int:
    if _says_nothing(line):
        return ExitCode.FINE
    return env.answer_listed(line, place, output)


def _check(listed: list[tuple[str, str]], env: Env) -> None:
    """Print the list as it is written today; raise every complaint at once."""
    complaints = []
    for place, line in listed:
        try:
            typer.echo(line if _says_nothing(line) else _modern(line, env))
        except UsageError as e:
            complaints.append(f"{place}: {e}")
            typer.echo(line)
    if complaints:
        raise LinesError(complaints)


def _modern(line: str, env: Env) -> str:
    grammar.parse(line, env)
    return grammar.modern(line)


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _output(ctx: typer.Context) -> str | None:
    """Find the format that was asked for, after ``lines`` or before it."""
    before = ctx.parent.params if ctx.parent else {}
    output: str | None = ctx.params.get("output") or before.get("output")
    return output


def _numbered(text: str) -> list[tuple[str, str]]:
    found = (decoded(text) or text).removesuffix("\n").split("\n")
    return [(f"line {n}", line.rstrip("\r")) for n, line in enumerate(found, 1)]


def _text(given: str) -> str:
    try:
        packed = _standard_input() if given == "-" else Path(given).read_bytes()
        return packed.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise UsageError(f"{given!r} is not UTF-8 text: {e.reason}") from e
    except (OSError, ValueError) as e:
        if (text := decoded(given)) is not None:
            return text
        if isinstance(e, PermissionError | IsADirectoryError):
            raise
        raise NotFoundError(
            f"no file {given[:80]!r}, and it is no list in base64 either"
        ) from e


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("no list: name a FILE, or pipe one in")
    return sys.stdin.buffer.read()


plugin = lines
