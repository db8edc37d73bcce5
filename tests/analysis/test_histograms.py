from __future__ import annotations

import pytest
from hypothesis import given
from wandbwatch.analysis.curves import column
from wandbwatch.model.drawing import HistogramColumn

from tests.renderers.strategies import jsons

KIND = {"_type": "histogram"}


def test_edges_are_bins_or_packed():
    whole = HistogramColumn(7, (0.0, 0.5, 1.0), (3.0, 4.0))
    assert column(7, {**KIND, "bins": [0, 0.5, 1], "values": [3, 4]}) == whole
    packed = {"min": 0, "size": 0.5, "count": 2}
    assert column(7, {**KIND, "packedBins": packed, "values": [3, 4]}) == whole


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "histogram",
        {"_type": "image-file"},
        KIND,
        {**KIND, "values": [1]},
        {**KIND, "values": [1, 2], "bins": [0, 1]},
        {**KIND, "values": [True], "bins": [0, 1]},
        {**KIND, "values": ["a"], "bins": [0, 1]},
        {**KIND, "values": [10**400], "bins": [0, 1]},
        {**KIND, "values": [1], "packedBins": {"min": 0, "size": 1, "count": 1e9}},
        {**KIND, "values": [1], "packedBins": {"min": 0, "size": 1}},
        {**KIND, "values": [1] * 5000, "bins": list(range(5001))},
    ],
)
def test_what_is_not_whole_is_none(value):
    assert column(0, value) is None


@given(jsons, jsons, jsons)
def test_whatever_a_run_logs_is_read_or_left(values, bins, packed):
    told = {**KIND, "values": values, "bins": bins, "packedBins": packed}
    found = column(0, told)
    assert found is None or len(found.edges) == len(found.counts) + 1


@pytest.mark.parametrize(
    ("bins", "edges"),
    [
        (["-Infinity", 0, 1, "Infinity"], (-1.0, 0.0, 1.0, 2.0)),
        ([float("-inf"), 0, 2, 5], (-2.0, 0.0, 2.0, 5.0)),
        ([0, 1, 3, float("inf")], (0.0, 1.0, 3.0, 5.0)),
        (["-Infinity", "-Infinity", 4, "Infinity"], (2.0, 3.0, 4.0, 5.0)),
    ],
)
def test_bins_without_an_edge_keep_their_counts(bins, edges):
    counted = column(0, {**KIND, "bins": bins, "values": [1, 2, 3]})
    assert counted == HistogramColumn(0, edges, (1.0, 2.0, 3.0))
