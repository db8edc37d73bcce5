"""A font made for the test stands for the ones that a machine may have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from wandbwatch.figure.fonts import BASE, fonts_for

DRAW = """
import sys
from wandbwatch.figure import png
from wandbwatch.model.report import Line, Plot
from wandbwatch.model.run import Series
line = Line("a1", "\U00030ede\U00030000 run", Series("k", [0, 1], [1, 2]))
plot = Plot("loss", "step", (line,))
sys.stdout.buffer.write(png(plot))
"""


def install(place: Path) -> None:
    """Put a font there that has a full square for two Chinese characters.

    They are so rare that no font of this machine will have them, and its name is
    one of those that are tried first.
    """
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({0x30EDE: "square", 0x30000: "square"})
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Apple SD Squares", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    place.mkdir(parents=True)
    builder.save(place / "squares.ttf")


def drawn(home: Path, **env: str) -> tuple[bytes, bytes]:
    """Draw in a process of its own; return its picture and what it complained of."""
    places = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), **env}
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", DRAW],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **places},
    )
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def with_font(tmp_path_factory):
    home = tmp_path_factory.mktemp("with")
    install(home / "data" / "fonts")
    return drawn(home, MPLCONFIGDIR=str(home / "settings"))


def test_a_name_is_drawn_by_a_font_that_has_it(with_font, tmp_path):
    picture, complaints = with_font
    without, _ = drawn(tmp_path, MPLCONFIGDIR=str(tmp_path))
    assert complaints == b""
    assert picture.startswith(b"\x89PNG")
    assert picture != without


def test_a_home_that_can_not_be_written_is_no_trouble():
    nowhere = "/proc/nowhere"
    picture, complaints = drawn(
        Path(nowhere), XDG_CACHE_HOME=nowhere, XDG_CONFIG_HOME=nowhere, MPLCONFIGDIR=""
    )
    assert picture.startswith(b"\x89PNG")
    assert complaints == b""


def test_no_font_is_opened_for_what_the_base_has():
    assert fonts_for(["plain", "Ünïcödé", "Ω"]).families == (BASE,)


def test_what_no_font_has_is_told():
    assert fonts_for(["a\U0001f9ff"]).missing <= {"\U0001f9ff"}
    assert fonts_for(["a\U0003fff0"]).missing == {"\U0003fff0"}
