from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest
import typer
from wandbwatch.cli.grammar import ParsedLine
from wandbwatch.cli.output import run_line
from wandbwatch.config.redaction import hide
from wandbwatch.model.errors import (
    ConfigError,
    ExitCode,
    NetworkError,
    NotFoundError,
    UsageError,
)
from wandbwatch.model.ports import Renderer, Screen
from wandbwatch.model.report import Note, Report

ONE = Report("summary", "one")


def titles(reports: Iterable[Report], screen: Screen) -> Iterator[str]:
    yield f"[{screen.width} {'colour' if screen.colour else 'plain'}"
    yield from (report.title for report in reports)
    yield "]"


def answer(
    *reports: Report | Exception, output: str | None = None, place: str = ""
) -> int:
    def generator() -> Iterator[Report]:
        for report in reports:
            if isinstance(report, Exception):
                raise report
            yield report

    return run_line(lambda: ParsedLine(generator(), output), lambda _: titles, place)


def stopped(error: BaseException, *, debug: bool = False) -> int:
    def read() -> ParsedLine:
        raise error

    return run_line(read, lambda _: titles, debug=debug)


@pytest.mark.parametrize(("columns", "width"), [("132", 132), ("1", 8)])
def test_piped_output_is_plain(capsys, monkeypatch, columns, width):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", columns)
    asked: list[str] = []

    def renderer(output: str) -> Renderer:
        asked.append(output)
        return titles

    assert run_line(lambda: ParsedLine(iter([ONE]), None), renderer) == ExitCode.FINE
    assert run_line(lambda: ParsedLine(iter([ONE]), "json"), renderer) == ExitCode.FINE
    assert asked == ["plain", "json"]
    assert capsys.readouterr().out == f"[{width} plain\none\n]\n" * 2


@pytest.mark.parametrize(
    ("variables", "colour"),
    [
        ({"FORCE_COLOR": "1"}, "colour"),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "plain"),
        ({"FORCE_COLOR": "", "NO_COLOR": ""}, "plain"),
    ],
)
def test_colour_is_a_wish_of_the_environment(variables, colour, capsys, monkeypatch):
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    answer(ONE)
    assert colour in capsys.readouterr().out.splitlines()[0]


def test_reports_before_an_error_are_shown_whole(capsys):
    assert answer(ONE, NetworkError("down")) == ExitCode.NETWORK
    out, err = capsys.readouterr()
    assert out.splitlines()[1:] == ["one", "]"]
    assert err == "wandbwatch: down\n"


def test_an_error_before_anything_was_said_is_alone(capsys):
    assert answer(NotFoundError("no such run"), place="line 3") == ExitCode.NOT_FOUND
    assert capsys.readouterr() == ("", "wandbwatch: line 3: no such run\n")


def test_a_format_of_data_alone_has_its_notes_on_stderr(capsys):
    told = Report("project", "p", (Note("3 runs are left\x1b out"),))
    answer(told, output="csv")
    assert capsys.readouterr().err == "wandbwatch: 3 runs are left\\x1b out\n"
    answer(told, output="json")
    assert capsys.readouterr().err == ""


def test_nothing_to_say_is_an_answer_as_well(capsys):
    assert answer() == ExitCode.FINE
    assert capsys.readouterr().out.endswith("\n]\n")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("so\nnot\x1b[2J"), ExitCode.USAGE, r"so not\x1b[2J"),
        (ConfigError(["a: x", "b: y"]), ExitCode.CONFIG, "a: x\nwandbwatch: b: y"),
        (
            FileNotFoundError(2, "No such file or directory", "x"),
            ExitCode.OURS,
            "'x': No such file or directory",
        ),
        (OSError(28, "No space left on device"), ExitCode.OURS, "No space left"),
        (
            KeyError("k\n"),
            ExitCode.OURS,
            r"a bug in wandbwatch: KeyError: 'k\n'; please report it",
        ),
    ],
)
def test_every_error_is_its_line_and_its_exit_code(error, code, line, capsys):
    assert stopped(error) == code
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith(f"wandbwatch: {line}")
    assert "Traceback" not in err


def test_debug_shows_the_traceback_without_control_characters(capsys):
    assert stopped(UsageError("not \x1b[2J"), debug=True) == ExitCode.USAGE
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.endswith("wandbwatch: not \\x1b[2J\n")
    assert "\x1b" not in err


@pytest.mark.parametrize("debug", [False, True])
def test_no_error_shows_a_secret(debug, capsys):
    url = "https://discord.com/api/webhooks/12345/s3cret-t0ken"
    hide("abcdef0123456789")
    stopped(ValueError(f"{url} abcdef0123456789"), debug=debug)
    err = capsys.readouterr().err
    assert "webhooks/12345/…" in err
    assert "s3cret" not in err
    assert "abcdef0123456789" not in err


@pytest.mark.parametrize(
    ("error", "code"),
    [(typer.Exit(3), 3), (typer.Exit(), 0), (typer.Abort(), ExitCode.INTERRUPTED)],
)
def test_an_exit_is_quiet(error, code, capsys):
    assert stopped(error) == code
    assert capsys.readouterr() == ("", "")


def test_a_read_line_may_be_an_exit_code_already():
    read: Callable[[], int] = lambda: 5  # noqa: E731
    assert run_line(read, lambda _: titles) == ExitCode.NOT_FOUND
