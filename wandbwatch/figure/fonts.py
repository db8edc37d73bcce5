"""Which of this machine's fonts draw the words of a picture."""

from __future__ import annotations

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
    r"Last ?Resort|Color Emoji|^STIX(?!General)|^cm[a-z]+\d+$|Adobe Blank"
)
"""Fonts of placeholders, of colour bitmaps, of formulas' parts."""


@dataclass(frozen=True)
class Fonts:
    families: tuple[str, ...]
    missing: frozenset[str]
    """The characters that no font of this machine has."""


def fonts_for(texts: Iterable[str]) -> Fonts:
    """Find the fonts that *texts* need beyond the base, as few as do.

    Fonts are opened only for characters that the base does not have.
    """
    base = font_manager.findfont(BASE)
    missing = _lacking(base, {c for text in texts for c in text})
    families = [BASE]
    for family, path in _others() if missing else ():
        lacking = _lacking(path, missing)
        if len(lacking) < len(missing):
            families.append(family)
            missing = lacking
        if not missing:
            break
    return Fonts(tuple(families), frozenset(missing))


def _others() -> Iterator[tuple[str, str]]:
    """Yield families and their files, the ones made for reading first."""
    found: dict[str, font_manager.FontEntry] = {}
    for entry in font_manager.fontManager.ttflist:
        if entry.name != BASE and not _NOT_FOR_WORDS.search(entry.name):
            known = found.get(entry.name)
            if known is None or _plainness(entry) < _plainness(known):
                found[entry.name] = entry
    for name in sorted(found, key=lambda name: (not _LIKED.match(name), name)):
        yield name, found[name].fname


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
