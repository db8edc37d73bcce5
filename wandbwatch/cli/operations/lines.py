from __future__ import annotations

from typing import Annotated

import typer

from wandbwatch.cli import grammar
from wandbwatch.cli.grammar import lists as listing
from wandbwatch.cli.grammar.lists import says_nothing
from wandbwatch.cli.output import run_line
from wandbwatch.model.errors import ExitCode, LinesError, UsageError
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
        typer.Option("--check", help="Only show each line in today's grammar."),
    ] = False,
) -> int:
    """Run a list of command lines, in today's grammar or the older bot's.

    Blank lines and lines that start with # are skipped. After an error the next line
    still runs; the exit code is the highest of all lines.
    """
    env: Env = ctx.obj
    listed = [(f"line {n}", line) for n, line in enumerate(listing.lines(given), 1)]
    if check:
        _check(listed, env)
        return ExitCode.FINE
    output = _output(ctx)
    codes = [_answer(env, line, place, output) for place, line in listed]
    return max(codes, default=ExitCode.FINE)


def _answer(env: Env, line: str, place: str, output: str | None) -> int:
    if says_nothing(line):
        return ExitCode.FINE

    def read() -> grammar.ParsedLine:
        parsed = grammar.parse(line, env)
        return parsed._replace(output=parsed.output or output)

    return run_line(read, place=place, debug="--debug" in line.split())


def _check(listed: list[tuple[str, str]], env: Env) -> None:
    """Print the list in today's grammar; raise all errors together."""
    complaints = []
    for place, line in listed:
        try:
            typer.echo(line if says_nothing(line) else _modern(line, env))
        except UsageError as e:
            complaints.append(f"{place}: {e}")
            typer.echo(line)
    if complaints:
        raise LinesError(complaints)


def _modern(line: str, env: Env) -> str:
    grammar.parse(line, env)
    return grammar.modern(line)


def _output(ctx: typer.Context) -> str | None:
    """Find the requested output format, given after ``lines`` or before it."""
    before = ctx.parent.params if ctx.parent else {}
    output: str | None = ctx.params.get("output") or before.get("output")
    return output


plugin = lines
