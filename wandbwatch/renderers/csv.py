"""Reports as CSV after RFC 4180, numbers with all their digits.

A table stays a table; a chart's rows begin with its title; values are
``group,key,value``; plots are ``run,name,key,x,y``, a point per row, and ``low,high``
if there are bands; files are ``key,kind,path,…``, a file per row. A new shape begins
after an empty line, with its own header. Notes are left out; `cli` prints them on
stderr.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import TypeAlias

from wandbwatch.formatting import charts as charted
from wandbwatch.formatting import json_values
from wandbwatch.formatting.json_values import line
from wandbwatch.model.cell import MISSING, Cell, Missing
from wandbwatch.model.media import Attachment
from wandbwatch.model.ports import Renderer, Screen
from wandbwatch.model.report import Block, Chart, Fields, Plot, Report, Table, Text

Row: TypeAlias = Sequence[Cell]

_VALUES = ("group", "key", "value")
_POINTS = ("run", "name", "key", "x", "y")
_EDGES = ("low", "high")


def render(reports: Iterable[Report], _screen: Screen) -> Iterator[str]:
    header: Row = ()
    for report in reports:
        for block in report.blocks:
            names, rows = _shaped(block)
            if names and names != header:
                if header:
                    yield ""
                yield line(names)
                header = names
            yield from map(line, rows)


def _shaped(block: Block) -> tuple[Row, Iterable[Row]]:
    """Return the header of *block*, and its rows."""
    match block:
        case Fields():
            return _VALUES, ((block.title, key, cell) for key, cell in block.items)
        case Text():
            return _VALUES, (("", block.title, block.text),)
        case Table() | Chart():
            return _chart(block) if isinstance(block, Chart) else _table(block)
        case Plot():
            return _POINTS + _EDGES * _wide(block), _points(block)
        case Attachment():
            return json_values.FILE, json_values.files(block)
        case _:
            return (), ()


def _table(table: Table) -> tuple[Row, Iterable[Row]]:
    if not any(table.links):
        return table.columns, table.rows
    rows = zip(table.rows, table.links, strict=True)
    return (*table.columns, "url"), ((*row, link or MISSING) for row, link in rows)


def _chart(chart: Chart) -> tuple[Row, Iterable[Row]]:
    """Begin each row with the chart's title: several charts share one header."""
    table = charted.table(chart)
    return ("chart", *table.columns), ((chart.title, *row) for row in table.rows)


def _points(plot: Plot) -> Iterator[Row]:
    wide = _wide(plot)
    for drawn in plot.lines:
        edges: list[Sequence[float]] = [edge.y for edge in drawn.band or ()]
        edges += [()] * (2 * wide - len(edges))
        series = drawn.series
        points = zip(series.x, series.y, *map(_endless, edges), strict=False)
        yield from ((drawn.run, drawn.name, plot.key, *point) for point in points)


def _endless(values: Sequence[float]) -> Iterator[float | Missing]:
    return chain(values, repeat(MISSING))


def _wide(plot: Plot) -> bool:
    return any(drawn.band for drawn in plot.lines)


plugin: Renderer = render
