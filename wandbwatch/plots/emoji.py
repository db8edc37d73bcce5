"""Emoji in colour, which matplotlib's text can't draw: small images among words.

In text they are stood in for by characters of the private use area, which no name
has once it is cleaned.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont

Picture = npt.NDArray[np.uint8]

_FONTS = re.compile(
    r"(NotoColorEmoji|Apple Color Emoji|seguiemj|Twemoji)[^/\\]*\.tt[fc]$"
)
_SIZES = (109, 160, 128, 96, 64)
"""Fonts of bitmaps have one size only: Noto's 109, Apple's 160."""
_FIRST, _LAST = 0xE000, 0xF8FF


@dataclass(frozen=True)
class Emoji:
    """The images of some characters, by their stand-ins."""

    pictures: Mapping[str, Picture]
    """A square of red, green, blue and alpha."""
    stand_ins: Mapping[str, str]

    def put(self, text: str) -> str:
        """Replace the characters of *text* that there are images of."""
        return "".join(self.stand_ins.get(c, c) for c in text)


def emoji(characters: Iterable[str]) -> Emoji:
    """Find images of the emoji among *characters*, if the machine has them."""
    pictures: dict[str, Picture] = {}
    stand_ins: dict[str, str] = {}
    for character in sorted(set(characters))[: _LAST - _FIRST]:
        picture = _picture(character)
        if picture is not None:
            stand_in = chr(_FIRST + len(pictures))
            pictures[stand_in], stand_ins[character] = picture, stand_in
    return Emoji(pictures, stand_ins)


@functools.lru_cache(maxsize=256)
def _picture(character: str) -> Picture | None:
    for known, font in _fonts():
        if known.get_char_index(ord(character)):
            left, top, right, bottom = font.getbbox(character)
            side = math.ceil(max(right - left, bottom - top, 1))
            image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
            at = ((side - right - left) / 2, (side - bottom - top) / 2)
            pen = ImageDraw.Draw(image)
            pen.text(at, character, font=font, embedded_color=True)
            return np.asarray(image)
    return None


@functools.cache
def _fonts() -> tuple[tuple[FT2Font, ImageFont.FreeTypeFont], ...]:
    """Open the machine's emoji fonts: their characters, and how to draw them."""
    paths = [path for path in font_manager.findSystemFonts() if _FONTS.search(path)]
    opened = ((path, _opened(path)) for path in sorted(paths))
    return tuple((FT2Font(path), font) for path, font in opened if font)


def _opened(path: str) -> ImageFont.FreeTypeFont | None:
    for size in _SIZES:
        try:
            return ImageFont.truetype(path, size)
        except OSError:  # not a size that it has
            continue
    return None
