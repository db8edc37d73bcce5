"""A run's files, listed and fetched by glob."""

from __future__ import annotations

import pytest
from wandbwatch.cli import grammar, main
from wandbwatch.cli.attachments import save
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.media import Attachment, RunFile
from wandbwatch.model.report import Note, Report, Table
from wandbwatch.model.run import Run, State
from wandbwatch.renderers.discord import render

from tests.fakes import FakeSource, fake_env
from tests.renderers.discord.reading import complaints
from tests.renderers.strategies import content

RUN = Run("a1", "owl", State.RUNNING)
PATHS = ("ckpt/model.pt", "ckpt/old/model.pt", "config.yaml")


def answer(words: str = "", paths: tuple[str, ...] = PATHS) -> Report:
    files = [RunFile(path, 7, content(b"content")) for path in paths]
    env = fake_env(FakeSource([RUN], files=files))
    (report,) = grammar.parse(f"files acme/gpt/a1 {words}", env).reports
    return report


def listed(report: Report) -> list[str]:
    tables = (block for block in report.blocks if isinstance(block, Table))
    return [str(row[0]) for table in tables for row in table.rows]


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("", PATHS),
        ("'ckpt/*'", PATHS[:2]),
        ("model.pt", PATHS[:2]),
        ("'*.yaml'", PATHS[2:]),
        ("ckpt/model.pt", PATHS[:1]),
    ],
)
def test_those_that_fit(glob, found):
    report = answer(glob)
    assert listed(report) == list(found)
    count = f"{len(found)} file{'s' if len(found) > 1 else ''}, {7 * len(found)} B"
    assert report.blocks[-1] == Note(count)


def test_none():
    with pytest.raises(NotFoundError, match=r"none of its 3 files match '\*\.onnx'"):
        answer("'*.onnx'")
    assert answer("", ()).blocks == (Note("the run has no files"),)


def test_they_are_fetched_to_where_they_belong(tmp_path):
    nasty = ("../up.txt", "/etc/abs.txt", "A.txt", "a.txt", "x/" * 40 + "deep", "nul\0")
    out = tmp_path / "out"
    report = save(answer(f"--out '{out}'", (*PATHS, *nasty)), out)
    found = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert {f"out/{path}" for path in PATHS} <= found
    assert {"out/up.txt", "out/etc/abs.txt", "out/A.txt", "out/a_2.txt"} <= found
    assert len(found) == len(PATHS) + len(nasty)
    (fetched,) = (b for b in report.blocks if isinstance(b, Attachment))
    assert all(piece.file.startswith(str(out)) for piece in fetched.pieces)


@pytest.mark.parametrize("kind", ["cloud", "local"])
def test_those_of_a_real_run(media_run, kind, tmp_path, capsys):
    address = str(media_run.addresses[kind])
    out = str(tmp_path / "out")
    assert main.answer(["files", address, "ckpt/*", "--out", out]) == 0
    assert (tmp_path / "out/ckpt/model 1.pt").read_bytes() == bytes(5000)
    assert "ckpt/config.json" in capsys.readouterr().out


def test_they_are_posted_as_a_list():
    messages = render([answer(), answer("--out x")])
    assert [complaints(message) for message in messages] == [[]] * len(messages)
    assert not any(message.files for message in messages)
