"""Custom charts: a table that W&B draws by a specification of its own.

``wandb.plot.line`` and its like log a table and note in the configuration which of its
columns mean what: https://docs.wandb.ai/guides/track/log/plots
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wandbwatch import formatting
from wandbwatch.commands.media.albums import shapes
from wandbwatch.commands.media.albums.sheets import LoggedTable
from wandbwatch.model.drawing import Matrix
from wandbwatch.model.report import MISSING, Block, Cell, Table
from wandbwatch.model.run import Json


@dataclass(frozen=True)
class Panel:
    key: str
    kind: str
    """W&B's ``panelDefId``, such as ``wandb/line/v0``."""
    table: str
    """The key of the table that it draws."""
    columns: Mapping[str, Json]
    """Which column has which part."""
    title: str
    x_name: str = ""
    """What the chart calls its x axis, where its table's column says less."""


def panels(charts: Mapping[str, Json]) -> Iterator[Panel]:
    for key, chart in charts.items():
        config = _part(chart, "panel_config")
        kind = config.get("panelDefId")
        strings = _part(config, "stringSettings")
        title = strings.get("title")
        x_name = strings.get("xname") or strings.get("x-axis-title")
        yield Panel(
            key,
            kind if isinstance(kind, str) else "",
            _table(config) or f"{key}_table",
            _part(config, "fieldSettings"),
            title if isinstance(title, str) and title else key,
            x_name if isinstance(x_name, str) else "",
        )


def drawn(panel: Panel, sheet: LoggedTable, run: str) -> Block | None:
    """Draw what we know how to; None for another chart, or one without numbers."""
    name = panel.kind.removeprefix("wandb/").partition("/")[0]
    draw = _KINDS.get(name)
    return draw(panel, sheet, run) if draw else None


def _line(panel: Panel, sheet: LoggedTable, run: str) -> Block | None:
    x, y, stroke = (panel.columns.get(n) for n in ("x", "y", "stroke"))
    return _lines(panel, sheet, run, (x, y, stroke))


def _series(panel: Panel, sheet: LoggedTable, run: str) -> Block | None:
    parts = (panel.columns.get(n) for n in ("step", "lineVal", "lineKey"))
    return _lines(panel, sheet, run, tuple(parts))


def _curve(panel: Panel, sheet: LoggedTable, run: str) -> Block | None:
    parts = (panel.columns.get(n) for n in ("x", "y", "class"))
    return _lines(panel, sheet, run, tuple(parts))


def _lines(
    panel: Panel, sheet: LoggedTable, run: str, parts: Sequence[Json]
) -> Block | None:
    """Draw a line for each name that the third column has."""
    x, y, names = (sheet.column(part) for part in parts)
    grouped: dict[str, list[tuple[Json, Json]]] = {}
    labels = [formatting.cell(name) for name in names] or [str(parts[1])] * len(y)
    for label, *point in zip(labels, x, y, strict=False):
        grouped.setdefault(label, []).append((point[0], point[1]))
    lines = [
        shapes.line(run, name, panel.title, *zip(*points, strict=True))
        for name, points in grouped.items()
    ]
    return shapes.plot(panel.title, panel.x_name or str(parts[0]), lines)


def _scatter(panel: Panel, sheet: LoggedTable, _run: str) -> Block | None:
    x, y = (panel.columns.get(n) for n in ("x", "y"))
    return shapes.scatter(panel.title, str(x), str(y), sheet.column(x), sheet.column(y))


def _bars(panel: Panel, sheet: LoggedTable, _run: str) -> Block | None:
    label, value = (panel.columns.get(n) for n in ("label", "value"))
    return shapes.bars(
        panel.title, str(value), sheet.column(label), sheet.column(value)
    )


def _histogram(panel: Panel, sheet: LoggedTable, _run: str) -> Block | None:
    return shapes.histogram(panel.title, sheet.column(panel.columns.get("value")))


def _confusion(panel: Panel, sheet: LoggedTable, _run: str) -> Block | None:
    parts = ("Actual", "Predicted", "nPredictions")
    actual, predicted, counts = (sheet.column(panel.columns.get(n)) for n in parts)
    found = {
        (formatting.cell(a), formatting.cell(p)): count
        for a, p, count in zip(actual, predicted, counts, strict=False)
    }
    names = list(dict.fromkeys(name for pair in found for name in pair))
    rows: list[tuple[Cell, ...]] = [
        (name, *(found.get((name, other), MISSING) for other in names))
        for name in names
    ]
    columns = ("actual \\ predicted", *names)
    values = tuple(tuple(shapes.numbers(map(_count, row[1:]))) for row in rows)
    drawing = Matrix("actual", "predicted", tuple(names), values)
    return Table(panel.title, columns, tuple(rows), drawing=drawing) if rows else None


def _count(cell: Cell) -> Json:
    return cell if isinstance(cell, int | float) else None


_KINDS: Mapping[str, Callable[[Panel, LoggedTable, str], Block | None]] = {
    "line": _line,
    "lineseries": _series,
    "area-under-curve": _curve,
    "scatter": _scatter,
    "bar": _bars,
    "histogram": _histogram,
    "confusion_matrix": _confusion,
}


def _part(of: Json, name: str) -> Mapping[str, Json]:
    found = of.get(name) if isinstance(of, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _table(value: Json) -> str:
    """Find the key of the table anywhere in the panel's query."""
    if isinstance(value, Mapping):
        if value.get("name") == "tableKey" and isinstance(value.get("value"), str):
            return str(value["value"])
        inner: Sequence[Json] = tuple(value.values())
    else:
        inner = value if isinstance(value, list) else ()
    return next((found for one in inner if (found := _table(one))), "")
