"""Tables: a code block where a phone has room for it, else a card for each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import TypeAlias

from wandbwatch import formatting
from wandbwatch.model.report import Cell, Fields, Table, latest
from wandbwatch.model.run import State
from wandbwatch.renderers.discord import escape, limits, values
from wandbwatch.renderers.discord import passages as heading
from wandbwatch.renderers.discord.passages import Passage

Named: TypeAlias = tuple[str, Cell]

_LONGEST_NAME = 300
_LONGEST_ID = 60


def card(row: Sequence[Named], about: int, url: str | None) -> Iterator[str]:
    """Write a *row* under its name, with its state and id.

    The first *about* cells say what it is, and stand small; the rest are its values.
    """
    state = next((named for named in row if isinstance(latest(named[1]), State)), None)
    name = _name(row)
    beside = [named for named in (_id(row), state) if named and named is not name]
    yield from _head(name, beside, url)
    told = {id(named) for named in (name, *beside)}
    left = [(n, id(n) in told or values.missing(n[1])) for n in row]
    yield from values.small_pairs(n for n, done in left[:about] if not done)
    yield from values.pairs(n for n, done in left[about:] if not done)


def _name(row: Sequence[Named]) -> Named:
    """Find what the row is called by: ``name``, or the first text in it."""
    called = [named for named in row if named[0] == "name"]
    texts = [named for named in row if type(named[1]) is str]
    return (*called, *texts, *row)[0]


def _id(row: Sequence[Named]) -> Named | None:
    ids = (named for named in row if named[0] == "id")
    return next((n for n in ids if len(values.told(n[1])) <= _LONGEST_ID), None)


def _head(name: Named, beside: Sequence[Named], url: str | None) -> Iterator[str]:
    head, told = "", values.told(name[1])
    if len(told) > _LONGEST_NAME:
        yield from escape.lines(told)
        head = escape.opening(url)
    else:
        head = escape.link(told, url)
    for _, cell in beside:
        state = latest(cell)
        if isinstance(state, State):
            word = values.markdown(cell).removeprefix(f"{formatting.MARKS[state]} ")
            word = f"**{word}**" if state.bad else word
            head = f"{formatting.MARKS[state]} {head} {word}"
        else:
            head = f"{head} ({values.markdown(cell)})"
    if head:
        yield head


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


def field_passages(fields: Fields) -> Iterator[Passage]:
    if any(values.lively(cell) for _, cell in fields.items):
        yield from heading.over(fields.heading, tuple(values.pairs(fields.items)))
        return
    rows = [
        (escape.code(values.named(name)), escape.code(values.told(cell)))
        for name, cell in fields.items
    ]
    yield from heading.over(fields.heading, tuple(_columns(rows)), code=True)


def _columns(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Align what a phone has room for; else the value stands below its name."""
    widths = [(values.width(name), values.width(value)) for name, value in rows]
    column = _most_aligned(widths)
    for (name, value), (wide, long) in zip(rows, widths, strict=True):
        if _aligns(column, wide, long):
            yield f"{values.padded(name, column)}{_GAP}{value}"
        elif _aligns(wide, wide, long):
            yield f"{name}{_GAP}{value}"
        else:
            yield from escape.lines(name, str)
            yield from escape.lines(value, str, _GAP)


def _most_aligned(widths: Sequence[tuple[int, int]]) -> int:
    """Find how wide the names' column is for the most values to stand beside it."""
    return max(
        range(limits.PHONE),
        key=lambda column: (sum(_aligns(column, *w) for w in widths), -column),
    )


def _aligns(column: int, name: int, value: int) -> bool:
    return name <= column and column + len(_GAP) + value <= limits.PHONE
