"""Words from W&B in a picture: cleaned, cut to a width, in fonts that have them."""

from __future__ import annotations

import functools
import math
import re
from bisect import bisect
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import PIL.Image
import regex
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from PIL import ImageDraw, ImageFont
from PIL.Image import Image

if TYPE_CHECKING:
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.text import Text


BASE = "DejaVu Sans"
"""Comes with matplotlib, so every machine has it."""
_LIKED = re.compile(
    r"(Noto Sans|Source Han Sans|Sarasa|WenQuanYi|PingFang|Hiragino|Heiti|Microsoft Ya"
    r"|Yu Gothic|Meiryo|Malgun|Apple SD|Nanum|IPA|TakaoP?Gothic|VL P?Gothic|Droid Sans"
    r"|Arial Unicode|Noto Emoji|Symbola|Segoe UI|Unifont)"
)
_NOT_FOR_WORDS = re.compile(
    r"Last ?Resort|Adobe Blank|Color ?Emoji|Segoe UI Emoji|Twemoji"
    r"|^STIX(?!General)|^cm[a-z]+\d+$"
)
"""Fonts of placeholders, of colour bitmaps, of formulas' parts."""
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")


_CJK = re.compile(
    r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\uffef\U00020000-\U0003ffff]"
)
_EMOJI = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff]")


class Fonts(NamedTuple):
    families: list[str]
    missing: set[str]
    """The characters that no font of this machine has."""


def packages(missing: Iterable[str]) -> tuple[str, ...]:
    """Name Debian's packages with fonts that have the *missing* letters."""
    found = {
        "fonts-noto-cjk"
        if _CJK.match(letter)
        else "fonts-noto-color-emoji"
        if _EMOJI.match(letter)
        else "fonts-noto-core"
        for letter in missing
    }
    return tuple(sorted(found))


def fonts_for(texts: Iterable[str]) -> Fonts:
    """Find the fonts that *texts* need beyond the base, as few as do.

    Fonts are opened only for characters that the base does not have.
    """
    base = font_manager.findfont(BASE)
    missing = _lacking(base, {c for text in texts for c in text})
    families = [BASE]
    for family, path in _others(_region(missing)) if missing else ():
        lacking = _lacking(path, missing)
        if len(lacking) < len(missing):
            families.append(family)
            missing = lacking
        if not missing:
            break
    return Fonts(families, missing)


def _others(region: str) -> Iterator[tuple[str, str]]:
    """Yield families and their plainest files, text fonts first."""
    _list_new_ones()

    def rank(entry: font_manager.FontEntry) -> tuple[bool | str, ...]:
        regular = str(entry.weight) in {"400", "normal", "regular", "book"}
        plainness = (entry.style != "normal", not regular, entry.fname)
        name = entry.name
        return (not _LIKED.match(name), not name.endswith(region), name, *plainness)

    found: dict[str, str] = {}
    for entry in sorted(font_manager.fontManager.ttflist, key=rank):
        if entry.name != BASE and not _NOT_FOR_WORDS.search(entry.name):
            found.setdefault(entry.name, entry.fname)
    yield from found.items()


def _region(characters: Iterable[str]) -> str:
    """Return whose shapes to use for the characters that CJK languages share."""
    text = "".join(characters)
    return " JP" if _KANA.search(text) else " KR" if _HANGUL.search(text) else " SC"


@functools.cache
def _list_new_ones() -> None:
    """Add fonts that were installed since matplotlib listed this machine's."""
    listed = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - listed):
        if not _NOT_FOR_WORDS.search(path):
            try:
                font_manager.fontManager.addfont(path)
            except (OSError, RuntimeError):  # not one that can be drawn with
                continue


def _lacking(path: str, characters: set[str]) -> set[str]:
    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):  # listed, but gone or broken since
        return characters
    if not font.scalable:
        return characters
    return {c for c in characters if c != " " and not font.get_char_index(ord(c))}


_FONTS = re.compile(
    r"(NotoColorEmoji|Apple Color Emoji|seguiemj|Twemoji)[^/\\]*\.tt[fc]$"
)
_SIZES = (109, 160, 128, 96, 64)
"""Fonts of bitmaps have one size only: Noto's 109, Apple's 160."""
_FIRST, _LAST = 0xE000, 0xF8FF
"""Characters of the private use area stand for emoji, which matplotlib can't draw in
colour; no name has one once it is cleaned."""


@functools.lru_cache(maxsize=256)
def _image(character: str) -> Image | None:
    """Return the machine's picture of an emoji, a square."""
    for known, font in _fonts():
        if ord(character) in known:
            left, top, right, bottom = font.getbbox(character)
            side = math.ceil(max(right - left, bottom - top, 1))
            image = PIL.Image.new("RGBA", (side, side), (0, 0, 0, 0))
            at = ((side - right - left) / 2, (side - bottom - top) / 2)
            pen = ImageDraw.Draw(image)
            pen.text(at, character, font=font, embedded_color=True)
            return image
    return None


@functools.cache
def _fonts() -> tuple[tuple[Collection[int], ImageFont.FreeTypeFont], ...]:
    """Open the machine's emoji fonts: their characters, and how to draw them."""
    paths = [path for path in font_manager.findSystemFonts() if _FONTS.search(path)]
    opened = ((path, _opened(path)) for path in sorted(paths))
    return tuple((_characters(path), font) for path, font in opened if font)


def _characters(path: str) -> Collection[int]:
    """Read what a font has; before 3.11 matplotlib refuses those of bitmaps."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 -- few names have emoji

    with TTFont(path, fontNumber=0, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


def _opened(path: str) -> ImageFont.FreeTypeFont | None:
    for size in _SIZES:
        try:
            return ImageFont.truetype(path, size)
        except OSError:  # not a size that it has
            continue
    return None


DPI = 100
TEXT = 22
"""Pixels; 11 where a phone shows a picture 400 wide."""
NO_GLYPH = "□"
_LONGEST = 300
"""Characters: more never fit, and measuring them all would take long."""
_STACKS = regex.compile(r"(\p{M}{2})\p{M}+")
"""More combining marks on a character would be drawn over what is next to it."""
_MODIFIERS = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Of an emoji: colour, or skin tone."""
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
        images = {c: image for c in sorted(fonts.missing) if (image := _image(c))}
        stand_ins = dict(zip(images, map(chr, range(_FIRST, _LAST)), strict=False))
        self._stand_ins = str.maketrans(stand_ins)
        self._emoji = {stand_in: images[c] for c, stand_in in stand_ins.items()}
        self.missing = fonts.missing - stand_ins.keys()
        """The letters that no font of this machine has; they are drawn as boxes."""
        self._families = fonts.families
        self._renderer = RendererAgg(1, 1, DPI)
        self._stamps = _Stamps()
        self._small = self.font()
        self._widths: dict[tuple[str, FontProperties], float] = {}

    def font(self, size: float = TEXT, *, bold: bool = False) -> FontProperties:
        weight = "bold" if bold else "normal"
        return FontProperties(family=self._families, size=points(size), weight=weight)

    def clean(self, text: str) -> str:
        """Return *text* as it can be written, with stand-ins for emoji."""
        return without_glyphs(clean(text), self.missing).translate(self._stand_ins)

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
        *,
        align: float = 0.0,
    ) -> Text:
        """Write a cleaned *text* on the baseline *at*, in pixels.

        *align* says which part of its width is left of it: 0.5 centres the text.
        """
        font, x = font or self._small, at[0] - align * self.width(text, font)
        artist = figure.text(
            x, at[1], "", transform=None, fontproperties=font, color=colour
        )
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

    def _spaced(self, text: str) -> tuple[str, dict[int, Image]]:
        """Return *text* with a wide space for each emoji, and these by their place."""
        found = {i: self._emoji[c] for i, c in enumerate(text) if c in self._emoji}
        spaced = "".join(_WIDE_SPACE if c in self._emoji else c for c in text)
        return spaced, found


class _Stamps(Artist):
    """The emoji of a picture, put where their texts leave room for them."""

    def __init__(self) -> None:
        super().__init__()
        self.set_zorder(9)
        self._texts: list[tuple[Text, dict[int, Image]]] = []

    def add(self, text: Text, pictures: dict[int, Image]) -> None:
        self._texts.append((text, pictures))

    def draw(self, renderer: RendererBase) -> None:
        for text, pictures in self._texts:
            font = text.get_fontproperties()
            side = round(font.get_size_in_points() * DPI / 72 * _LARGER)
            left, bottom = text.get_transform().transform(text.get_position())
            for place, picture in pictures.items():
                before = _width(renderer, text.get_text()[:place], font)
                image = picture.resize((side, side))
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
    seen = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return " ".join(_STACKS.sub(r"\1", _MODIFIERS.sub("", seen)).split())


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
    counts = range(1, len(text))
    return _ends(text, bisect(counts, 0, key=lambda n: not fits(_ends(text, n))))


def _ends(text: str, kept: int) -> str:
    tail = kept // 2
    return text[: kept - tail].rstrip() + "…" + text[len(text) - tail :].lstrip()
