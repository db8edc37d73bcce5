"""The outputs that programs read: plain, JSON, JSON lines and CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch import formatting as words
from wandbwatch import plugins
from wandbwatch.formatting import json_values
from wandbwatch.model.cell import MISSING
from wandbwatch.model.ports import Renderer, Screen
from wandbwatch.model.report import Fields, Note, Report, Table, Text
from wandbwatch.model.run import Json, State

from tests.renderers.strategies import jsons, numbers, reports, tables, texts


def lines(output: str, *told: Report) -> list[str]:
    render: Renderer = plugins.load("wandbwatch.renderers", output)
    return list(render(told, Screen()))


def report(*blocks: Fields | Table | Note | Text) -> Report:
    return Report("summary", "a run", blocks)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


@given(st.lists(reports, max_size=3))
def test_json_is_one_document_that_reads_back_as_strict_json(told):
    (text,) = lines("json", *told)
    document = json.loads(text, parse_constant=refuse)
    assert document["schema"] == 1
    assert [r["kind"] for r in document["reports"]] == [r.kind for r in told]
    for answer, asked in zip(document["reports"], told, strict=True):
        assert len(answer["blocks"]) == len(asked.blocks)


@given(st.lists(reports, max_size=3))
def test_every_json_line_is_an_object_with_its_reports_name(told):
    for text in lines("jsonl", *told):
        assert "\n" not in text
        assert {"kind", "report"} <= set(json.loads(text, parse_constant=refuse))


@given(tables())
def test_a_json_row_holds_every_value_that_is_there(table):
    read = json.loads(lines("json", report(table))[0])["reports"][0]["blocks"][0]
    assert len(read["columns"]) == len(set(read["columns"])) == len(table.columns)
    for row, cells in zip(read["rows"], table.rows, strict=True):
        there = {
            name: json_values.value(cell)
            for name, cell in zip(read["columns"], cells, strict=True)
            if cell is not MISSING
        }
        assert {name: row[name] for name in there} == there


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (0.1 + 0.2, 0.30000000000000004),
        (State.FAILED, "failed"),
        (datetime(2026, 1, 1, 12, 0, 0, 5, UTC), "2026-01-01T12:00:00.000005Z"),
        (timedelta(minutes=1, milliseconds=5), 60.005),
        (MISSING, None),
        ({"a": [math.nan, {"b": math.inf}]}, {"a": ["NaN", {"b": "Infinity"}]}),
        ("\ud800", "\ufffd"),
        (dict.fromkeys(("\ud800", "\udfff"), 1), {"\ufffd": 1, "\ufffd (2)": 1}),
    ],
)
def test_exact_values(cell, value):
    assert json_values.value(cell) == value


def test_json_keeps_values_of_one_name_apart():
    told = report(Fields("train", (("loss", 1), ("loss", 2), ("loss (2)", 3))))
    (block,) = json.loads(lines("json", told)[0])["reports"][0]["blocks"]
    assert block["items"] == {"loss": 1, "loss (2)": 2, "loss (2) (2)": 3}


def test_json_nested_too_deep_is_cut():
    deep: list[Json] = []
    for _ in range(100_000):
        deep = [deep]
    (text,) = lines("json", report(Fields("", (("deep", deep),))))
    assert "(nested too deeply to show)" in text


def read_csv(told: Report) -> list[list[str]]:
    text = "\n".join(lines("csv", told))
    return list(csv.reader(io.StringIO(text), strict=True))


@given(st.lists(st.tuples(texts, texts, numbers), min_size=1, max_size=5))
def test_csv_reads_back_with_every_digit(rows):
    header, *read = read_csv(report(Table("", ("a", "b", "c"), tuple(rows))))
    assert header == ["a", "b", "c"]
    for (_, _, number), (_, _, text) in zip(rows, read, strict=True):
        assert type(number)(text) == number or math.isnan(number)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=1+1", "'=1+1"),
        ("  @SUM(A1)", "'  @SUM(A1)"),
        ("-baseline", "'-baseline"),
        ("\t+1", "'        +1"),
        ("\uff1d1", "'\uff1d1"),
        (-1.5, "-1.5"),
        (-math.inf, "-Infinity"),
        (State.RUNNING, "running"),
        (True, "true"),
        (None, "null"),
        (MISSING, ""),
        ({"_type": "x"}, '{"_type": "x"}'),
    ],
)
def test_csv_holds_no_formula_and_keeps_numbers(cell, text):
    assert read_csv(report(Fields("g", (("k", cell),))))[1] == ["g", "k", text]


def test_csv_puts_an_empty_line_between_tables():
    one, other = Table("", ("a",), ((1,),)), Table("", ("b",), ((2,),))
    assert lines("csv", report(one, Note("no data"), one, other)) == [
        *("a", "1", "1"),
        *("", "b", "2"),
    ]


@given(tables())
def test_plain_is_one_record_a_line_with_as_many_cells_as_columns(table):
    _, heading, *records = lines("plain", report(table))
    assert len(records) == len(table.rows)
    for text in (heading, *records):
        assert len(text.splitlines()) <= 1
        assert len(text.split("\t")) == len(table.columns) + any(table.links)


@given(st.lists(st.tuples(texts, jsons), max_size=5))
def test_plain_shows_every_value_in_full(items):
    _, *records = lines("plain", report(Fields("train", tuple(items))))
    for (name, value), text in zip(items, records, strict=True):
        path, told = text.split("\t")
        assert path == f"train/{words.clean(name)}"
        if isinstance(value, float) and math.isfinite(value):
            assert float(told) == value
        if isinstance(value, str):
            assert told == words.clean(value)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=0.5), "0:00:00.5"),
        (timedelta(days=3, hours=4, seconds=5), "76:00:05"),
        (-timedelta(minutes=1), "-0:01:00"),
    ],
)
def test_plain_shows_a_duration_in_full(span, text):
    assert lines("plain", report(Fields("", (("runtime", span),))))[1].endswith(text)


@given(texts)
def test_no_line_of_a_plain_text_looks_like_a_value(text):
    _, *told = lines("plain", report(Text("notes", f"{text}\ntrain/loss\t0")))
    assert all(line.startswith("notes\t") for line in told)
    assert "\n" not in "".join(told)
    assert told[-1].split() == ["notes", "train/loss", "0"]


def test_plain_names_each_value_by_its_group():
    told = report(Fields("", (("a", 1),)), Fields("train", (("loss", 2),)))
    assert lines("plain", told) == ["# a run", "a\t1", "train/loss\t2"]
