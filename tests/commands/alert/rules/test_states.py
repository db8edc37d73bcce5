"""What becomes of an alert from look to look, by value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.commands.alert.rules import Held, Patience, Turn, turn
from wandbwatch.commands.alert.rules.states import FLAPS

MINUTE = 60.0
WORDS = {Turn.FIRING: "F", Turn.STILL: "S", Turn.RESOLVED: "R", None: "."}


def course(looks: str, patience: Patience = Patience()) -> str:  # noqa: B008
    """Return what is told a minute apart: ``+`` holds, ``-`` not, ``?`` unknown."""
    held: Held | None = None
    told = ""
    for i, look in enumerate(looks):
        holds = {"+": True, "-": False, "?": None}[look]
        held, what = turn(held, 1000 + MINUTE * i, patience, holds=holds)
        told += WORDS[what]
    return told


@pytest.mark.parametrize(
    ("looks", "patience", "told"),
    [
        ("--++--", Patience(), "..F.R."),
        ("+", Patience(), "F"),
        ("+?-", Patience(), "F.R"),
        ("??", Patience(), ".."),
        ("+++-", Patience(hold=120), "..FR"),
        ("++-+++", Patience(hold=120), ".....F"),
        ("+??+", Patience(hold=120), "...F"),
        ("+++++++-", Patience(repeat=180), "F..S..SR"),
        ("+-+-", Patience(), "FRFR"),
    ],
)
def test_it_fires_repeats_and_resolves(looks, patience, told):
    assert course(looks, patience) == told


def test_one_that_comes_again_at_once_is_the_same_one():
    held, _ = turn(None, 1000, Patience(), holds=True)
    held, _ = turn(held, 1060, Patience(), holds=False)
    again, _ = turn(held, 1120, Patience(), holds=True)
    assert again
    assert held
    assert (again.number, again.times) == (held.number, 2)
    other, _ = turn(held, 1060 + FLAPS, Patience(), holds=True)
    assert other
    assert other.number != held.number


@given(st.text(alphabet="+-?", max_size=60), st.integers(0, 5), st.integers(0, 5))
def test_firing_and_resolved_take_turns(looks, hold, repeat):
    told = course(looks, Patience(hold * MINUTE, repeat * MINUTE)).replace(".", "")
    assert told.replace("S", "").replace("FR", "") in ("", "F")
    assert not told.startswith("S")
    assert "RS" not in told
