"""Figures, charts, tables and pages out of what their files hold, hostile ones too."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.commands.media import panels, sheets
from wandbwatch.commands.media.panels import Panel
from wandbwatch.commands.media.report import preview
from wandbwatch.commands.media.sheets import LoggedTable
from wandbwatch.model.drawing import Bars, Matrix, Scatter
from wandbwatch.model.media import RunFile
from wandbwatch.model.report import Chart, Plot, Table
from wandbwatch.model.run import Json

from tests.renderers.strategies import content, jsons


def file(text: str) -> RunFile:
    return RunFile("t.json", len(text), content(text.encode()))


def panel(kind: str, **columns: Json) -> Panel:
    return Panel("key", f"wandb/{kind}/v0", "key_table", columns, "title")


NAN = float("nan")
ROC = LoggedTable(("fpr", "tpr", "class"), ((0, 0, "a"), (1, 1, "a"), (0, 0.5, "b")))


def test_a_curve_has_a_line_for_each_class():
    drawn = panels.drawn(
        panel("area-under-curve", x="fpr", y="tpr", **{"class": "class"}), ROC, "r"
    )
    assert isinstance(drawn, Plot)
    lines = [(n.name, list(n.series.x), list(n.series.y)) for n in drawn.lines]
    assert lines == [("a", [0, 1], [0, 1]), ("b", [0], [0.5])]


@pytest.mark.parametrize("kind", ["line", "scatter", "bar", "histogram", "other", ""])
def test_a_chart_of_columns_that_are_not_there_is_none(kind):
    assert panels.drawn(panel(kind, x="no", y=3, value=[]), ROC, "r") is None


def test_a_histogram_counts_every_value_once():
    chart = panels.histogram("h", [0, 1, 1, float("nan"), "word", 10])
    assert isinstance(chart, Chart)
    assert isinstance(chart.drawing, Bars)
    assert sum(count for _, count in chart.drawing.items) == 4
    same = panels.histogram("h", [5, 5])
    assert same == Chart("h", Bars("count", (("5", 2.0),)))


def packed(*values: float) -> Mapping[str, Json]:
    data = struct.pack(f"<{len(values)}d", *values)
    return {"dtype": "f8", "bdata": base64.b64encode(data).decode()}


def test_figures_of_plotly():
    figure: dict[str, Json] = {
        "data": [
            {"type": "scatter", "mode": "lines", "x": [0, 1], "y": packed(1, 2)},
            {"mode": "markers", "x": [0, 1], "y": [3, 4], "name": "dots"},
            {"type": "bar", "orientation": "h", "x": [1], "y": ["a"]},
            {"type": "histogram", "x": [1, 1, 2]},
            {"type": "mesh3d"},
            "no trace",
        ],
        "layout": {"title": "a figure"},
    }
    line, dots, bars, _ = panels.figure_blocks("key", figure, "r")
    assert isinstance(line, Plot)
    assert list(line.lines[0].series.y) == [1, 2]
    assert isinstance(dots, Chart)
    assert isinstance(dots.drawing, Scatter)
    assert dots.title == "a figure: dots"
    assert isinstance(bars, Chart)
    assert bars.drawing == Bars("value", (("a", 1.0),))


@given(jsons | st.fixed_dictionaries({"data": st.lists(jsons)}))
def test_no_figure_breaks_us(figure):
    for block in panels.figure_blocks("key", figure, "r"):
        assert isinstance(block, Plot | Chart)


@given(jsons)
def test_no_chart_and_no_table_breaks_us(value):
    for found in panels.panels({"a": value}):
        panels.drawn(found, ROC, "r")
    try:
        sheet = sheets.sheet({"columns": ["a", "b"], "data": value})
    except ValueError:
        return
    assert all(len(row) == 2 for row in sheet.rows)
    assert b"".join(sheets.as_csv(sheet)).startswith(b"a,b\r\n")


def test_a_saved_table_runs_no_formula():
    table = LoggedTable(("=a", "b"), (("=1+1", -2),))
    assert b"".join(sheets.as_csv(table)) == b"'=a,b\r\n'=1+1,-2\r\n"


def test_a_confusion_matrix_is_a_table():
    rows = (("cat", "dog", 3), ("dog", "dog", 4))
    sheet = LoggedTable(("Actual", "Predicted", "nPredictions"), rows)
    names = {name: name for name in sheet.columns}
    found = panels.drawn(panel("confusion_matrix", **names), sheet, "r")
    assert isinstance(found, Table)
    assert found.columns[1:] == ("cat", "dog")
    assert found.rows[1][2] == 4
    values = ((NAN, 3.0), (NAN, 4.0))
    drawing = found.drawing
    assert isinstance(drawing, Matrix)
    assert (drawing.row, drawing.column) == ("actual", "predicted")
    assert repr(drawing.values) == repr(values)


def test_a_chart_is_drawn_over_what_it_calls_its_x():
    config: Json = {
        "panelDefId": "wandb/lineseries/v0",
        "fieldSettings": {"step": "step", "lineVal": "lineVal", "lineKey": "lineKey"},
        "stringSettings": {"title": "Two", "xname": "recall"},
    }
    (one,) = panels.panels({"charts/series": {"panel_config": config}})
    rows = ((0, "up", 1), (1, "up", 2))
    plot = panels.drawn(one, LoggedTable(("step", "lineKey", "lineVal"), rows), "r")
    assert isinstance(plot, Plot)
    assert (plot.key, plot.x, plot.shape) == ("Two", "recall", True)


@pytest.mark.parametrize(
    "text", ["", "[1", "[" * 100_000, json.dumps({"columns": 1}), "null"]
)
def test_a_damaged_table_is_reported(text):
    with pytest.raises(ValueError, match="its file"):
        sheets.sheet(sheets.read(file(text)))


def test_a_large_table_is_not_read():
    with pytest.raises(ValueError, match="too large"):
        sheets.read(RunFile("t", 1 << 40, content(b"")))
    liar = RunFile("t", 1, content(bytes(sheets.MOST + 1)))
    with pytest.raises(ValueError, match="too large"):
        sheets.read(liar)
    with pytest.raises(ValueError, match="its file is missing"):
        sheets.read(None)


def test_a_page_is_its_text():
    html = "<style>b{}</style><h1>A &lt;b&gt;</h1><script>evil()</script><p>x   y<p>z"
    assert preview(html) == "A <b>\nx y\nz"
    assert preview("<p>line" * 40).endswith("…")
    assert len(preview("w" * 9000)) < 1100


@given(st.text())
def test_no_page_breaks_us(html):
    preview(html)
