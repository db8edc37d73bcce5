from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.options import HERE, RunAddress

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report
    from wandbwatch.model.run_details import Printed


_LONGEST = 2000
"""Characters of a line that a pattern is tried on: some take for ever on more."""


class Pattern:
    """A regular expression that lines are searched for."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern

    @classmethod
    def read(cls, text: str) -> Pattern:
        try:
            return cls(re.compile(text))
        except (re.error, RecursionError, OverflowError) as e:
            raise typer.BadParameter(f"{text[:80]!r}: {e}") from e

    def fits(self, line: Printed) -> bool:
        return self._pattern.search(line.text[:_LONGEST]) is not None


def logs(
    ctx: typer.Context,
    address: RunAddress = HERE,
    *,
    lines: Annotated[
        int,
        typer.Option(
            *("--topk", "-n", "--lines"),
            min=0,
            metavar="N",
            help="How many lines to show; 0 shows all.",
        ),
    ] = 40,
    follow: Annotated[
        bool,
        typer.Option("-f", "--follow", help="Follow the output until the run ends."),
    ] = False,
    grep: Annotated[
        Pattern | None,
        typer.Option(
            parser=Pattern.read,
            metavar="RE",
            help="Only lines that match this regular expression.",
        ),
    ] = None,
) -> Iterator[Report]:
    """Show the console output of a run, or of an experiment by its number."""
    from wandbwatch.commands.logs.report import answers

    env: Env = ctx.obj
    if follow and env.memory is not None:
        why = "-f works in a terminal, not in a list of command lines"
        raise typer.BadParameter(why, ctx=ctx)
    return answers(env, address, lines, grep, follow=follow)


plugin = logs
