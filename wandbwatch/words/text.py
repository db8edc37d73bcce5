"""Text from outside, made harmless."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_HARMFUL = {"Cc", "Cf"}
_LONE_SURROGATE = "Cs"


def clean(text: str, *, lines: bool = False) -> str:
    """Take away what could steer a terminal or turn the reading direction.

    Control and format characters go, a lone surrogate becomes U+FFFD. Line breaks
    become spaces, or ``\\n`` where *lines* are wanted.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _BREAKS.sub("\n" if lines else " ", text).expandtabs(8 if lines else 1)
    return "".join(c if c == "\n" or c.isprintable() else _harmless(c) for c in text)


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category == _LONE_SURROGATE:
        return "\ufffd"
    return "" if category in _HARMFUL else character
