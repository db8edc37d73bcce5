"""Reports as JSON lines, each as soon as it is known and with the name of its report.

A report's first line holds its ``url``, ``level`` and the ``schema``; then come its
rows (``row``), values (``group``, ``key``, ``value``), lines of plots (``plot``, ``x``,
``y``), reference lines (``mark``), rows of charts (``chart``, ``row``), notes
(``note``), texts (``text``) and files (``attachment``). Every line has ``kind`` and
``report``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from wandbwatch.formatting import charts as charted
from wandbwatch.formatting import json_values
from wandbwatch.model.media import Attachment
from wandbwatch.model.ports import Renderer, Screen
from wandbwatch.model.report import (
    Block,
    Chart,
    Fields,
    Note,
    Plot,
    Report,
    Table,
    Text,
)
from wandbwatch.model.run import Json


def render(reports: Iterable[Report], _screen: Screen) -> Iterator[str]:
    for report in reports:
        whose = {"kind": report.kind, "report": json_values.string(report.title)}
        for found in (_head(report), *map(_objects, report.blocks)):
            yield from (json_values.written({**whose, **inner}) for inner in found)


def _head(report: Report) -> Iterator[Mapping[str, Json]]:
    url = json_values.value(report.url)
    yield {"url": url, "level": report.level.value, "schema": json_values.SCHEMA}


def _objects(block: Block) -> Iterator[Mapping[str, Json]]:
    match block:
        case Fields():
            yield from _values(block)
        case Table():
            yield from _rows(block)
        case Plot():
            yield from _lines(block)
        case Chart():
            yield from _points(block)
        case Note():
            yield {"note": json_values.string(block.text)}
        case Text():
            text = json_values.string(block.text)
            yield {"title": json_values.string(block.title), "text": text}
        case Attachment():
            named = {
                "attachment": json_values.string(block.title),
                "what": json_values.string(block.kind),
            }
            about = {**named, "about": json_values.string(block.about)}
            yield from ({**about, **json_values.attached(one)} for one in block.pieces)


def _values(fields: Fields) -> Iterator[Mapping[str, Json]]:
    group = json_values.string(fields.title)
    for key, cell in fields.items:
        yield {
            "group": group,
            "key": json_values.string(key),
            "value": json_values.value(cell),
        }


def _rows(table: Table) -> Iterator[Mapping[str, Json]]:
    for row in json_values.rows(table):
        yield {"table": json_values.string(table.title), "row": row}


def _lines(plot: Plot) -> Iterator[Mapping[str, Json]]:
    names = {"plot": json_values.string(plot.key), "over": json_values.string(plot.x)}
    file = json_values.string(plot.file) or None
    for line in plot.lines:
        yield {**names, "file": file, **json_values.drawn(line)}
    for mark in plot.marks:
        yield {**names, "mark": json_values.marked(mark)}


def _points(chart: Chart) -> Iterator[Mapping[str, Json]]:
    drawing = charted.kind(chart.drawing)
    for row in json_values.rows(charted.table(chart)):
        yield {"chart": json_values.string(chart.title), "drawing": drawing, "row": row}


plugin: Renderer = render
