"""A value with what it was before, in words and for programs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from wandbwatch import formatting as words
from wandbwatch.formatting import json_values
from wandbwatch.model.cell import MISSING, Changed
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Fields, Report, Table
from wandbwatch.model.run import State
from wandbwatch.plugins import load

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "before", "told"),
    [
        (0.25, 0.28, "0.25 ↓0.03"),
        (0.3, 0.1, "0.3 ↑0.2"),
        (1200, 1000, "1200 ↑200"),
        (1.5, NAN, "1.5 (was NaN)"),
        (NAN, 1.5, "NaN (was 1.5)"),
        (0.25, MISSING, "0.25 (new)"),
        (MISSING, 0.25, "– (was 0.25)"),
        (State.FAILED, State.RUNNING, "✗ failed (was ▸ running)"),
        ("b", "a\x1b[31m", "b (was a[31m)"),
        (True, False, "true (was false)"),
        (timedelta(hours=1), timedelta(minutes=1), "1h 00m (was 1m 00s)"),
        (10**400, 1.0, f"{10**400} (was 1)"),
        (float("inf"), 1.0, "inf (was 1)"),
    ],
)
def test_a_change_is_reported_by_arrow_and_number_or_by_what_it_was(
    value, before, told
):
    assert words.cell(Changed(value, before)) == told


def test_programs_get_both():
    assert json_values.value(Changed(1.5, NAN)) == {"value": 1.5, "before": "NaN"}
    assert json_values.value(Changed(2, MISSING)) == {"value": 2, "before": None}


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("plain", "run/loss\t0.1 (was 0.30000000000000004)\nrun/new\t1 (new)"),
        ("csv", "group,key,value\nrun,loss,0.1\nrun,new,1"),
    ],
)
def test_lines_have_every_digit_and_sheets_the_value_alone(output, told):
    items = (("loss", Changed(0.1, 0.1 + 0.2)), ("new", Changed(1, MISSING)))
    report = Report("x", "x", (Fields("run", items),))
    text = "\n".join(load("wandbwatch.renderers", output)([report], Screen()))
    assert text.removeprefix("# x\n") == told


def test_a_row_whose_state_has_changed_says_so_in_its_head():
    row = ("name", Changed(State.CRASHED, State.RUNNING), Changed(0.5, 1.0))
    table = Table("runs", ("name", "state", "loss"), (row,), ("https://w.example/a",))
    (message,) = load("wandbwatch.renderers", "discord")([Report("x", "x", (table,))])
    assert (
        "✘ **[name](https://w.example/a)** **crashed (was ▸ running)**" in message.body
    )
    assert "loss **0.5 ↓0.5**" in message.body
