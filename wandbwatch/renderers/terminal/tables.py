"""Tables and fields: whole, with folded cells, or as cards, as the width allows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from wandbwatch import formatting
from wandbwatch.formatting import numbers
from wandbwatch.model.cell import Cell, Missing, latest
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Fields, Table
from wandbwatch.model.run import State
from wandbwatch.renderers.terminal.text import (
    CHOSEN,
    HEADING,
    QUIET,
    folded,
    is_nothing,
    is_number,
    least,
    linked,
    refolded,
    shortened,
    styled,
)

_INDENT, _GAP, _BETWEEN = 2, 2, 4
_FEW = 8
"""At most this many items stay in one column on any screen."""
_NAME_SHARE = 0.45
_WIDEST_NUMBER = 20

Item = tuple[str, Text]


def fields(found: Fields, screen: Screen) -> Iterator[RenderableType]:
    if found.heading:
        yield Text(folded(formatting.clean(found.heading), screen.width), HEADING)
    indent = _INDENT if found.heading else 0
    width = screen.width - indent
    title = found.title
    ours = title in numbers.SYSTEM
    shown = numbers.folded(found.items) if ours else found.items
    values = [
        (
            formatting.clean(numbers.system_name(n) if ours else n),
            c,
            _measured(title, n, c, screen),
        )
        for n, c in shown
    ]
    items = _aligned(values)
    if ours:
        keys = [re.sub(r" \(\d+\)$", "", formatting.clean(n)) for n, _ in shown]
        items = _with_keys(items, keys, width)
    if items:
        yield Padding(columns_of(items, width), (0, 0, 0, indent))


def _with_keys(items: Sequence[Item], keys: Sequence[str], width: int) -> list[Item]:
    """Put the key that `--keys` takes behind each value, where all have the room."""
    value = max((text.cell_len for _, text in items), default=0)
    key = max(map(cell_len, keys), default=0)
    longest = max((cell_len(name) for name, _ in items), default=0)
    if longest + value + key + 2 * _GAP > width or longest > width * _NAME_SHARE:
        return list(items)
    for (name, text), one in zip(items, keys, strict=True):
        if one != name:
            text.append(" " * (value + _GAP - text.cell_len))
            text.append(one, QUIET)
    return list(items)


def _measured(title: str, name: str, cell: Cell, screen: Screen) -> Text:
    """Word a value with its unit, or a large number in short."""
    text = styled(cell, screen.now)
    if short := numbers.measured(title, name, cell):
        text = Text(short, text.style)
    return text


def columns_of(items: Sequence[Item], width: int, longest: int = 0) -> Grid:
    """Lay items out in one column, many of them in as many columns as fit.

    *longest* is the least width of the name column.
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
    """Lay items out as a name and a value per row, long ones folded."""
    name_width = min(longest, int(width * _NAME_SHARE))
    value_width = width - name_width - _GAP
    grid = Grid.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    grid.add_column(width=name_width, style=QUIET, overflow="fold")
    grid.add_column(max_width=value_width, overflow="fold")
    for name, value in items:
        grid.add_row(folded(name, name_width), refolded(value, value_width))
    return grid


def _aligned(items: Sequence[tuple[str, Cell, Text]]) -> list[Item]:
    """Align a group of numbers to the right, except very long ones.

    Numbers among words and states stay on the left.
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


_GAPS = (2, 1)
_WHOLE = (State, int, float, datetime, timedelta, Missing)
_LONGEST_PIECE = 12


@dataclass(frozen=True)
class TableColumn:
    """A column as shown. A ``whole`` one keeps its values on one line."""

    name: str
    cells: tuple[Text, ...]
    right: bool
    whole: bool

    @property
    def natural(self) -> int:
        return max(cell_len(self.name), *(text.cell_len for text in self.cells))

    @property
    def bare(self) -> int:
        """Return the width at which only its name is folded."""
        head = min(least(self.name), _LONGEST_PIECE)
        return max(head, *(text.cell_len for text in self.cells))

    @property
    def narrowest(self) -> int:
        """Return the width below which a table is hard to read."""
        if self.whole:
            return self.bare
        head = min(least(self.name), _LONGEST_PIECE)
        piece = max(least(text.plain) for text in self.cells)
        return max(head, min(piece, _LONGEST_PIECE))


def shown(table: Table, screen: Screen) -> Iterator[RenderableType]:
    table = table.whole
    if table.title:
        yield Text(folded(formatting.clean(table.title), screen.width), HEADING)
    columns = _columns(table, screen) if table.rows else []
    if not columns:
        return
    for left_out in _left_out(columns, screen):
        kept = [column for column in columns if column.name not in left_out]
        for gap, found in _tries(kept, screen.width):
            if widths := _widths(found, screen.width, gap):
                yield _grid(found, widths, gap, _marked(table, screen))
                if left_out:
                    yield Text(f"too narrow for {', '.join(left_out)}", QUIET)
                return
    yield from _cards(columns, screen.width)


_CUT = (("name", "run", "title", 12), ("tags", "group", 8), ("project", 12))
"""The columns that are cut where a table is too wide, and how short at most."""


_LEAST = ("tags", "group", "runtime", "last heard", "total")
"""The columns of runs that are left out, in this order, before a run takes a card."""
_CURVE = "so far"
"""How the name of a column of curves ends."""
_SAID = ("id", _CURVE)
"""Those left out as well where one run is marked: a line above names it."""
_LINES = 72
"""The width from which on a run is a line."""


def _left_out(
    columns: Sequence[TableColumn], screen: Screen
) -> Iterator[tuple[str, ...]]:
    """Yield what to leave out: nothing first, then more and more."""
    yield ()
    names = [column.name for column in columns]
    if screen.width < _LINES or "id" not in names:
        return
    said = _SAID if screen.chosen >= 0 else ()
    least = [name for name in (*_LEAST, *said) if name in names]
    for count in range(1, len(least) + 1):
        yield tuple(least[:count])


def _tries(
    columns: Sequence[TableColumn], width: int
) -> Iterator[tuple[int, Sequence[TableColumn]]]:
    """Yield gaps and columns to try: a line a row, names cut for it, and folded."""
    for cut in (False, True):
        for gap in _GAPS:
            room = width - gap * (len(columns) - 1)
            found = _cut(columns, room) if cut else columns
            if sum(column.bare for column in found) <= room:
                yield gap, [replace(column, whole=True) for column in found]
    for gap in _GAPS:
        yield gap, _cut(columns, width - gap * (len(columns) - 1))


def _cut(columns: Sequence[TableColumn], room: int) -> Sequence[TableColumn]:
    """Shorten names, then tags, in their middle; an id beside them says the run."""
    found = list(columns)
    if not any(column.name == "id" for column in found):
        return columns
    for *names, shortest in _CUT:
        for place, column in enumerate(found):
            excess = sum(one.bare for one in found) - room
            if excess > 0 and column.name in names:
                least_room = max(column.bare - excess, int(shortest))
                middle = column.name != "tags"
                cells = tuple(
                    shortened(cell, least_room, middle=middle) for cell in column.cells
                )
                found[place] = replace(column, cells=cells, whole=True)
    return found


def _columns(table: Table, screen: Screen) -> list[TableColumn]:
    """Return the columns as text, without empty ones."""
    whole = zip(*table.rows, strict=True)
    names = [table.headings.get(name, name) for name in table.columns]
    filled = [(n, c) for n, c in zip(names, whole, strict=True) if _filled(c)]
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
        whole=name.endswith(_CURVE)
        or all(isinstance(latest(cell), _WHOLE) for cell in cells),
    )


def _filled(cells: Sequence[Cell]) -> bool:
    return not all(map(is_nothing, cells))


def _is_text(cell: Cell) -> bool:
    value = latest(cell)
    return isinstance(value, str) and not isinstance(value, State)


def _widths(columns: Sequence[TableColumn], width: int, gap: int) -> list[int]:
    """Share the screen's width among the columns; [] if it is too narrow."""
    left = width - gap * (len(columns) - 1)
    wanted = [column.natural for column in columns]
    given = [min(w, c.narrowest) for w, c in zip(wanted, columns, strict=True)]
    if sum(given) > left:
        return []
    while sum(given) < min(left, sum(wanted)):
        lacking = [w - g for w, g in zip(wanted, given, strict=True)]
        given[lacking.index(max(lacking))] += 1
    return given


def _marked(table: Table, screen: Screen) -> int:
    return screen.chosen if "id" in table.columns else -1


def _grid(
    columns: Sequence[TableColumn], widths: Sequence[int], gap: int, marked: int = -1
) -> Grid:
    grid = Grid.grid(padding=(0, gap, 0, 0), pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        side: Literal["left", "right"] = "right" if column.right else "left"
        grid.add_column(width=width, justify=side, overflow="fold")
    heads = [Text(column.name, QUIET) for column in columns]
    grid.add_row(*map(refolded, heads, widths))
    rows = zip(*(column.cells for column in columns), strict=True)
    for place, cells in enumerate(rows):
        style = CHOSEN if place == marked else None
        grid.add_row(*map(refolded, cells, widths), style=style)
    return grid


def _cards(columns: Sequence[TableColumn], width: int) -> Iterator[RenderableType]:
    """Show each row as names and values, without missing ones."""
    heads = [column.name for column in columns]
    longest = max(map(cell_len, heads))
    gap: tuple[RenderableType, ...] = ()
    for row in zip(*(column.cells for column in columns), strict=True):
        cells = zip(heads, row, strict=True)
        there = [(n, c) for n, c in cells if c.plain not in ("", formatting.NOTHING)]
        if there:
            yield from (*gap, columns_of(there, width, longest))
        gap = ("",)
