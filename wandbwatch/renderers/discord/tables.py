"""Tables: a code block where a phone has room for it, else a card for each row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest

from wandbwatch.model.report import Table, latest
from wandbwatch.renderers.discord import escape, heading, limits, values
from wandbwatch.renderers.discord.card import card
from wandbwatch.renderers.discord.passages import Passage

_GAP = "  "


def passages(table: Table, *, titled: bool) -> Iterator[Passage]:
    title = table.title if titled else ""
    if not table.rows:
        yield from heading.over(title, ())
    elif grid := _grid(table):
        yield from heading.over(title, grid, code=True)
    else:
        about = _about(table)
        for row, url in zip_longest(table.rows, table.links):
            named = tuple(zip(table.columns, row, strict=True))
            yield from heading.over(title, tuple(card(named, about, url)))
            title = ""


def _about(table: Table) -> int:
    """Count the columns before the first that measures something."""
    columns = zip(*table.rows, strict=True)
    measured = (
        any(isinstance(latest(cell), float) for cell in values) for values in columns
    )
    return next((i for i, found in enumerate(measured) if found), len(table.columns))


def _grid(table: Table) -> tuple[str, ...]:
    """Align the rows in columns; nothing where they had better be cards."""
    if any(table.links) or any(map(values.lively, chain.from_iterable(table.rows))):
        return ()
    shown = [[values.named(name) for name in table.columns]]
    shown += [[values.told(cell) for cell in row] for row in table.rows]
    widths = [max(map(values.width, column)) for column in zip(*shown, strict=True)]
    if sum(widths) + len(_GAP) * (len(widths) - 1) > limits.PHONE:
        return ()
    rows = (map(values.padded, row, widths) for row in shown)
    return tuple(escape.code(_GAP.join(row).rstrip()) for row in rows)
