"""Lines no wider than they may be, measured in cells: a CJK letter takes two."""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells
from rich.text import Text

_BREAKS = re.compile(r"(?<= )(?! )|(?<=[/_\-,])(?! )|(?<=\.)(?=[^\W\d])")
"""Where a line may be broken: after spaces, and inside of names, not of numbers."""


def folded(text: str, width: int) -> str:
    """Break one line of *text* into lines of at most *width* cells, losing nothing."""
    if cell_len(text) <= width:
        return text
    lines: list[str] = []
    line = ""
    for piece in _BREAKS.split(text):
        if cell_len((line + piece).rstrip()) <= width:
            line += piece
            continue
        chopped = _chopped(piece, width)
        lines += [line, *chopped[:-1]] if line else chopped[:-1]
        line = chopped[-1]
    return "\n".join(line.rstrip() for line in [*lines, line])


def refolded(text: Text, width: int) -> Text:
    """Fold a styled line; it has one style from its first letter to its last."""
    if text.cell_len <= width:
        return text
    lines = Text(folded(text.plain, width), text.style)
    for span in text.spans:
        lines.stylize(span.style)
    return lines


def least(text: str) -> int:
    """Return the width of the widest piece that a fold would rather not break."""
    return max(cell_len(piece.rstrip()) for piece in _BREAKS.split(text))


def _chopped(piece: str, width: int) -> list[str]:
    if cell_len(piece.rstrip()) <= width:
        return [piece]
    return chop_cells(piece, width)
