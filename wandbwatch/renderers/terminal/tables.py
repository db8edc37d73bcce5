"""Tables: as they are, with folded cells, or a card a row, by what the width allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text

from wandbwatch import formatting
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Cell, Missing, Table, latest
from wandbwatch.model.run import State
from wandbwatch.renderers.terminal import names
from wandbwatch.renderers.terminal.styles import (
    HEADING,
    QUIET,
    is_nothing,
    is_number,
    linked,
    styled,
)
from wandbwatch.renderers.terminal.wrapping import folded, least, refolded

_GAPS = (2, 1)
_WHOLE = (State, int, float, datetime, timedelta, Missing)
_LONGEST_PIECE = 12


@dataclass(frozen=True)
class TableColumn:
    """One column as it is shown. ``whole`` ones keep their values on one line."""

    name: str
    cells: tuple[Text, ...]
    right: bool
    whole: bool

    @property
    def natural(self) -> int:
        return max(cell_len(self.name), *(text.cell_len for text in self.cells))

    @property
    def narrowest(self) -> int:
        """Return the width below which a table is hard to read."""
        head = min(least(self.name), _LONGEST_PIECE)
        if self.whole:
            return max(head, *(text.cell_len for text in self.cells))
        piece = max(least(text.plain) for text in self.cells)
        return max(head, min(piece, _LONGEST_PIECE))


def shown(table: Table, screen: Screen) -> Iterator[RenderableType]:
    if table.title:
        yield Text(folded(formatting.clean(table.title), screen.width), HEADING)
    columns = _columns(table, screen) if table.rows else []
    if not columns:
        return
    for gap in _GAPS:
        if widths := _widths(columns, screen.width, gap):
            yield _grid(columns, widths, gap)
            return
    yield from _cards(columns, screen.width)


def _columns(table: Table, screen: Screen) -> list[TableColumn]:
    """Word the table. A column in which no row has a value is left out."""
    whole = zip(*table.rows, strict=True)
    filled = [(n, c) for n, c in zip(table.columns, whole, strict=True) if _filled(c)]
    columns = [_column(name, cells, screen) for name, cells in filled]
    named = (i for i, (_, cells) in enumerate(filled) if any(map(_is_text, cells)))
    for index in islice(named, 1):
        for text, url in zip(columns[index].cells, table.links, strict=False):
            text.stylize(linked(url))
    return columns


def _column(name: str, cells: Sequence[Cell], screen: Screen) -> TableColumn:
    return TableColumn(
        formatting.clean(name),
        tuple(styled(cell, screen.now) for cell in cells),
        right=all(is_number(cell) or is_nothing(cell) for cell in cells),
        whole=all(isinstance(latest(cell), _WHOLE) for cell in cells),
    )


def _filled(cells: Sequence[Cell]) -> bool:
    return not all(map(is_nothing, cells))


def _is_text(cell: Cell) -> bool:
    value = latest(cell)
    return isinstance(value, str) and not isinstance(value, State)


def _widths(columns: Sequence[TableColumn], width: int, gap: int) -> list[int]:
    """Share the screen's width among the columns; nothing if it is too narrow."""
    left = width - gap * (len(columns) - 1)
    wanted = [column.natural for column in columns]
    given = [min(w, c.narrowest) for w, c in zip(wanted, columns, strict=True)]
    if sum(given) > left:
        return []
    while sum(given) < min(left, sum(wanted)):
        lacking = [w - g for w, g in zip(wanted, given, strict=True)]
        given[lacking.index(max(lacking))] += 1
    return given


def _grid(columns: Sequence[TableColumn], widths: Sequence[int], gap: int) -> Grid:
    grid = Grid.grid(padding=(0, gap, 0, 0), pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        side: Literal["left", "right"] = "right" if column.right else "left"
        grid.add_column(width=width, justify=side, overflow="fold")
    heads = (Text(column.name, QUIET) for column in columns)
    for cells in (heads, *zip(*(column.cells for column in columns), strict=True)):
        grid.add_row(*map(refolded, cells, widths))
    return grid


def _cards(columns: Sequence[TableColumn], width: int) -> Iterator[RenderableType]:
    """Show each row as names and values; a value that is not there is not named."""
    heads = [column.name for column in columns]
    longest = max(map(cell_len, heads))
    gap: tuple[RenderableType, ...] = ()
    for row in zip(*(column.cells for column in columns), strict=True):
        cells = zip(heads, row, strict=True)
        there = [(n, c) for n, c in cells if c.plain not in ("", formatting.NOTHING)]
        if there:
            yield from (*gap, names.columns(there, width, longest))
        gap = ("",)
