"""One grammar for command lines, typed in a terminal or listed in a subscription."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import typer

from wandbwatch.cli.grammar import app
from wandbwatch.cli.grammar.command import Called
from wandbwatch.cli.grammar.typer_patches import one_line
from wandbwatch.model.errors import UsageError

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env, Watch
    from wandbwatch.model.report import Report


class ParsedLine(NamedTuple):
    """A checked command line that has not run yet: ``reports`` starts it."""

    reports: Iterator[Report]
    output: str | None
    to: str | None = None
    """The channel that it is to be posted to, instead of being printed."""
    dry_run: bool = False
    watch: Watch | None = None
    again: Callable[[], Iterator[Report]] | None = None
    """Starts it anew, for `watch`."""
    arguments: Mapping[str, object] = MappingProxyType({})
    """What its command was called with, by parameter."""
    kind: str = ""
    """The name of its command."""
    more: Callable[[Sequence[str]], Iterator[Report]] | None = None
    """Starts another line, as if it had been typed beside this one."""


def parse(line: str, env: Env) -> ParsedLine:
    """Check one *line* of a list, in today's form or the older bot's.

    Raises UsageError, whose text is one line.
    """
    words = _words(line)
    if not words:
        raise UsageError(f"{line.strip()!r}: name a command")
    answer = _read(app.listed(), words, env)
    if not isinstance(answer, ParsedLine):
        raise UsageError(f"{line.strip()!r}: makes no report")
    return answer


def read(words: Sequence[str], env: Env | Callable[[], Env]) -> ParsedLine | int:
    """Check a terminal's command line; operations, ``--help`` and the like run at once.

    *env* may be a factory, so that --help and usage errors need not wait for it.

    Raises UsageError, whose text is one line, and what an operation raises.
    """
    words = words or ["--help"]
    return _read(app.terminal(words[0]), words, env)


def modern(line: str) -> str:
    """Write *line* in today's form, quoted so that it reads back as the same.

    Raises UsageError, whose text is one line.
    """
    import shlex  # noqa: PLC0415 -- for lists alone

    return shlex.join(_words(line))


def _words(line: str) -> list[str]:
    if line.lstrip().startswith("/"):
        return app.from_older(line.split())
    import shlex  # noqa: PLC0415 -- for lists alone

    try:
        return shlex.split(line)
    except ValueError as e:
        raise UsageError(f"{line.strip()!r}: {e}") from e


def _read(
    application: Callable[..., Any], words: Sequence[str], env: Env | Callable[[], Env]
) -> ParsedLine | int:
    try:
        answer: Any = application(
            list(words), prog_name="wandbwatch", standalone_mode=False, obj=env
        )
        if not isinstance(answer, Called):
            return answer if isinstance(answer, int) else 0
        context = getattr(answer.start, "keywords", {}).get("ctx")
        if context and callable(context.obj):
            context.obj = context.obj()
        try:
            result = answer.start()
        except typer.TyperException as e:  # raised by the command, which it names
            if getattr(e, "ctx", context) is None:
                e.ctx = context  # type: ignore[attr-defined]
            raise
    except typer.TyperException as e:
        raise UsageError(one_line(e)) from e
    if isinstance(result, Iterator):
        start = cast("Callable[[], Iterator[Report]]", answer.start)
        return ParsedLine(
            _with_remarks(result),
            answer.output,
            answer.to,
            answer.dry_run,
            answer.watch,
            lambda: _with_remarks(start()),
            getattr(answer.start, "keywords", {}),
            getattr(getattr(answer.start, "func", None), "__name__", ""),
            lambda words: _reports(_read(application, words, env)),
        )
    return result if isinstance(result, int) else 0


def _reports(line: ParsedLine | int) -> Iterator[Report]:
    return line.reports if isinstance(line, ParsedLine) else iter(())


def _with_remarks(reports: Iterator[Report]) -> Iterator[Report]:
    """Add its sources' remarks to each report."""
    from wandbwatch.model.report import Note, taken_remarks  # noqa: PLC0415 -- not for --help

    taken_remarks()
    for report in reports:
        said = () if report.event else taken_remarks()
        if said:
            notes = tuple(map(Note, said))
            report = replace(report, blocks=(*report.blocks, *notes))  # noqa: PLW2901
        yield report
