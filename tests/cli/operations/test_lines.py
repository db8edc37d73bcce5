from __future__ import annotations

import base64
import io
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.errors import ExitCode, LinesError, NotFoundError, UsageError
from wandbwatch.model.ports import Env

from tests.fakes import FakeSource, fake_env

OLD = "# nightly\n\n/summary run:e/p/x filters:a,b\n  # done\nproject e/p\n"


class Answers:
    """Keeps the lines that were to be answered, and gives *codes* back."""

    def __init__(self, *codes: int) -> None:
        self.codes = [*codes]
        self.asked: list[tuple[str, str, str | None]] = []

    def __call__(self, line: str, place: str, output: str | None) -> int:
        self.asked.append((line, place, output))
        return self.codes.pop(0) if self.codes else 0


def env(answers: Answers) -> Env:
    return replace(fake_env(FakeSource()), answer_listed=answers)


def test_each_line_is_answered_in_turn(tmp_path):
    (tmp_path / "old").write_text(OLD)
    answers = Answers()
    code = grammar.read(["lines", str(tmp_path / "old"), "-o", "json"], env(answers))
    assert code == ExitCode.FINE
    assert answers.asked == [
        ("/summary run:e/p/x filters:a,b", "line 3", "json"),
        ("project e/p", "line 5", "json"),
    ]


def test_one_failing_line_never_stops_the_next_and_the_worst_code_counts(tmp_path):
    (tmp_path / "list").write_text("a b\r\nc d\r\ne f\r\n")
    answers = Answers(0, 6, 5)
    words = ["--output=csv", "lines", str(tmp_path / "list")]
    assert grammar.read(words, env(answers)) == ExitCode.NETWORK
    assert answers.asked == [
        ("a b", "line 1", "csv"),
        ("c d", "line 2", "csv"),
        ("e f", "line 3", "csv"),
    ]


@pytest.mark.parametrize("spelled", ["file", "argument", "stdin"])
def test_base64_is_read_wherever_a_list_is(spelled, tmp_path, monkeypatch):
    packed = base64.b64encode(OLD.encode()).decode().rstrip("=")
    (tmp_path / "old").write_text(packed)
    stdin = SimpleNamespace(buffer=io.BytesIO(packed.encode()), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stdin)
    given = {"file": str(tmp_path / "old"), "argument": packed, "stdin": "-"}
    answers = Answers()
    assert grammar.read(["lines", given[spelled]], env(answers)) == 0
    assert [place for _, place, _ in answers.asked] == ["line 3", "line 5"]


def test_an_empty_list_is_fine(tmp_path):
    (tmp_path / "list").write_text("")
    assert grammar.read(["lines", str(tmp_path / "list")], env(Answers())) == 0


def test_check_shows_the_list_in_todays_form_and_runs_nothing(tmp_path, capsys):
    (tmp_path / "old").write_text(OLD)
    answers = Answers()
    assert grammar.read(["lines", str(tmp_path / "old"), "--check"], env(answers)) == 0
    assert answers.asked == []
    assert capsys.readouterr().out == (
        "# nightly\n\nsummary e/p/x --filters a,b\n  # done\nproject e/p\n"
    )


def test_check_complains_of_everything_at_once(tmp_path, capsys):
    (tmp_path / "old").write_text("fly\nproject e/p\n/summary\nproject --topk x")
    with pytest.raises(LinesError) as error:
        grammar.read(["lines", "--check", str(tmp_path / "old")], env(Answers()))
    assert error.value.exit_code == ExitCode.USAGE
    first, second, third = error.value.lines
    assert first.startswith("line 1: no such command 'fly'")
    assert second == "line 3: /summary: run: is missing"
    assert third.startswith("line 4: project: --topk: 'x' is not a whole number")
    assert "project e/p\n" in capsys.readouterr().out


def test_a_list_that_is_not_there_or_not_text_is_told_of(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="is not UTF-8"):
        grammar.read(["lines", str(tmp_path / "bytes")], env(Answers()))
    for name in ("nothere", "n" * 5000, "a\0b"):
        with pytest.raises(NotFoundError, match="no file '"):
            grammar.read(["lines", name], env(Answers()))
    with pytest.raises(UsageError, match="is a directory; name a FILE in it"):
        grammar.read(["lines", str(tmp_path)], env(Answers()))


def test_a_terminal_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    with pytest.raises(UsageError, match="name a FILE"):
        grammar.read(["lines"], env(Answers()))
