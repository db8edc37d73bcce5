"""Files of a report: saved under names of ours, or shown in terminals that can."""

from __future__ import annotations

import base64
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from wandbwatch.cli import attachments
from wandbwatch.cli.attachments import save
from wandbwatch.model.media import Attachment, Piece
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Line, Note, Plot, Report
from wandbwatch.model.run import Series
from wandbwatch.renderers.terminal import render

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


@pytest.fixture
def png(tmp_path):
    path = tmp_path / "a.png"
    image = Image.new("RGB", (40, 14), (255, 0, 0))
    image.paste((0, 0, 255), (20, 0, 40, 14))
    image.save(path)
    return path


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1", "TMUX": "x"}, ""),
        ({"TERM": "xterm"}, ""),
    ],
)
def test_a_terminal_is_known_by_its_variables(environ, way):
    assert attachments.named(environ) == way


def test_none_is_shown_where_nobody_says_that_it_can():
    assert attachments.picture({"TERM": "dumb"}) is None
    assert attachments.picture({"WANDBWATCH_PICTURES": "none"}) is None


def test_kitty_gets_a_png_in_chunks(png):
    png.write_bytes(png.read_bytes() + b"\0" * 9000)
    show = attachments.picture({"WANDBWATCH_PICTURES": "kitty"})
    assert show is not None
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", show(str(png), 200))
    assert parts[0][0] == "a=T,f=100,q=2,c=24,m=1", "a small one is not as wide"
    assert [head for head, _ in parts[1:]] == ["m=1", "m=1", "m=0"][-len(parts) + 1 :]
    assert base64.b64decode("".join(text for _, text in parts)) == png.read_bytes()


def test_iterm2_gets_the_file_itself(png):
    show = attachments.picture({"WANDBWATCH_PICTURES": "iterm2"})
    assert show is not None
    wide = png.with_name("wide.png")
    Image.new("RGB", (2000, 9)).save(wide)
    assert ";width=60:" in show(str(wide), 60)
    assert ";width=100:" in show(str(wide), 200)
    told = show(str(png), 60)
    assert told.startswith("\x1b]1337;File=inline=1;size=")
    assert ";width=24:" in told
    assert base64.b64decode(told.partition(":")[2][:-1]) == png.read_bytes()


def test_sixels_are_six_rows_a_band_and_a_layer_a_colour(png):
    show = attachments.picture({"WANDBWATCH_PICTURES": "sixel"})
    assert show is not None
    told = show(str(png), 80)
    found = re.fullmatch(r'\x1bPq"1;1;40;14((?:#\d+;2;[\d;]+)*)(.*)\x1b\\', told)
    assert found
    head, body = found.groups()
    assert head.count(";2;") == 2
    bands = body.split("-")
    assert len(bands) == 3
    assert sorted(re.sub(r"^#\d", "", layer) for layer in bands[0].split("$")) == [
        "!20?!20~",
        "!20~!20?",
    ]
    assert "!20B" in bands[2], "two rows are left"


def test_a_file_that_is_no_picture_is_not_shown(tmp_path):
    show = attachments.picture({"WANDBWATCH_PICTURES": "sixel"})
    assert show is not None
    (tmp_path / "a.mp4").write_bytes(b"x")
    (tmp_path / "b.png").write_bytes(b"x")
    assert [show(str(tmp_path / name), 80) for name in ("a.mp4", "b.png", "c.png")] == [
        ""
    ] * 3


@pytest.mark.parametrize(
    ("says", "can"), [("\x1b[?62;4;22c", b"yes"), ("\x1b[?1;2c", b"no")]
)
def test_a_terminal_is_asked_whether_it_knows_sixels(says, can):
    ours, theirs = pty.openpty()
    code = (
        "import os; from wandbwatch.cli import attachments as t;"
        "t._PATIENCE = 20; os.write(2, b'yes' if t._says_sixel() else b'no')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
    ) as child:
        shown = b""
        while b"\x1b[c" not in shown:
            shown += os.read(ours, 64)
        os.write(ours, says.encode())
        assert child.stderr is not None
        assert child.stderr.read() == can
    os.close(ours)
    os.close(theirs)


def test_a_report_shows_its_pictures_and_their_paths(png):
    series = Series("loss", [0.0, 1.0], [1.0, 2.0])
    plot = Plot("loss", "step", (Line("r", "r", series),), file=str(png))
    piece = Piece("a.png", "a.png", lambda: iter(()), file=str(png))
    album = Attachment("sample", "image", (piece,))
    screen = Screen(120, picture=lambda file, columns: f"<{Path(file).name} {columns}>")
    told = list(render([Report("image", "", (plot, plot, album))], screen))
    assert [text.count("<a.png 120>") for text in told] == [1, 1, 1]
    assert all(str(png) in text for text in told)
    assert "over step" not in told[0]


def test_a_terminal_is_asked_only_where_there_is_a_picture(monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr(attachments, "picture", lambda _: asked.append("x"))
    screen = Screen(120, picture=attachments.TerminalPictures({}))
    list(render([Report("project", "acme/gpt", (Note("no runs here yet"),))], screen))
    assert not asked
    series = Series("loss", [0.0, 1.0], [1.0, 2.0])
    plot = Plot("loss", "step", (Line("r", "r", series),))
    told = "".join(render([Report("image", "", (plot, plot))], screen))
    assert asked == ["x"]
    assert told.count("over step") == 2
