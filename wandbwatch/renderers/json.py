"""Reports as one JSON document: ``{"schema": 1, "reports": […]}``."""

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
    """Yield the whole document at once: half of one would be unreadable."""
    answers = [_report(report) for report in reports]
    yield json_values.written({"schema": json_values.SCHEMA, "reports": answers})


def _report(report: Report) -> Mapping[str, Json]:
    return {
        "kind": report.kind,
        "title": json_values.string(report.title),
        "url": json_values.value(report.url),
        "level": report.level.value,
        "blocks": [_block(block) for block in report.blocks],
    }


def _block(block: Block) -> Mapping[str, Json]:
    match block:
        case Fields():
            items = ((name, json_values.value(cell)) for name, cell in block.items)
            return _titled("fields", block.title, items=json_values.named(items))
        case Table():
            return _table(block)
        case Plot() | Chart():
            return _plot(block) if isinstance(block, Plot) else _chart(block)
        case Note():
            return {"type": "note", "text": json_values.string(block.text)}
        case Text():
            return _titled("text", block.title, text=json_values.string(block.text))
        case Attachment():
            return _attachment(block)


def _titled(kind: str, title: str, **rest: Json) -> Mapping[str, Json]:
    return {"type": kind, "title": json_values.string(title), **rest}


def _table(table: Table) -> Mapping[str, Json]:
    names, rows = json_values.columns(table), list(json_values.rows(table))
    file = {"file": json_values.string(table.file)} if table.file else {}
    return _titled("table", table.title, columns=names, rows=rows, **file)


def _plot(plot: Plot) -> Mapping[str, Json]:
    return {
        "type": "plot",
        "key": json_values.string(plot.key),
        "x": json_values.string(plot.x),
        "log_y": plot.log_y,
        "smooth": json_values.number(plot.smooth),
        "file": json_values.string(plot.file) or None,
        "lines": [json_values.drawn(line) for line in plot.lines],
        "marks": [json_values.marked(mark) for mark in plot.marks],
    }


def _chart(chart: Chart) -> Mapping[str, Json]:
    return {
        **_table(charted.table(chart)),
        "type": "chart",
        "drawing": charted.kind(chart.drawing),
        "file": json_values.string(chart.file) or None,
    }


def _attachment(block: Attachment) -> Mapping[str, Json]:
    what, about = json_values.string(block.kind), json_values.string(block.about)
    files = [json_values.attached(piece) for piece in block.pieces]
    return _titled("attachment", block.title, what=what, about=about, files=files)


plugin: Renderer = render
