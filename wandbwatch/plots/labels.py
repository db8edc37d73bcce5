"""Words from W&B made fit to be drawn: one line, of a width, of glyphs there are."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Collection

NO_GLYPH = "□"
_LONGEST = 300
"""Characters; more fit on no picture, and measuring them all would take long."""
_STACK = 2
"""Combining marks on one character; more would be drawn over what is next to it."""


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
    """Cut the middle out of *text* until it *fits*; its two ends tell most."""
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


_SELECTORS = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""They ask for an emoji's colour, or for its colour of skin."""
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co"}
