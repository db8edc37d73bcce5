"""Reports for pipes: one record per line, cells separated by tabs, nothing cut.

Titles, column names and notes begin with ``# ``. Numbers have all their digits, times
are in UTC and durations ``H:MM:SS``, so that the same report gives the same lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from wandbwatch import formatting as words
from wandbwatch.formatting import json_values
from wandbwatch.model.cell import Cell, Changed, Missing, Plain
from wandbwatch.model.ports import Renderer, Screen
from wandbwatch.model.report import (
    Block,
    Chart,
    Fields,
    Mark,
    Note,
    Plot,
    Report,
    Table,
    Text,
)
from wandbwatch.model.run import Series, State

_SUMMARY = ("points", "not finite", "first", "last", "min", "max")


def render(reports: Iterable[Report], _screen: Screen) -> Iterator[str]:
    for report in reports:
        if heading := [part for part in (report.title, report.url) if part]:
            yield _heading(*heading)  # without one it continues the previous report
        for block in report.blocks:
            yield from _lines(block)


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Fields():
            yield from (_record(_path(block.title, k), v) for k, v in block.items)
        case Table():
            yield from _table(block)
        case Plot():
            yield from _plot(block)
        case Chart():
            yield from _chart(block)
        case Note():
            yield _heading(block.text)
        case Text():
            yield from _text(block)
        case _:
            yield _heading(*json_values.FILE)
            yield from (_record(*row) for row in json_values.files(block))


def _text(text: Text) -> Iterator[str]:
    """Yield each line of text behind its title, so that none looks like a value."""
    place = f"{words.clean(text.title)}\t" if text.title else ""
    for line in words.clean(text.text, lines=True).split("\n"):
        yield f"{place}{line}"


def _table(table: Table) -> Iterator[str]:
    if table.file:
        yield _heading(table.title, table.file)
    if not any(table.links):
        yield _heading(*table.columns)
        yield from (_record(*row) for row in table.rows)
        return
    yield _heading(*table.columns, "url")
    for row, link in zip(table.rows, table.links, strict=True):
        yield _record(*row, link or Missing.MISSING)


def _plot(plot: Plot) -> Iterator[str]:
    """Yield one record for each line of a plot."""
    yield _heading("key", "x", "run", "name", *_SUMMARY, "file")
    for line in plot.lines:
        whose = (plot.key, plot.x, line.run, line.name)
        yield _record(*whose, *_summary(line.series), plot.file)
    for mark in plot.marks:
        yield _heading(f"mark at {plot.x if mark.upright else plot.key}", *_at(mark))


def _at(mark: Mark) -> tuple[str, ...]:
    return (words.exact(mark.at), mark.name) if mark.name else (words.exact(mark.at),)


def _chart(chart: Chart) -> Iterator[str]:
    """Yield its numbers in records, a histogram as quantiles."""
    from wandbwatch.formatting import charts as charted  # noqa: PLC0415 -- few reports have any

    said = (chart.title, charted.said(chart), chart.file)
    yield _heading(*(part for part in said if part))
    yield from _table(charted.brief(chart))


def _summary(series: Series) -> tuple[Cell, ...]:
    count, finite = len(series.y), series.y
    if not math.isfinite(sum(finite)):  # a sum of many takes less than a list of them
        finite = list(filter(math.isfinite, finite))
    if len(finite) == 0:
        return (count, count, *[Missing.MISSING] * 4)
    ends = (series.y[0], series.y[-1], min(finite), max(finite))
    return (count, count - len(finite), *ends)


def _path(group: str, name: str) -> str:
    """Return a key as W&B writes it: ``train/loss`` is ``loss`` of group ``train``."""
    return f"{group}/{name}" if group else name


def _heading(*cells: str) -> str:
    return f"# {_record(*cells)}"


def _record(*cells: Cell) -> str:
    return "\t".join(map(_cell, cells))


def _cell(cell: Cell) -> str:
    match cell:
        case State():
            return cell.value
        case datetime():
            return json_values.time(cell)
        case timedelta():
            return _span(cell)
        case Missing() | ():
            return words.cell(cell)
        case Changed():
            return f"{_cell(cell.value)} ({_before(cell.before)})"
        case _:
            return words.worded(cell, words.exact)


def _before(value: Plain) -> str:
    return "new" if isinstance(value, Missing) else f"was {_cell(value)}"


def _span(span: timedelta) -> str:
    sign = "-" if span < timedelta() else ""
    span = abs(span)
    seconds = span.days * 86400 + span.seconds
    parts = f".{span.microseconds:06}".rstrip("0").rstrip(".")
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}{parts}"


plugin: Renderer = render
