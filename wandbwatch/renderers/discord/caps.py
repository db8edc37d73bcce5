"""Caps on a report's values: a channel shows the first ones, a CSV file has all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from wandbwatch import formatting
from wandbwatch.analysis.ranking import finite
from wandbwatch.formatting.json_values import line
from wandbwatch.formatting.numbers import SYSTEM, folded, measured, system_name
from wandbwatch.model.cell import Cell, latest
from wandbwatch.model.report import Block, Fields, Note, Report, Table

FIELDS, ROWS, TOTAL = 25, 40, 100
"""The most values of a group, rows of a table, and values of a report."""
_NO_GPU = ("GPU hours", 0.0)
"""What a digest says of runs on machines without one."""


def capped(report: Report) -> tuple[Report, str]:
    """Return *report* with at most so many values, and the CSV of all; "" if it fits.

    Of system metrics, those that differ by a number only are folded to their mean and
    maximum, and disks and networks at zero are left out.
    """
    name, left = f"{report.kind}.csv", TOTAL
    blocks: list[Block] = []
    hidden: list[Fields] = []
    lines: list[str] = []
    values: list[str] = []
    for block in map(_largest_first, _once(report.blocks)):
        match block:
            case Fields():
                folds = _brief(block)
                shown = _named(folds)
                most = min(FIELDS, left)
                left -= min(len(shown.items), most)
                told = sum(item[1] != 0 for item in block.items)
                if len(folds.items) < told or len(shown.items) > most:
                    values += _values(block)
                if block.items and most <= 0:
                    hidden.append(block)
                else:
                    blocks += _first(shown, most, name)
            case Table() if len(block.rows) > ROWS:
                lines += map(line, (block.columns, *block.rows))
                brief = block.brief or block
                links = brief.links[:ROWS]
                blocks.append(replace(brief, rows=brief.rows[:ROWS], links=links))
                blocks.append(Note(f"{len(block.rows) - ROWS:,} more rows: {name}"))
            case Table():
                blocks.append(block.brief or block)
            case _:
                blocks.append(block)
    if hidden:
        blocks.append(_hidden(hidden, name))
    if values:
        lines[:0] = [line(("group", "key", "value")), *values]
    return replace(report, blocks=tuple(blocks)), "\n".join(lines)


def _largest_first(block: Block) -> Block:
    """Sort what differs between two runs by its relative change."""
    if not isinstance(block, Table) or not block.also or block.links:
        return block
    order = sorted(range(len(block.rows)), key=lambda i: -_moved(block.rows[i]))
    rows = tuple(block.rows[i] for i in order)
    also = tuple((k, tuple(cells[i] for i in order)) for k, cells in block.also)
    return replace(block, rows=rows, also=also)


def _moved(row: Sequence[Cell]) -> float:
    """Return the relative change from the second value to the first."""
    one, other = (finite(latest(cell)) for cell in row[1:3])
    if one is None or other is None:
        return -1.0
    return abs(one - other) / abs(other) if other else math.inf


def _once(blocks: Sequence[Block]) -> Iterator[Block]:
    """Leave out the rows that another table lists too."""
    for block in blocks:
        if not isinstance(block, Table) or not block.repeated:
            yield block
            continue
        kept = [i for i in range(len(block.rows)) if i not in block.repeated]
        links = tuple(block.links[i] for i in kept) if block.links else ()
        rows = tuple(block.rows[i] for i in kept)
        also = tuple((k, tuple(cells[i] for i in kept)) for k, cells in block.also)
        if rows:
            none: frozenset[int] = frozenset()
            yield replace(block, rows=rows, links=links, also=also, repeated=none)


def _first(fields: Fields, most: int, name: str) -> Iterator[Block]:
    yield replace(fields, items=fields.items[:most])
    if (more := len(fields.items) - most) > 0:
        of = f" {fields.heading}" if fields.heading else ""
        yield Note(f"{more:,} more{of}: {name}")


def _hidden(several: Sequence[Fields], name: str) -> Note:
    count = sum(len(fields.items) for fields in several)
    groups = "1 more group" if len(several) == 1 else f"{len(several):,} more groups"
    return Note(f"{groups} with {count:,} values: {name}")


def _values(fields: Fields) -> Iterator[str]:
    yield from (line((fields.title, key, cell)) for key, cell in fields.items)


def _brief(fields: Fields) -> Fields:
    """Fold system metrics, and leave out the GPU hours of machines without a GPU."""
    if fields.title not in SYSTEM:
        kept = (item for item in fields.items if item != _NO_GPU)
        return replace(fields, items=tuple(kept))
    return replace(fields, items=tuple(folded(fields.items)))


def _named(fields: Fields) -> Fields:
    """Give system metrics people's names, and their values units; several of one name,
    as bytes and percent, are one."""
    if fields.title not in SYSTEM:
        return fields
    found: dict[str, list[Cell]] = {}
    for key, cell in fields.items:
        value = measured(fields.title, key, cell) or cell
        found.setdefault(system_name(key), []).append(value)
    items = (
        (name, cells[0] if len(cells) == 1 else " · ".join(map(formatting.cell, cells)))
        for name, cells in found.items()
    )
    return replace(fields, items=tuple(items))
