"""One row of a table as a few lines that a phone has room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from wandbwatch import formatting
from wandbwatch.model.report import Cell, latest
from wandbwatch.model.run import State
from wandbwatch.renderers.discord import escape, links, values

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
        head = links.opening(url)
    else:
        head = links.link(told, url)
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
