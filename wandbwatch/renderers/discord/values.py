"""Values as Discord shows them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime

from wandbwatch import formatting
from wandbwatch.model.report import Cell, Missing
from wandbwatch.renderers.discord import escape

SMALL = "-# "
"""What makes small text of a line."""
_LONGEST_ROW = 300
"""In a longer one nobody finds a value any more."""
_BETWEEN = " · "


def lively(cell: Cell) -> bool:
    """Whether Discord keeps it up to date, which it does not in a code block."""
    return isinstance(cell, datetime)


def told(cell: Cell) -> str:
    """Word *cell*, not yet escaped; a blank one is told by a dash."""
    return formatting.cell(cell).strip() or formatting.NOTHING


def markdown(cell: Cell) -> str:
    """Write *cell* where Discord reads markdown; a time is Discord's own."""
    if isinstance(cell, datetime):
        return f"<t:{math.floor(formatting.utc(cell).timestamp())}:R>"
    return escape.text(told(cell))


def pairs(items: Iterable[tuple[str, Cell]]) -> Iterator[str]:
    """Write names and values beside each other, a long one on lines of its own."""
    return _rows(items, "", "**")


def small_pairs(items: Iterable[tuple[str, Cell]]) -> Iterator[str]:
    return _rows(items, SMALL, "")


def _rows(items: Iterable[tuple[str, Cell]], start: str, bold: str) -> Iterator[str]:
    row = ""
    for name, cell in items:
        mark = "" if lively(cell) else bold  # a time stands out by itself
        pair = f"{escape.text(named(name))} {mark}{markdown(cell)}{mark}"
        if row and len(row) + len(pair) >= _LONGEST_ROW:
            yield row
            row = ""
        if len(pair) > _LONGEST_ROW:
            yield from escape.lines(named(name), start=start)
            yield from _long(cell, start)
        else:
            row = f"{row}{_BETWEEN}{pair}" if row else f"{start}{pair}"
    if row:
        yield row


def _long(cell: Cell, start: str) -> Iterator[str]:
    if lively(cell):
        yield start + markdown(cell)
    else:
        yield from escape.lines(told(cell), start=start)


def named(name: str) -> str:
    return formatting.clean(name).strip() or formatting.NOTHING


def missing(cell: Cell) -> bool:
    return isinstance(cell, Missing) or cell == ()


def width(text: str) -> int:
    """Count the columns of *text* in a font of one width."""
    return sum(map(_columns, text))


def padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
