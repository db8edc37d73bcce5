"""Run a checked line: print its reports and errors, and set the exit code."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from wandbwatch import plugins
from wandbwatch.cli.grammar import ParsedLine
from wandbwatch.config.redaction import Priority, marked, redact
from wandbwatch.model.errors import ExitCode, WandbwatchError, printable

if TYPE_CHECKING:
    from wandbwatch.cli.browse import Browser
    from wandbwatch.cli.watch import Answers, DrawReports
    from wandbwatch.model.ports import Renderer, Screen, Watch
    from wandbwatch.model.report import Report


def pictures() -> Path:
    """Return the directory for pictures without --out: in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        return Path(cache).expanduser() / "wandbwatch" / "images"
    except RuntimeError:  # no home directory
        import tempfile  # noqa: PLC0415 -- seldom needed

        return Path(tempfile.gettempdir()) / "wandbwatch" / "images"


_SEPARATORS: Mapping[str, Callable[[datetime], str]] = {
    "plain": lambda now: f"# {now.isoformat(timespec='seconds')}",
    "terminal": lambda now: f"\n— {now.isoformat(' ', 'seconds')}\n",
    "csv": lambda _: "",
}
"""What separates one answer from the next; JSON needs nothing."""


def _renderer(output: str) -> Renderer:
    renderer: Renderer = plugins.load("wandbwatch.renderers", output)
    return renderer


class NobodyReadsError(Exception):
    """The reader of our output closed the pipe, as ``head`` does."""


def run_line(
    read: Callable[[], ParsedLine | int],
    renderer: Callable[[str], Renderer] = _renderer,
    place: str = "",
    *,
    debug: bool = False,
) -> int:
    """Print the reports of the line that *read* returns.

    *place* is prefixed to its errors; no error escapes except NobodyReadsError
    and KeyboardInterrupt.
    """
    try:
        line = read()
        if isinstance(line, ParsedLine) and line.to is not None:
            _post(line, line.to)
        elif isinstance(line, ParsedLine) and line.watch and line.again:
            _watch(line.again, line, line.watch, renderer)
        elif isinstance(line, ParsedLine):
            _show(line.reports, line, renderer)
    except typer.Exit as e:
        return e.exit_code
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except NobodyReadsError:
        raise
    except Exception as e:  # noqa: BLE001 -- a user sees a line, whatever happens
        return _told(e, place, debug=debug)
    return ExitCode.FINE if isinstance(line, ParsedLine) else line


def _told(error: Exception, place: str, *, debug: bool) -> int:
    if debug:
        for line in "".join(traceback.format_exception(error)).splitlines():
            _complain(redact(printable(line)))
    for line in _lines(error):
        _complain(": ".join(filter(None, ("wandbwatch", place, redact(line)))))
    return error.exit_code if isinstance(error, WandbwatchError) else ExitCode.OURS


def _complain(line: str) -> None:
    print(marked(line, Priority.ERROR), file=sys.stderr)


def _lines(error: Exception) -> Sequence[str]:
    if isinstance(error, WandbwatchError):
        return error.lines
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename!r}: " if error.filename else ""
        return (printable(f"{name}{error.strerror}"),)
    what = printable(f"{type(error).__name__}: {error}")
    return (
        f"a bug in wandbwatch: {what}; please report it with the output of --debug",
    )


def _watch(
    again: Callable[[], Iterator[Report]],
    line: ParsedLine,
    watch: Watch,
    renderer: Callable[[str], Renderer],
) -> None:
    """Run it repeatedly: redraw in place on a screen, else print each answer."""
    if _output(line) == "terminal" and _is_screen():
        from wandbwatch.cli.watch import live  # noqa: PLC0415 -- only where it is shown

        def draw(
            reports: Iterable[Report], rows: int = 0, chosen: int = -1
        ) -> Iterator[str]:
            screen = _screen()._replace(plot_rows=rows, chosen=chosen)
            return renderer("terminal")(reports, screen)

        browser = _browser(line, draw) if line.more and line.kind == "top" else None
        for text in live(again, draw, watch.every, _lines, browser):
            _print(text)
    elif watch.on_screen:
        _show(again(), line, renderer)
    else:
        _repeat(lambda: _show(again(), line, renderer), watch, _output(line))


def _browser(line: ParsedLine, draw: DrawReports) -> Callable[[Answers], Browser]:
    from wandbwatch.cli.browse import Browser  # noqa: PLC0415 -- only where it is shown
    from wandbwatch.model.address import Address  # noqa: PLC0415 -- nor addresses

    given = line.arguments.get("address")
    found = given if isinstance(given, Sequence) else ()
    addresses = [one for one in found if isinstance(one, Address)]
    more = line.more or (lambda _: iter(()))
    return lambda answers: Browser(answers, draw, more, addresses)


def _repeat(show: Callable[[], None], watch: Watch, output: str) -> None:
    from wandbwatch.cli.watch import repeated  # noqa: PLC0415 -- only where it is asked

    for complaints in repeated(show, watch.every, _lines, NobodyReadsError):
        for complaint in complaints:
            _complain(f"wandbwatch: {redact(complaint)}")
        if separator := _SEPARATORS.get(output):
            _print(separator(datetime.now(UTC)))


def _output(line: ParsedLine) -> str:
    return line.output or ("terminal" if _is_terminal() else "plain")


def _show(
    found: Iterator[Report], line: ParsedLine, renderer: Callable[[str], Renderer]
) -> None:
    """Print the reports as they come; an error is raised after those before it."""
    errors: list[Exception] = []
    output = _output(line)
    from wandbwatch.cli.waiting import shown  # noqa: PLC0415 -- --help waits for nothing

    reports = _held(shown(_pictured(found, output)), errors)
    if output == "csv":
        reports = _noted(reports)
    if (first := next(reports, None)) or not errors:
        all_reports = itertools.chain([first] if first else [], reports)
        for text in renderer(output)(all_reports, _with_pictures(_screen(), output)):
            _print(text)
    if errors:
        raise errors[0]


def _post(line: ParsedLine, channel: str) -> None:
    from wandbwatch.cli.post import posted  # noqa: PLC0415 -- requests takes long

    dry = (lambda post: dry_run(post, line.output)) if line.dry_run else None
    for text in posted(line.reports, channel, dry=dry):
        _print(text)


def dry_run(post: Mapping[str, Any], output: str | None = None) -> str:
    """Print a dry run's post: drawn in a terminal, as JSON for scripts."""
    from wandbwatch.cli.post import previewed  # noqa: PLC0415 -- rich is for drawing only

    drawn = (output or ("terminal" if _is_terminal() else "json")) == "terminal"
    return previewed(post, _screen() if drawn else None)


def _pictured(reports: Iterator[Report], output: str) -> Iterator[Report]:
    """Save plots and files; a data format saves them only with --out."""
    usual = pictures() if output in ("terminal", "plain") else None
    for report in reports:
        place = report.out or usual
        yield _kept(report, place) if place else report


def _kept(report: Report, place: Path) -> Report:
    from wandbwatch.model import report as model  # noqa: PLC0415 -- --help needs none

    if any(
        isinstance(block, model.Plot | model.Chart)
        or (isinstance(block, model.Table) and block.drawing)
        for block in report.blocks
    ):
        from wandbwatch.plots import keep  # noqa: PLC0415

        report = keep(report, place)
    shown = (
        model.Fields | model.Table | model.Plot | model.Chart | model.Note | model.Text
    )
    if not all(isinstance(block, shown) for block in report.blocks):  # attachments
        from wandbwatch.cli.attachments import save  # noqa: PLC0415

        report = save(report, place)
    return report


def _held(reports: Iterator[Report], errors: list[Exception]) -> Iterator[Report]:
    try:
        yield from reports
    except Exception as e:  # noqa: BLE001 -- raised again when all is shown
        errors.append(e)


def _noted(reports: Iterator[Report]) -> Iterator[Report]:
    """Print the notes on stderr, for formats that hold only data."""
    from wandbwatch.model.report import Note  # noqa: PLC0415 -- nor reports

    for report in reports:
        for block in report.blocks:
            if isinstance(block, Note):
                print(f"wandbwatch: {printable(block.text)}", file=sys.stderr)
        yield report


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError as e:
        raise NobodyReadsError from e


def _screen() -> Screen:
    from wandbwatch.model.ports import Screen  # noqa: PLC0415 -- --help needs none

    width = max(shutil.get_terminal_size().columns, _NARROWEST)
    return Screen(width, _colour(), datetime.now(UTC))


_NARROWEST = 8
"""Columns that tables and plots need at least."""


def _with_pictures(screen: Screen, output: str) -> Screen:
    """Show pictures on *screen* if the terminal can; asked at the first one."""
    if output != "terminal" or not _is_screen():
        return screen
    from wandbwatch.cli.attachments import TerminalPictures  # noqa: PLC0415 -- seldom

    return screen._replace(picture=TerminalPictures(os.environ))


def _colour() -> bool:
    """Follow https://no-color.org and https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return _is_terminal() and os.environ.get("TERM") != "dumb"


def _is_screen() -> bool:
    """Whether the output can be redrawn in place."""
    return _is_terminal() and os.environ.get("TERM", "dumb") != "dumb"


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
