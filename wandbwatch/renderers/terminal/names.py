"""Names and their values, aligned; a long group stands in columns on a wide screen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from wandbwatch import formatting
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Cell, Fields
from wandbwatch.renderers.terminal.styles import (
    HEADING,
    QUIET,
    is_nothing,
    is_number,
    styled,
)
from wandbwatch.renderers.terminal.wrapping import folded, refolded

_INDENT, _GAP, _BETWEEN = 2, 2, 4
_FEW = 8
"""So many items stand below each other however wide the screen is."""
_NAME_SHARE = 0.45
_WIDEST_NUMBER = 20

Item = tuple[str, Text]


def shown(fields: Fields, screen: Screen) -> Iterator[RenderableType]:
    if fields.heading:
        yield Text(folded(formatting.clean(fields.heading), screen.width), HEADING)
    indent = _INDENT if fields.heading else 0
    width = screen.width - indent
    values = ((formatting.clean(n), c, styled(c, screen.now)) for n, c in fields.items)
    if items := _aligned(list(values)):
        yield Padding(columns(items, width), (0, 0, 0, indent))


def columns(items: Sequence[Item], width: int, longest: int = 0) -> Grid:
    """Lay items out below each other, many of them in as many columns as fit.

    *longest* is the width of the longest name that values shall stand right of.
    """
    longest = max(longest, *(cell_len(name) for name, _ in items))
    natural = _natural(items, longest)
    fitting = (width + _BETWEEN) // (natural + _BETWEEN)
    count = min(fitting, math.ceil(len(items) / _FEW))
    if count <= 1:
        return _pairs(items, width, longest)
    height = math.ceil(len(items) / count)
    grid = Grid.grid(padding=(0, _BETWEEN, 0, 0), pad_edge=False)
    parts = [items[at : at + height] for at in range(0, len(items), height)]
    grid.add_row(*(_pairs(part, natural, longest) for part in parts))
    return grid


def _pairs(items: Sequence[Item], width: int, longest: int) -> Grid:
    """Lay items out as a name and a value a row, the long ones folded."""
    name_width = min(longest, int(width * _NAME_SHARE))
    value_width = width - name_width - _GAP
    grid = Grid.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    grid.add_column(width=name_width, style=QUIET, overflow="fold")
    grid.add_column(max_width=value_width, overflow="fold")
    for name, value in items:
        grid.add_row(folded(name, name_width), refolded(value, value_width))
    return grid


def _aligned(items: Sequence[tuple[str, Cell, Text]]) -> list[Item]:
    """Align a group of numbers to the right, but for a giant.

    Among words and states, numbers that stand to the right would seem astray.
    """
    if all(is_number(cell) or is_nothing(cell) for _, cell, _ in items):
        widths = [len(text.plain) for *_, text in items]
        widest = max((width for width in widths if width <= _WIDEST_NUMBER), default=0)
        for *_, text in items:
            text.pad_left(widest - len(text.plain))
    return [(name, text) for name, _, text in items]


def _natural(items: Sequence[Item], longest: int) -> int:
    """Return the width at which no item is folded."""
    value = max(text.cell_len for _, text in items)
    return max(longest + _GAP + value, math.ceil(longest / _NAME_SHARE))
