"""When a change of means is one, in a steady view."""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.commands.alert.rules import Facts, judge, parse
from wandbwatch.model.run import Series

HOUR = 3600.0


def holds(rows: Sequence[float], pace: float, *, certain: bool = False) -> bool | None:
    times = [pace * n for n in range(len(rows))]
    facts = Facts(0.0, {"x": Series("x", times, rows)})
    rule = parse("change(x, 1h) > 50%")
    return judge(rule, facts, times[-1] + 1, steady=True, certain=certain).holds


def test_the_end_of_a_dip_is_no_rise_and_a_rise_above_what_was_before_is():
    calm, dip = [1.0] * 240, [0.3] * 60
    assert holds([*calm, *dip, *[1.0] * 60], 60) is False
    assert holds([*calm, *dip, *[1.6] * 60], 60) is True


def test_a_change_that_is_acted_on_leaves_all_windows_before_behind():
    fallen = [3.0] * 120 + [1.0] * 120 + [1.7] * 60
    assert holds(fallen, 60) is True
    assert holds(fallen, 60, certain=True) is False
    assert holds([1.0] * 240 + [1.7] * 60, 60, certain=True) is True


def test_rows_further_apart_than_the_window_are_compared_with_the_last_before():
    calm = [1.0, 1.01, 0.99, 1.02, 1.0, 0.98, 1.0, 1.01]
    assert holds(calm, 1.2 * HOUR) is False
    assert holds([*calm, 2.0], 1.2 * HOUR) is True
    assert holds([1.0, 2.0], 1.2 * HOUR) is False, "two values do not tell the noise"
