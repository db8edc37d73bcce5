from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.formatting.text import shared_part, short_names

SEEDS = [f"resnet50_imagenet_bs256_seed{i}_ema2" for i in (3, 4, 12)]


@pytest.mark.parametrize(
    ("names", "short", "shared"),
    [
        (SEEDS, ["seed3", "seed4", "seed12"], "resnet50_imagenet_bs256_…_ema2"),
        (["calm-sea-1", "calm-sea-2"], ["calm-sea-1", "calm-sea-2"], ""),
        (SEEDS[:1], SEEDS[:1], ""),
        ([*SEEDS, "x"], [*SEEDS, "x"], ""),
        (
            ["a/b/lr=0.1 wd=0.01 seed=1", "a/b/lr=0.3 wd=0.01 seed=1"],
            ["lr=0.1", "lr=0.3"],
            "a/b/… wd=0.01 seed=1",
        ),
        (
            ["a_long_name_of_a_run", "a_long_name_of_a_run_x"],
            ["run", "run_x"],
            "a_long_name_of_a_…",
        ),
        (
            [":smile: x", "another long name: y"],
            [":smile: x", "another long name: y"],
            "",
        ),
        ([], [], ""),
    ],
)
def test_runs_are_called_by_what_differs(names, short, shared):
    assert list(short_names(names).values()) == short
    assert shared_part(names) == shared


@given(st.lists(st.text(max_size=60), max_size=5))
def test_short_names_stay_different(names):
    short = short_names(names)
    assert len(set(short.values())) == len(short) == len(set(names))
