"""Choose this machine's fonts for the words of a picture."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

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


@dataclass(frozen=True)
class Fonts:
    families: tuple[str, ...]
    missing: frozenset[str]
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
    return Fonts(tuple(families), frozenset(missing))


def _others(region: str) -> Iterator[tuple[str, str]]:
    """Yield families and their files, text fonts first."""
    _list_new_ones()
    found: dict[str, font_manager.FontEntry] = {}
    for entry in font_manager.fontManager.ttflist:
        if entry.name != BASE and not _NOT_FOR_WORDS.search(entry.name):
            known = found.get(entry.name)
            if known is None or _plainness(entry) < _plainness(known):
                found[entry.name] = entry

    def rank(name: str) -> tuple[bool, bool, str]:
        return (not _LIKED.match(name), not name.endswith(region), name)

    for name in sorted(found, key=rank):
        yield name, found[name].fname


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


def _plainness(entry: font_manager.FontEntry) -> tuple[bool, bool, str]:
    regular = str(entry.weight) in {"400", "normal", "regular", "book"}
    return (entry.style != "normal", not regular, entry.fname)


def _lacking(path: str, characters: set[str]) -> set[str]:
    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):  # listed, but gone or broken since
        return characters
    if not font.scalable:
        return characters
    return {c for c in characters if c != " " and not font.get_char_index(ord(c))}
