"""The front door keeps the plots of what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from wandbwatch.cli.grammar import ParsedLine
from wandbwatch.cli.output import run_line
from wandbwatch.model.errors import ExitCode
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Plot, Report

from tests.plots.pictures import line, plot

ONE = Report("image", "one", (plot(line([1.0, 2.0])),))


def files(reports: Iterable[Report], _screen: Screen) -> Iterator[str]:
    for report in reports:
        yield from (b.file or "-" for b in report.blocks if isinstance(b, Plot))


def answer(report: Report, output: str | None) -> int:
    return run_line(lambda: ParsedLine(iter([report]), output), lambda _: files)


@pytest.mark.parametrize("output", [None, "plain", "terminal"])
def test_a_person_gets_pictures_and_is_reported_where(
    tmp_path, monkeypatch, capsys, output
):
    here = tmp_path / "code"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert answer(ONE, output) == ExitCode.FINE
    kept = tmp_path / "cache" / "wandbwatch" / "images" / "train_loss.png"
    assert capsys.readouterr().out == f"{kept}\n"
    assert kept.exists()
    assert not list(here.iterdir())


@pytest.mark.parametrize("output", ["json", "jsonl", "csv"])
def test_data_come_without_pictures_unless_they_are_asked_for(
    tmp_path, monkeypatch, capsys, output
):
    monkeypatch.chdir(tmp_path)
    assert answer(ONE, output) == ExitCode.FINE
    assert capsys.readouterr().out == "-\n"
    assert list(tmp_path.iterdir()) == []
    assert answer(replace(ONE, out=Path("kept")), output) == ExitCode.FINE
    assert capsys.readouterr().out == "kept/train_loss.png\n"
    assert (tmp_path / "kept" / "train_loss.png").exists()


def test_a_place_that_can_not_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert answer(replace(ONE, out=tmp_path / "file"), None) == ExitCode.OURS
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "cannot save files in" in said.err
