"""Files of a report are kept under names of ours, or say why they are not."""

from __future__ import annotations

from wandbwatch.cli.attachments import save
from wandbwatch.model.media import Attachment, Piece
from wandbwatch.model.report import Report

from tests.renderers.strategies import content

ONE = Piece("pics/a.png", "../a.png", content(b"one"), caption="a cat")
TWO = Piece("pics/A.png", "b", content(b"three"))
GONE = Piece("c.png", "c", content(b"half", "no such file"))


def pieces(report: Report) -> list[Piece]:
    return [p for b in report.blocks if isinstance(b, Attachment) for p in b.pieces]


def test_files_are_kept_and_say_where_and_how_large(tmp_path):
    report = Report("media", "run", (Attachment("pics", "images", (ONE, TWO, GONE)),))
    one, two, gone = pieces(save(report, tmp_path))
    assert (one.file, one.size) == (str(tmp_path / "pics/a.png"), 3)
    assert (two.file, two.size) == (str(tmp_path / "pics/A_2.png"), 5)
    assert (gone.file, gone.trouble) == ("", "no such file")
    found = {p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()}
    assert {str(path) for path in found} == {"pics/a.png", "pics/A_2.png"}


def test_a_listed_file_is_saved_on_request(tmp_path):
    named = Attachment("mesh", "3D object", (ONE,), named=True)
    report = Report("media", "run", (named,))
    assert pieces(save(report, tmp_path)) == [ONE]
    asked = Report("media", "run", (named,), out=tmp_path)
    assert pieces(save(asked, tmp_path))[0].file
