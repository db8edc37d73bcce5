"""A font made for the test stands for the ones that a machine may have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from wandbwatch.plots.words import BASE, fonts_for, packages

from tests.plots.pictures import pixels

DRAW = """
import sys
from wandbwatch.plots import png
from wandbwatch.model.report import Line, Plot
from wandbwatch.model.run import Series
line = Line("a1", "\U00030ede\U00030000 run \U00030001", Series("k", [0, 1], [1, 2]))
plot = Plot("loss", "step", (line,))
sys.stdout.buffer.write(png(plot))
"""


def install(place: Path) -> None:
    """Put fonts there that have a square for three Chinese characters, one of them red.

    They are so rare that no font of this machine will have them, and the fonts'
    names are of those that are tried first.
    """
    place.mkdir(parents=True)
    squares = squares_for("Apple SD Squares", 0x30EDE, 0x30000)
    squares.save(place / "squares.ttf")
    red = squares_for("Noto Color Emoji", 0x30001)
    red.setupCOLR({"square": [("square", 0)]})
    red.setupCPAL([[(1.0, 0.0, 0.0, 1.0)]])
    red.save(place / "NotoColorEmoji-Test.ttf")


def squares_for(family: str, *characters: int) -> FontBuilder:
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap(dict.fromkeys(characters, "square"))
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    return builder


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


def red(picture: bytes) -> int:
    """Count the pixels that are red and nothing else."""
    return int((pixels(picture) == [255, 0, 0]).all(axis=2).sum())


@pytest.fixture(scope="module")
def with_font(tmp_path_factory):
    home = tmp_path_factory.mktemp("with")
    install(home / "data" / "fonts")
    return drawn(home, MPLCONFIGDIR=str(home / "settings"))


@pytest.fixture(scope="module")
def without_font(tmp_path_factory):
    home = tmp_path_factory.mktemp("without")
    return drawn(home, MPLCONFIGDIR=str(home))


def test_a_name_is_drawn_by_a_font_that_has_it(with_font, without_font):
    picture, complaints = with_font
    assert complaints == b""
    assert picture.startswith(b"\x89PNG")
    assert picture != without_font[0]


def test_an_emoji_is_drawn_in_its_colours(with_font, without_font):
    assert 150 < red(with_font[0]) < 500
    assert red(without_font[0]) == 0


def test_a_home_that_can_not_be_written_is_no_trouble():
    nowhere = "/proc/nowhere"
    picture, complaints = drawn(
        Path(nowhere), XDG_CACHE_HOME=nowhere, XDG_CONFIG_HOME=nowhere, MPLCONFIGDIR=""
    )
    assert picture.startswith(b"\x89PNG")
    assert complaints == b""


def test_no_font_is_opened_for_what_the_base_has():
    assert fonts_for(["plain", "Ünïcödé", "Ω"]).families == [BASE]


def test_what_no_font_has_is_reported():
    assert fonts_for(["a\U0001f9ff"]).missing <= {"\U0001f9ff"}
    assert fonts_for(["a\U0003fff0"]).missing == {"\U0003fff0"}


def test_a_package_is_named_for_letters_without_a_font():
    assert packages("训") == packages("한\U00030000") == ("fonts-noto-cjk",)
    assert packages("🔥ع") == ("fonts-noto-color-emoji", "fonts-noto-core")
    assert packages("") == ()
