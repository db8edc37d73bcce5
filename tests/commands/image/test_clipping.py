from __future__ import annotations

import math

from wandbwatch.commands.image.plotting.answer import clip_limits, clip_notes
from wandbwatch.model.report import Line, Plot
from wandbwatch.model.run import Series


def line(*ys: float) -> Line:
    return Line("a", "a", Series("k", range(len(ys)), ys))


def test_the_middle_of_the_values_is_held_and_the_rest_counted():
    one = line(*range(1000), 1e9, -1e9)
    found = clip_limits([one], 0.99, log=False)
    assert found is not None
    low, high = found
    assert -50 < low < 6
    assert 994 <= high < 1100
    plot = Plot("k", "step", (one,), limits=found)
    (said,) = clip_notes(plot, 0.99)
    assert said.startswith("'k': the y axis holds the middle 99% of the values, ")
    assert said.endswith("2 values beyond its ends")


def test_without_an_outlier_nothing_is_clipped_or_said():
    assert clip_limits([line(1, 2, 3)], 1.0, log=False) is None
    assert clip_limits([line(5, 5, 5)], 0.9, log=False) is None
    assert clip_limits([line(math.nan, math.inf)], 0.9, log=False) is None
    assert clip_limits([], 0.9, log=False) is None
    assert list(clip_notes(Plot("k", "step", (line(1, 2),)), 0.9)) == []


def test_a_log_scale_has_no_limit_of_0_or_less():
    ys = [-5.0, *(10.0**i for i in range(-50, 50))]
    found = clip_limits([line(*ys)], 0.9, log=True)
    assert found is not None
    assert 0 < found[0] < 1 < found[1] < 1e49
