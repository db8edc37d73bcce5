from __future__ import annotations

import base64
import io
import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.address import Address
from wandbwatch.model.errors import (
    ExitCode,
    LinesError,
    NetworkError,
    NotFoundError,
    UsageError,
)
from wandbwatch.model.ports import Env, Source

from tests.fakes import FakeSource, fake_env

OLD = "# nightly\n\n/summary run:e/p/x filters:a,b\n  # done\nproject e/p\n"


def env(*errors: Exception) -> Env:
    """Return one whose sources raise *errors* in turn, and have no runs after them."""
    left = [*errors]

    def source(_address: Address) -> Source:
        if left:
            raise left.pop(0)
        return FakeSource()

    return replace(fake_env(FakeSource()), source=source)


def test_each_line_is_answered_in_turn(tmp_path, capsys):
    (tmp_path / "old").write_text("project e/a\n# no\n/project project:e/b\n")
    words = ["lines", str(tmp_path / "old"), "-o", "plain"]
    assert grammar.read(words, env()) == ExitCode.FINE
    out, err = capsys.readouterr()
    assert 0 <= out.index("e/a") < out.index("e/b")
    assert err == ""


def test_a_line_that_names_its_output_keeps_it(tmp_path, capsys):
    (tmp_path / "list").write_text("project e/a -o plain\nproject e/b\n")
    grammar.read(["--output=jsonl", "lines", str(tmp_path / "list")], env())
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("# e/a")
    assert "e/b" in json.dumps(json.loads(last))


def test_one_failing_line_never_stops_the_next_and_the_worst_code_counts(
    tmp_path, capsys
):
    (tmp_path / "list").write_text("project e/a\r\nfly\r\nproject e/c\r\nproject e/d")
    errors = NetworkError("down"), NotFoundError("no such project")
    code = grammar.read(["lines", str(tmp_path / "list")], env(*errors))
    assert code == ExitCode.NETWORK
    out, err = capsys.readouterr()
    assert "no runs here yet" in out
    first, second, third = err.splitlines()
    assert first == "wandbwatch: line 1: down"
    assert second.startswith("wandbwatch: line 2: no such command 'fly'")
    assert third == "wandbwatch: line 3: no such project"


@pytest.mark.parametrize("spelled", ["file", "argument", "stdin"])
def test_base64_is_read_wherever_a_list_is(spelled, tmp_path, monkeypatch, capsys):
    packed = base64.b64encode(OLD.encode()).decode().rstrip("=")
    (tmp_path / "old").write_text(packed)
    stdin = SimpleNamespace(buffer=io.BytesIO(packed.encode()), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stdin)
    given = {"file": str(tmp_path / "old"), "argument": packed, "stdin": "-"}
    errors = NotFoundError("no such run"), NotFoundError("no such project")
    assert grammar.read(["lines", given[spelled]], env(*errors)) == ExitCode.NOT_FOUND
    assert capsys.readouterr().err.splitlines() == [
        "wandbwatch: line 3: no such run",
        "wandbwatch: line 5: no such project",
    ]


def test_an_empty_list_is_fine(tmp_path):
    (tmp_path / "list").write_text("")
    assert grammar.read(["lines", str(tmp_path / "list")], env()) == 0


@pytest.mark.parametrize("options", [[], ["--check"]])
@pytest.mark.parametrize("head", ["[channels.main]", '[[subscriptions]]  # "daily"'])
def test_a_toml_file_is_one_complaint(tmp_path, head, options):
    given = tmp_path / "watch.toml"
    given.write_text(f"# of the lab\nbroken =\r\n{head}\r\nname = 'daily'\n")
    with pytest.raises(UsageError, match="is a TOML file, not a list") as error:
        grammar.read(["lines", str(given), *options], env())
    assert f"`wandbwatch run {given}` runs its subscriptions" in str(error.value)


def test_check_shows_the_list_in_todays_form_and_runs_nothing(tmp_path, capsys):
    (tmp_path / "old").write_text(OLD)
    runs_nothing = env(AssertionError("a check asks no source"))
    words = ["lines", str(tmp_path / "old"), "--check"]
    assert grammar.read(words, runs_nothing) == ExitCode.FINE
    assert capsys.readouterr().out == (
        "# nightly\n\nsummary e/p/x --filters a,b\n  # done\nproject e/p\n"
    )


def test_check_complains_of_everything_at_once(tmp_path, capsys):
    (tmp_path / "old").write_text("fly\nproject e/p\n/summary\nproject --topk x")
    with pytest.raises(LinesError) as error:
        grammar.read(["lines", "--check", str(tmp_path / "old")], env())
    assert error.value.exit_code == ExitCode.USAGE
    first, second, third = error.value.lines
    assert first.startswith("line 1: no such command 'fly'")
    assert second == "line 3: /summary: run: is missing"
    assert third.startswith("line 4: project: --topk: 'x' is not a whole number")
    assert "project e/p\n" in capsys.readouterr().out


def test_a_list_that_is_missing_or_not_text_is_reported(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="is not UTF-8"):
        grammar.read(["lines", str(tmp_path / "bytes")], env())
    for name in ("nothere", "n" * 5000, "a\0b"):
        with pytest.raises(NotFoundError, match="no file '"):
            grammar.read(["lines", name], env())
    with pytest.raises(UsageError, match="is a directory; name a FILE in it"):
        grammar.read(["lines", str(tmp_path)], env())


def test_a_terminal_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    with pytest.raises(UsageError, match="name a FILE"):
        grammar.read(["lines"], env())
