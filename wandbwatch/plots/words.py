"""Words from W&B in a picture: cleaned, cut to a width, in fonts that have them."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from wandbwatch.plots.emoji import Picture, emoji
from wandbwatch.plots.fonts import fonts_for

if TYPE_CHECKING:
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.text import Text

DPI = 100
TEXT = 22
"""Pixels; 11 where a phone shows a picture 400 wide."""
NO_GLYPH = "□"
_LONGEST = 300
"""Characters: more never fit, and measuring them all would take long."""
_STACK = 2
"""Combining marks on one character; more would be drawn over what is next to it."""
_SELECTORS = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Modifiers of an emoji: colour, or skin tone."""
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co"}
_WIDE_SPACE = "\N{EM SPACE}"
_LARGER, _BELOW = 1.1, 0.18
"""An emoji's height and its drop below the line, relative to the font."""


def points(size: float) -> float:
    """Return *size* pixels in points, in which matplotlib takes fonts and lines."""
    return size * 72 / DPI


class Words:
    """Writes *texts* on one picture, and says how wide they are in pixels."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Choose fonts that have the letters of *texts*."""
        fonts = fonts_for(clean(text) for text in texts)
        self._emoji = emoji(fonts.missing)
        self.missing = fonts.missing - self._emoji.stand_ins.keys()
        """The letters that no font of this machine has; they are drawn as boxes."""
        self._families = list(fonts.families)
        self._renderer = RendererAgg(1, 1, DPI)
        self._stamps = _Stamps()
        self._small = self.font()
        self._widths: dict[tuple[str, FontProperties], float] = {}

    def font(self, size: float = TEXT, *, bold: bool = False) -> FontProperties:
        weight = "bold" if bold else "normal"
        return FontProperties(family=self._families, size=points(size), weight=weight)

    def clean(self, text: str) -> str:
        """Return *text* as it can be written, with stand-ins for emoji."""
        return self._emoji.put(without_glyphs(clean(text), self.missing))

    def width(self, text: str, font: FontProperties | None = None) -> float:
        """Return how many pixels wide a cleaned *text* is."""
        key = text, font or self._small
        if key not in self._widths:
            spaced, _ = self._spaced(text)
            self._widths[key] = _width(self._renderer, spaced, key[1])
        return self._widths[key]

    def fit(self, text: str, width: float, font: FontProperties | None = None) -> str:
        """Clean *text* and cut its middle out until it is *width* pixels wide."""
        return shorten(self.clean(text), lambda part: self.width(part, font) <= width)

    def write(
        self,
        figure: Figure,
        at: tuple[float, float],
        text: str,
        colour: str,
        font: FontProperties | None = None,
    ) -> Text:
        """Write a cleaned *text*; its baseline begins *at*, in pixels."""
        font = font or self._small
        artist = figure.text(*at, "", transform=None, fontproperties=font, color=colour)
        self.dress(figure, artist, text)
        return artist

    def dress(self, figure: Figure, artist: Text, text: str) -> None:
        """Make *artist* show a cleaned *text*, its emoji as pictures."""
        spaced, pictures = self._spaced(text)
        artist.set_text(spaced)
        artist.set_parse_math(False)  # a name is no formula: $, _ and \ are themselves
        if pictures:
            self._stamps.add(artist, pictures)
            if self._stamps not in figure.artists:
                figure.add_artist(self._stamps)

    def _spaced(self, text: str) -> tuple[str, dict[int, Picture]]:
        """Return *text* with a wide space for each emoji, and these by their place."""
        found = {
            i: picture
            for i, character in enumerate(text)
            if (picture := self._emoji.pictures.get(character)) is not None
        }
        if not found:
            return text, {}
        return "".join(_WIDE_SPACE if i in found else c for i, c in enumerate(text)), (
            found
        )


class _Stamps(Artist):
    """The emoji of a picture, put where their texts leave room for them."""

    def __init__(self) -> None:
        super().__init__()
        self.set_zorder(9)
        self._texts: list[tuple[Text, dict[int, Picture]]] = []

    def add(self, text: Text, pictures: dict[int, Picture]) -> None:
        self._texts.append((text, pictures))

    def draw(self, renderer: RendererBase) -> None:
        for text, pictures in self._texts:
            font = text.get_fontproperties()
            side = round(font.get_size_in_points() * DPI / 72 * _LARGER)
            left, bottom = text.get_transform().transform(text.get_position())
            for place, picture in pictures.items():
                before = _width(renderer, text.get_text()[:place], font)
                image = PIL.Image.fromarray(picture).resize((side, side))
                x, y = round(left + before), round(bottom - side * _BELOW)
                renderer.draw_image(
                    renderer.new_gc(), x, y, np.asarray(image)[::-1].copy()
                )


def _width(renderer: RendererBase, text: str, font: FontProperties) -> float:
    """Measure *text* with the spaces at its ends, which have no ink."""
    measure = partial(renderer.get_text_width_height_descent, prop=font, ismath=False)
    if text == text.strip():
        return float(measure(text)[0]) if text else 0.0
    return float(measure(f"n{text}n")[0] - measure("nn")[0])


def clean(text: str) -> str:
    """Return *text* on one line, without controls, format and bidi characters."""
    if len(text) > _LONGEST:
        text = text[: _LONGEST // 2] + "…" + text[-_LONGEST // 2 :]
    drawn = "".join(" " if c.isspace() else c for c in text if _drawable(c))
    stacks = itertools.groupby(drawn, key=lambda c: unicodedata.category(c)[0] == "M")
    parts = ("".join(c)[: _STACK if marks else None] for marks, c in stacks)
    return " ".join("".join(parts).split())


def without_glyphs(text: str, missing: Collection[str]) -> str:
    """Return *text* with a box for every stretch of characters no font has."""
    if not missing:
        return text
    boxed = "".join(NO_GLYPH if c in missing else c for c in text)
    return re.sub(f"{NO_GLYPH}+", NO_GLYPH, boxed)


def shorten(text: str, fits: Callable[[str], bool]) -> str:
    """Cut the middle out of *text* until it *fits*; its ends say most."""
    if not text or fits(text):
        return text
    low, high = 0, len(text)
    while high - low > 1:
        kept = (low + high) // 2
        low, high = (kept, high) if fits(_ends(text, kept)) else (low, kept)
    return _ends(text, low)


def _ends(text: str, kept: int) -> str:
    tail = kept // 2
    return text[: kept - tail].rstrip() + "…" + text[len(text) - tail :].lstrip()


def _drawable(character: str) -> bool:
    if character.isspace():
        return True
    if _SELECTORS.fullmatch(character):
        return False
    return unicodedata.category(character) not in _UNSEEN
