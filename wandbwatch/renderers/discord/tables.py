"""Tables: a code block if it fits a phone, else a card for each row."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from typing import TypeAlias

from wandbwatch import formatting
from wandbwatch.formatting.text import fitted, shared_part, short_names, width
from wandbwatch.model.cell import Cell, latest
from wandbwatch.model.report import Table
from wandbwatch.model.run import State
from wandbwatch.renderers.discord import limits, markdown
from wandbwatch.renderers.discord import passages as heading
from wandbwatch.renderers.discord.grids import grid
from wandbwatch.renderers.discord.passages import Passage

Named: TypeAlias = tuple[str, Cell]

_LONGEST_NAME = 300
_LONGEST_ID = 60


def card(
    row: Sequence[Named], about: int, url: str | None, *, terse: bool = False
) -> Iterator[str]:
    """Yield the lines of a *row*: its name, id and state; then the rest.

    The first *about* cells describe it; the others are its values, bold and first. If
    the state of a *terse* row does not fit beside the name on a phone, its mark is
    enough, and the word stands before the values if it is bad.
    """
    state = next((named for named in row if isinstance(latest(named[1]), State)), None)
    name, id_ = _name(row), _id(row)
    head = _heads(name, id_ if id_ and id_[1] != name[1] else None, url)
    done = {id(named) for named in (name, id_, state) if named}
    left = [(n, id(n) in done or markdown.missing(n[1])) for n in row]
    values = [n for n, shown in left[about:] if not shown]
    described = [n for n, shown in left[:about] if not shown]
    below = list(markdown.small_pairs(described, bold=values))
    if state and state is not name:
        head[-1:], below = _stated(head[-1], state[1], below, terse=terse)
    yield from (line for line in head if line)
    yield from below


def _name(row: Sequence[Named]) -> Named:
    """Return what names the row: ``name``, or its first text."""
    called = [named for named in row if named[0] == "name"]
    texts = [named for named in row if type(named[1]) is str]
    return (*called, *texts, *row)[0]


def _id(row: Sequence[Named]) -> Named | None:
    ids = (named for named in row if named[0] == "id")
    return next((n for n in ids if len(markdown.worded(n[1])) <= _LONGEST_ID), None)


def _heads(name: Named, id_: Named | None, url: str | None) -> list[str]:
    """Return the name as lines, of which the last one may be "" or a link alone."""
    words, before = markdown.worded(name[1]), list[str]()
    if len(words) > _LONGEST_NAME:
        before, head = list(markdown.lines(words)), markdown.opening(url)
    else:
        head = markdown.link(words, url)
    return [*before, f"{head} ({markdown.value(id_[1])})" if id_ else head]


def _stated(
    head: str, cell: Cell, below: list[str], *, terse: bool
) -> tuple[list[str], list[str]]:
    """Add the state to a row's *head*, or its word to the lines *below*."""
    state, said = latest(cell), markdown.value(cell)
    if not isinstance(state, State):
        return [f"{head} ({said})"], below
    mark = formatting.MARKS[state]
    word = said.removeprefix(f"{mark} ")
    word = f"**{word}**" if state.bad else word
    whole = f"{mark} {head} {word}"
    if not (terse and below) or markdown.apparent(whole) <= limits.PHONE_NAME:
        return [whole], below
    if not state.bad:
        return [f"{mark} {head}"], below
    small = f"{markdown.SMALL}{word}{_BESIDE}{below[0].removeprefix(markdown.SMALL)}"
    return [f"{mark} {head}"], [small, *below[1:]]


def passages(table: Table, *, titled: bool) -> Iterator[Passage]:
    columns = tuple(table.headings.get(name, name) for name in table.columns)
    table = replace(table, columns=columns)
    title = table.title if titled else ""
    if not table.rows:
        yield from heading.over(title, ())
    elif found := _fitting_grid(table):
        grid, gone = found
        yield from heading.over(title, grid, code=True)
        if gone := [name for name in gone if name not in _OWN]:
            yield Passage((_left_out(gone),))
    elif table.headings:
        yield from heading.over(title, tuple(_lines(table)))
    else:
        yield from _cards(table, title)


def _without(table: Table, names: Container[str]) -> Table:
    kept = [i for i, name in enumerate(table.columns) if name not in names]
    rows = tuple(tuple(row[i] for i in kept) for row in table.rows)
    return replace(table, columns=tuple(table.columns[i] for i in kept), rows=rows)


def _left_out(names: Iterable[str]) -> str:
    return f"{markdown.SMALL}left out: {', '.join(map(markdown.text, names))}"


def _cards(table: Table, title: str) -> Iterator[Passage]:
    """Yield a card for each row; what all rows share is said once below them."""
    equal, whose = _equal(table), table.title
    shortened, shared = _shortened(table)
    cards, spare, bold = _fitting(shortened, equal)
    if all(len(lines) == 1 for lines in cards):  # names alone need no gaps
        cards = [tuple(chain.from_iterable(cards))]
    between = " or " if _one_each(table, bold) else _BESIDE
    header = f"in bold: {between.join(map(markdown.named, bold))}"
    above = tuple(markdown.lines(header, start=markdown.SMALL) if bold else ())
    for lines in cards:
        yield from heading.over(title, (*above, *lines))
        above = ()
        title = ""
    pairs = [(table.columns[place], table.rows[0][place]) for place in equal]
    said = [f"{_ALL}{line.removeprefix(markdown.SMALL)}" for line in _small(pairs)]
    if (when := _time(table, {*equal, *map(table.columns.index, spare)})) not in whose:
        said += markdown.lines(f"times: {when}", start=markdown.SMALL)
    if shared:
        said += markdown.lines(shared, start=markdown.SMALL)
    if spare := [name for name in spare if name not in _OWN]:
        said.append(_left_out(spare))
    if said:
        yield Passage(tuple(said), apart=bool(equal))


Formed: TypeAlias = tuple[Sequence[tuple[str, ...]], Sequence[str], Sequence[str]]
"""The lines of each row, the columns left out, those whose values have no name."""


def _fitting(table: Table, equal: Sequence[int]) -> Formed:
    """Write the rows without the *equal* columns, and without as many spare ones as it
    takes to fit a phone; then without the names of the columns of values."""
    spares = _spares(table, equal)
    spare = [name for name in table.spare if name in spares]
    first = int(spare[:1] == ["id"])
    brief = _brief(table)
    bold: Sequence[str] = ()
    *tries, last = [(spare[:count], bold) for count in range(first, len(spare) + 1)]
    if bold := _bold(table, {*equal, *map(table.columns.index, spare)}):
        tries, last = [*tries, last], (spare, bold)
    for gone, unnamed in tries:
        formed = _formed(brief, equal, gone, unnamed)
        if all(map(_fits, formed[0])):
            return formed
    return _formed(brief, equal, *last)


def _formed(
    table: Table, equal: Sequence[int], gone: Sequence[str], bold: Sequence[str]
) -> Formed:
    rows = _rows(_unnamed(table, bold), {*equal, *map(table.columns.index, gone)})
    return [tuple(card(*row, terse=bool(table.spare))) for row in rows], gone, bold


def _unnamed(table: Table, bold: Sequence[str]) -> Table:
    """Leave out the names of columns; of several, a missing value keeps its place, if
    any row has two."""
    columns = tuple("" if name in bold else name for name in table.columns)
    if len(bold) > 1 and not _one_each(table, bold):
        rows = tuple(
            tuple(
                formatting.NOTHING if not name and markdown.missing(cell) else cell
                for name, cell in zip(columns, row, strict=True)
            )
            for row in table.rows
        )
        table = replace(table, rows=rows)
    return replace(table, columns=columns)


def _one_each(table: Table, names: Sequence[str]) -> bool:
    """Whether no row has more than one of the values, as those of projects that have
    different metrics."""
    places = [table.columns.index(name) for name in names]
    known = (
        [row[p] for p in places if not markdown.missing(row[p])] for row in table.rows
    )
    return all(len(values) <= 1 for values in known)


def _bold(table: Table, without: Container[int]) -> Sequence[str]:
    """Return the columns of values in a table that is made to fit a phone."""
    places = [p for p in range(_about(table), len(table.columns)) if p not in without]
    names = [table.columns[p] for p in places if table.columns[p] not in _OWN]
    return names if table.spare and len(table.rows) > 1 else ()


def _brief(table: Table) -> Table:
    """Cut long names of runs and files so that each takes one line of a phone, and
    those of projects so that more fits beside them."""
    if len(table.rows) == 1 or not (table.spare or any(table.links)):
        return table
    columns = list(zip(*table.rows, strict=True))
    rooms = {_naming(table): (limits.PHONE_NAME - len("✓ "), limits.PHONE_CUT)}
    if _PROJECT in table.columns and table.spare:
        rooms[table.columns.index(_PROJECT)] = (limits.PHONE_PROJECT,) * 2
    for place, (room, cut) in rooms.items():
        if place is None:
            continue
        words = [markdown.worded(cell) for cell in columns[place]]
        if max(map(width, words)) > room:
            short = fitted(words, cut)
            columns[place] = tuple(short[word] for word in words)
    return replace(table, rows=tuple(zip(*columns, strict=True)))


def _naming(table: Table) -> int | None:
    """Return the place of the column of names, paths or keys; None for other texts."""
    if "name" in table.columns:
        return table.columns.index("name")
    columns = zip(*table.rows, strict=True)
    texts = (i for i, cells in enumerate(columns) if type(cells[0]) is str)
    place = next(texts, 0)
    words = [row[place] for row in table.rows]
    named = all(type(word) is str and not re.search(r"\s", word) for word in words)
    return place if named else None


def _spares(table: Table, equal: Sequence[int]) -> set[str]:
    """Return the columns that may be left out: not what alone tells rows apart."""
    if len(table.rows) == 1:  # all of it, but for what its link has
        return {"id"} if any(table.links) else set()
    called = dict(zip(table.columns, zip(*table.rows, strict=True), strict=True))
    twice = len(set(map(markdown.worded, called.get("name", ())))) < len(table.rows)
    kept = {table.columns[place] for place in equal} | ({"id"} if twice else set())
    return {
        name
        for name, cells in called.items()
        if name not in kept and not all(map(markdown.missing, cells))
    }


def _fits(lines: Sequence[str]) -> bool:
    """Whether *lines*, but for the name, are short enough for a phone."""
    small = [line for line in lines if line.startswith(markdown.SMALL)]
    return len(small) <= 1 and all(
        markdown.apparent(line) <= limits.PHONE_SMALL for line in small
    )


def _rows(
    table: Table, without: Container[int]
) -> Iterator[tuple[Sequence[Named], int, str | None]]:
    """Yield each row, how many cells describe it, and its link."""
    places = [p for p in range(len(table.columns)) if p not in without]
    about = sum(place < _about(table) for place in places)
    for row, url in zip_longest(table.rows, table.links):
        named = [(table.columns[place], row[place]) for place in places]
        if table.spare and len(table.rows) > 1:
            bare = {_PROJECT, _time(table, without)}
            named = [("" if n in bare else n, c) for n, c in named]
        yield named, about, url


def _time(table: Table, without: Container[int]) -> str:
    """Return the only column of times, whose name stands below several rows; ""."""
    columns = zip(table.columns, zip(*table.rows, strict=True), strict=True)
    found = [
        name
        for place, (name, cells) in enumerate(columns)
        if place not in without and any(map(markdown.lively, cells))
    ]
    several = table.spare and len(table.rows) > 1
    return found[0] if several and len(found) == 1 else ""


_ALL = f"{markdown.SMALL}all: "
_PROJECT = "project"
"""A column whose values, ``ENTITY/PROJECT``, say what they are."""
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
        if len(markdown.worded(cells[0])) <= (_LONGEST_ID if name else _LONGEST_NAME)
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


def _shortened(table: Table) -> tuple[Table, str]:
    """Shorten the runs' names to what differs; say what they share."""
    place = _naming(table)
    if place is None or not ("name" in table.columns or table.spare):
        return table, ""
    names = [markdown.worded(row[place]) for row in table.rows]
    if not (shared := shared_part(names)):
        return table, ""
    short = short_names(names)
    rows = tuple(
        (*row[:place], short[name], *row[place + 1 :])
        for row, name in zip(table.rows, names, strict=True)
    )
    return replace(table, rows=rows), f"full names: {shared}"


def _about(table: Table) -> int:
    """Count the columns before the first one of floats."""
    columns = zip(*table.rows, strict=True)
    measured = (
        any(isinstance(latest(cell), float) for cell in values) for values in columns
    )
    return next((i for i, found in enumerate(measured) if found), len(table.columns))


def _fitting_grid(table: Table) -> tuple[tuple[str, ...], Sequence[str]] | None:
    """Align the rows, rather without spare columns, which are named, than below their
    first cell; None if they don't fit."""
    if any(table.links) or any(map(markdown.lively, chain.from_iterable(table.rows))):
        return None
    spares = _spares(table, ())
    spare = [name for name in table.spare if name in spares]
    for count in range(len(spare) + 1):
        if found := grid(_without(table, spare[:count]), stack=False):
            return found, spare[:count]
    found = grid(table)
    return (found, ()) if found else None
