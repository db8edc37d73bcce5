from __future__ import annotations

from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.plots.histogram import spread

FLAT = HistogramColumn(3, (0.0, 1.0, 2.0, 4.0), (1, 2, 1))
HUGE = 1.7e308


def test_a_histogram_is_spread_over_places_without_loss():
    assert spread(FLAT, [0.0, 2.0, 3.0, 4.0]) == [0.75, 0.125, 0.125]
    spike = HistogramColumn(0, (1.0, 1.0), (7,))
    assert spread(spike, [0.0, 1.0, 2.0]) == [0.0, 1.0]


def test_an_empty_histogram_and_the_largest_one_are_spread():
    assert spread(HistogramColumn(0, (0.0, 1.0), (0,)), [0.0, 0.5, 1.0]) == [0.0, 0.0]
    widest = HistogramColumn(0, (-HUGE, 0.0, HUGE), (HUGE, HUGE))
    assert spread(widest, [-HUGE, 0.0, HUGE]) == [0.5, 0.5]
