from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.plots.legend import legend
from wandbwatch.plots.palette import NAMED

WIDTH = 760


def measure(text: str) -> float:
    return 10.0 * len(text)


def test_short_names_stand_in_columns():
    found = legend(
        [("owl", "a1"), ("lark", "b2"), ("", "c3"), ("kite", "d4")], WIDTH, measure
    )
    assert found.rows == 2
    assert [e.row for e in found.entries] == [0, 0, 0, 1]
    assert found.entries[0].x == found.entries[3].x == 0
    assert [e.name for e in found.entries] == ["owl", "lark", "", "kite"]


def test_a_long_name_is_cut_in_its_middle_and_its_id_is_kept():
    (entry,) = legend([("x" * 50 + "y" * 50, "a1b2c3d4")], WIDTH, measure).entries
    assert entry.run == "a1b2c3d4"
    assert entry.name.startswith("xxx")
    assert entry.name.endswith("yyy")
    assert "…" in entry.name


def test_few_long_names_get_rows_of_their_own():
    names = [("a-rather-long-name-of-a-run", f"run0000{i}") for i in range(3)]
    found = legend(names, WIDTH, measure)
    assert found.rows == 3
    assert [e.name for e in found.entries] == [name for name, _ in names]


def test_only_an_id_wider_than_the_picture_is_cut():
    (entry,) = legend([("", "i" * 500)], WIDTH, measure).entries
    assert "…" in entry.run
    assert entry.run_x + measure(entry.run) <= WIDTH


@pytest.mark.parametrize("count", [0, 1, NAMED, NAMED + 30])
def test_every_run_that_has_a_look_has_a_place(count):
    found = legend([("bird", f"id{i}") for i in range(count)], WIDTH, measure)
    assert len(found.entries) == min(count, NAMED)


words = st.text("abcdef-", max_size=60)


@given(st.lists(st.tuples(words, words), max_size=40))
def test_nothing_runs_into_its_neighbour_or_out_of_the_picture(runs):
    found = legend(runs, WIDTH, measure)
    for entry in found.entries:
        end = entry.run_x + measure(entry.run)
        beside = [e.x for e in found.entries if e.row == entry.row and e.x > entry.x]
        assert end <= min(beside, default=WIDTH)
        assert entry.row < found.rows
