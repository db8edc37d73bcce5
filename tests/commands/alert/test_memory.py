"""What becomes of an alert from look to look, by value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.commands.alert.memory import FLAPS, HoldState, Timing, Turn, turn

MINUTE = 60.0
WORDS = {Turn.FIRING: "F", Turn.STILL: "S", Turn.RESOLVED: "R", None: "."}


def course(looks: str, patience: Timing = Timing()) -> str:  # noqa: B008
    """Return what is told a minute apart: ``+`` holds, ``-`` not, ``?`` unknown."""
    held: HoldState | None = None
    told = ""
    for i, look in enumerate(looks):
        holds = {"+": True, "-": False, "?": None}[look]
        held, what = turn(held, 1000 + MINUTE * i, patience, holds=holds)
        told += WORDS[what]
    return told


@pytest.mark.parametrize(
    ("looks", "patience", "told"),
    [
        ("--++--", Timing(), "..F.R."),
        ("+", Timing(), "F"),
        ("+?-", Timing(), "F.R"),
        ("??", Timing(), ".."),
        ("+++-", Timing(hold=120), "..FR"),
        ("++-+++", Timing(hold=120), ".....F"),
        ("+??+", Timing(hold=120), "...F"),
        ("+++++++-", Timing(repeat=180), "F..S..SR"),
        ("+-+-", Timing(), "FRFR"),
    ],
)
def test_it_fires_repeats_and_resolves(looks, patience, told):
    assert course(looks, patience) == told


def test_an_alert_that_fires_again_soon_is_the_same_alert():
    held, _ = turn(None, 1000, Timing(), holds=True)
    held, _ = turn(held, 1060, Timing(), holds=False)
    again, _ = turn(held, 1120, Timing(), holds=True)
    assert again
    assert held
    assert (again.number, again.times) == (held.number, 2)
    other, _ = turn(held, 1060 + FLAPS, Timing(), holds=True)
    assert other
    assert other.number != held.number


@given(st.text(alphabet="+-?", max_size=60), st.integers(0, 5), st.integers(0, 5))
def test_firing_and_resolved_take_turns(looks, hold, repeat):
    told = course(looks, Timing(hold * MINUTE, repeat * MINUTE)).replace(".", "")
    assert told.replace("S", "").replace("FR", "") in ("", "F")
    assert not told.startswith("S")
    assert "RS" not in told
