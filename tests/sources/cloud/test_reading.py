"""Whatever a server says of a run, it is read."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Run
from wandbwatch.sources.cloud import reading, series
from wandbwatch.sources.cloud.query import Project

GPT = Project("acme", "gpt")
FIELDS = [
    "name",
    "displayName",
    "state",
    "group",
    "jobType",
    "tags",
    "sweepName",
    "notes",
    "host",
    "exitcode",
    "createdAt",
    "heartbeatAt",
    "user",
    "summaryMetrics",
    "config",
    "systemMetrics",
    "url",
]
KEYS = ["loss", "system/cpu", "a.b"]

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.sampled_from(["NaN", "-Infinity", "2026-01-01T00:00:00", "{}", "[1]"])
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=10,
)
texts = st.one_of(values, values.map(json.dumps))
users = st.none() | st.dictionaries(st.sampled_from(["username", "name"]), scalars)
tags = st.none() | st.lists(scalars, max_size=3)
rows = st.lists(
    st.dictionaries(
        st.sampled_from(["_step", "_runtime", "_timestamp", "loss", "system.cpu"]),
        values,
    )
    | scalars,
    max_size=5,
)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(FIELDS, texts) | {"user": users, "tags": tags}
    )
)
def test_any_node_is_a_run(node):
    read = reading.run(node, GPT)
    assert isinstance(read, Run)
    assert all(isinstance(v, float) for v in read.system.values())


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "sampledHistory": st.none() | st.lists(rows | scalars, max_size=4),
            "events": st.none() | st.lists(scalars | rows.map(json.dumps), max_size=4),
        },
    ),
    st.sampled_from([Axis(kind, "loss") for kind in AxisKind]),
)
def test_any_rows_are_series(node, axis):
    for one in series.series(node, KEYS, axis).values():
        assert len(one.x) == len(one.y) > 0


@pytest.mark.parametrize("depth", [200, 900, 100_000])
def test_tables_without_end_are_cut(depth):
    deep = '{"a": ' * depth + "1" + "}" * depth
    read = reading.run({"name": "abc", "summaryMetrics": deep, "config": deep}, GPT)
    assert read.id == "abc"


def test_what_is_not_finite_is_a_float():
    told = '{"a": "NaN", "b": {"c": "-Infinity"}, "d": NaN, "e": ["Infinity"]}'
    read = reading.table(told)
    assert str(read) == "{'a': nan, 'b': {'c': -inf}, 'd': nan, 'e': [inf]}"


def test_a_url_is_spelled_so_that_nothing_in_it_is_a_path():
    url = reading.url("https://w.example/", "a/b", "ü x", "../?#")
    assert url == "https://w.example/a%2Fb/%C3%BC%20x/runs/..%2F%3F%23"


def test_a_number_beyond_floats_is_infinite():
    assert reading.number(10**400) == math.inf
    assert reading.number(-(10**400)) == -math.inf
