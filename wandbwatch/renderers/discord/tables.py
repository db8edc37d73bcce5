"""Tables: a code block if it fits a phone, else a card for each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from typing import TypeAlias

from wandbwatch import formatting
from wandbwatch.formatting.text import shared_part, short_names
from wandbwatch.model.report import Cell, Fields, Table, latest
from wandbwatch.model.run import State
from wandbwatch.renderers.discord import limits, markdown
from wandbwatch.renderers.discord import passages as heading
from wandbwatch.renderers.discord.passages import Passage

Named: TypeAlias = tuple[str, Cell]

_LONGEST_NAME = 300
_LONGEST_ID = 60


def card(row: Sequence[Named], about: int, url: str | None) -> Iterator[str]:
    """Yield the lines of a *row*: its name, state and id; then the rest.

    The first *about* cells describe it; the others are its values, bold and first.
    """
    state = next((named for named in row if isinstance(latest(named[1]), State)), None)
    name = _name(row)
    beside = [one for one in (_id(row), state) if one and one[1] != name[1]]
    yield from _head(name, beside, url)
    done = {id(named) for named in (name, _id(row), state) if named}
    left = [(n, id(n) in done or markdown.missing(n[1])) for n in row]
    values = [n for n, shown in left[about:] if not shown]
    described = [n for n, shown in left[:about] if not shown]
    yield from markdown.small_pairs(described, bold=values)


def _name(row: Sequence[Named]) -> Named:
    """Return what names the row: ``name``, or its first text."""
    called = [named for named in row if named[0] == "name"]
    texts = [named for named in row if type(named[1]) is str]
    return (*called, *texts, *row)[0]


def _id(row: Sequence[Named]) -> Named | None:
    ids = (named for named in row if named[0] == "id")
    return next((n for n in ids if len(markdown.worded(n[1])) <= _LONGEST_ID), None)


def _head(name: Named, beside: Sequence[Named], url: str | None) -> Iterator[str]:
    head, words = "", markdown.worded(name[1])
    if len(words) > _LONGEST_NAME:
        yield from markdown.lines(words)
        head = markdown.opening(url)
    else:
        head = markdown.link(words, url)
    for _, cell in beside:
        state = latest(cell)
        if isinstance(state, State):
            word = markdown.value(cell).removeprefix(f"{formatting.MARKS[state]} ")
            word = f"**{word}**" if state.bad else word
            head = f"{formatting.MARKS[state]} {head} {word}"
        else:
            head = f"{head} ({markdown.value(cell)})"
    if head:
        yield head


_GAP = "  "
_GAPS = (_GAP, " ")


def passages(table: Table, *, titled: bool) -> Iterator[Passage]:
    columns = tuple(table.headings.get(name, name) for name in table.columns)
    table = replace(table, columns=columns)
    title = table.title if titled else ""
    if not table.rows:
        yield from heading.over(title, ())
    elif grid := _grid(table):
        yield from heading.over(title, grid, code=True)
    elif table.headings:
        yield from heading.over(title, tuple(_lines(table)))
    else:
        yield from _cards(table, title)


def _cards(table: Table, title: str) -> Iterator[Passage]:
    """Yield a card for each row; what all rows share is said once below them."""
    rows, shared = _shortened(table)
    equal = _equal(table)
    about = _about(table)
    about -= sum(place < about for place in equal)
    for row, url in zip_longest(rows, table.links):
        cells = enumerate(zip(table.columns, row, strict=True))
        named = tuple(cell for place, cell in cells if place not in equal)
        yield from heading.over(title, tuple(card(named, about, url)))
        title = ""
    pairs = [(table.columns[place], table.rows[0][place]) for place in equal]
    said = [f"{_ALL}{line.removeprefix(markdown.SMALL)}" for line in _small(pairs)]
    if shared:
        said += markdown.lines(shared, start=markdown.SMALL)
    if said:
        yield Passage(tuple(said), apart=bool(equal))


_ALL = f"{markdown.SMALL}all: "
_OWN = {"name", "id", "state"}
"""Columns that say which run a row is about."""


def _equal(table: Table) -> tuple[int, ...]:
    """Return the places of the columns that have one value in all of several rows."""
    if len(table.rows) == 1:
        return ()
    columns = enumerate(zip(table.columns, zip(*table.rows, strict=True), strict=True))
    return tuple(
        place
        for place, (name, cells) in columns
        if place and name not in _OWN and all(cell == cells[0] for cell in cells)
        if len(markdown.worded(cells[0])) <= _LONGEST_ID
    )


def _small(pairs: Sequence[Named]) -> Iterator[str]:
    return markdown.small_pairs(n for n in pairs if not markdown.missing(n[1]))


def _lines(table: Table) -> Iterator[str]:
    """Yield a line for each row, which wraps on a phone, below one for the header."""
    first, *others = (markdown.text(markdown.named(name)) for name in table.columns)
    yield f"{markdown.SMALL}{first}: {_BESIDE.join(others)}"
    for name, here, there, *more in table.rows:
        cells = (here, there, *(c for c in more if not markdown.missing(c)))
        called = markdown.text(markdown.worded(name))
        line = f"**{called}**: {_BESIDE.join(map(markdown.value, cells))}"
        if len(line) <= limits.LINE:
            yield line
            continue
        for cell in (name, *cells):
            yield from markdown.lines(markdown.worded(cell))


_BESIDE = " · "


def _shortened(table: Table) -> tuple[Sequence[Sequence[Cell]], str]:
    """Shorten the runs' names to what differs; return the rows, and what they share."""
    if "name" not in table.columns:
        return table.rows, ""
    place = table.columns.index("name")
    names = [markdown.worded(row[place]) for row in table.rows]
    if not (shared := shared_part(names)):
        return table.rows, ""
    short = short_names(names)
    rows = [
        (*row[:place], short[name], *row[place + 1 :])
        for row, name in zip(table.rows, names, strict=True)
    ]
    return rows, f"… is a name above: {shared}"


def _about(table: Table) -> int:
    """Count the columns before the first one of floats."""
    columns = zip(*table.rows, strict=True)
    measured = (
        any(isinstance(latest(cell), float) for cell in values) for values in columns
    )
    return next((i for i, found in enumerate(measured) if found), len(table.columns))


def _grid(table: Table) -> tuple[str, ...]:
    """Align the rows in columns, or below their first cell; () if they don't fit."""
    if any(table.links) or any(map(markdown.lively, chain.from_iterable(table.rows))):
        return ()
    shown = [[markdown.named(name) for name in table.columns]]
    shown += [[markdown.worded(cell) for cell in row] for row in table.rows]
    rows = next(filter(None, (_aligned(shown, gap) for gap in _GAPS)), ())
    if rows or len(table.columns) == 1:
        return tuple(map(markdown.code, rows))
    bare = [["", *row[1:]] for row in shown]
    below = next(filter(None, (_aligned(bare, gap) for gap in _GAPS)), ())
    return tuple(_stacked([row[0] for row in shown], below)) if below else ()


def _stacked(names: Sequence[str], rows: Sequence[str]) -> Iterator[str]:
    """Put each of *rows* below its name; the first one is the header."""
    yield markdown.code(rows[0])
    for name, row in zip(names[1:], rows[1:], strict=True):
        yield from markdown.lines(name, markdown.code)
        yield markdown.code(row)


def _aligned(shown: Sequence[Sequence[str]], gap: str) -> tuple[str, ...]:
    """Pad the cells into lines; () if one is wider than a phone."""
    widths = [max(map(markdown.width, column)) for column in zip(*shown, strict=True)]
    if sum(widths) + len(gap) * (len(widths) - 1) > limits.PHONE:
        return ()
    padded = (map(markdown.padded, row, widths) for row in shown)
    return tuple(gap.join(row).rstrip() for row in padded)


def field_passages(fields: Fields) -> Iterator[Passage]:
    if any(markdown.lively(cell) for _, cell in fields.items):
        yield from heading.over(fields.heading, tuple(markdown.pairs(fields.items)))
        return
    rows: list[tuple[str, str]] = []
    wide: list[str] = []
    for name, cell in fields.items:
        value = markdown.code(markdown.worded(cell))
        if markdown.width(value) > limits.PHONE - len(_GAP):
            wide += markdown.small_pairs([(name, cell)])
        else:
            rows.append((markdown.code(markdown.named(name)), value))
    if rows or not wide:
        yield from heading.over(fields.heading, tuple(_columns(rows)), code=True)
    if wide:  # as text, which wraps at any width
        yield from heading.over("" if rows else fields.heading, tuple(wide))


def _columns(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Align what fits a phone; else put the value below its name."""
    widths = [(markdown.width(name), markdown.width(value)) for name, value in rows]
    column = _most_aligned(widths)
    for (name, value), (wide, long) in zip(rows, widths, strict=True):
        if _aligns(column, wide, long):
            yield f"{markdown.padded(name, column)}{_GAP}{value}"
        elif _aligns(wide, wide, long):
            yield f"{name}{_GAP}{value}"
        else:
            yield from markdown.lines(name, str)
            yield from markdown.lines(value, str, _GAP)


def _most_aligned(widths: Sequence[tuple[int, int]]) -> int:
    """Return the width of the name column that aligns the most values."""
    return max(
        range(limits.PHONE),
        key=lambda column: (sum(_aligns(column, *w) for w in widths), -column),
    )


def _aligns(column: int, name: int, value: int) -> bool:
    return name <= column and column + len(_GAP) + value <= limits.PHONE
