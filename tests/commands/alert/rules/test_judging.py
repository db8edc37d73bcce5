"""What rules say of series, by value."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.commands.alert.rules import Facts, judge, parse
from wandbwatch.model.run import Series
from wandbwatch.model.run_details import Printed

NAN, INF = math.nan, math.inf
MINUTE = 60.0
START = 1_700_000_000.0


def facts(**series: list[float]) -> Facts:
    """Make a run that logged a value each minute; ``a__b`` stands for ``a/b``."""
    made = {}
    for name, values in series.items():
        key = name.replace("__", "/")
        times = [START + MINUTE * i for i in range(len(values))]
        made[key] = Series(key, times, values)
    return Facts(START, made)


def says(rule: str, known: Facts, minutes: float | None = None) -> bool | None:
    longest = max((len(s.x) for s in known.series.values()), default=1)
    at = START + MINUTE * (longest - 1 if minutes is None else minutes)
    return judge(parse(rule), known, at).holds


FLAT = [1.0, 1.1, 0.9, 1.0] * 15
CASES = [
    ("x > 5", {"x": [1, 6]}, True),
    ("x > 5", {"x": [6, 5]}, False),
    ("x >= 5", {"x": [5]}, True),
    ("x < 0", {"x": [-INF]}, True),
    ("x <= 5", {"x": [5]}, True),
    ("x > 5", {"x": [9, NAN]}, None),
    ("x > 5", {}, None),
    ("latest(x) > 5", {"x": [6]}, True),
    ("max(x, 3m) > 5", {"x": [9, 1, 1, 1]}, False),
    ("max(x, 4m) > 5", {"x": [9, 1, 1, 1]}, True),
    ("max(x, 2) > 5", {"x": [9, 1, 1]}, False),
    ("max(x, 3) > 5", {"x": [9, 1, 1]}, True),
    ("min(x, 3) < 1", {"x": [NAN, 0, 5]}, True),
    ("mean(x, 2) > 4", {"x": [0, 4, 6]}, True),
    ("avg(x, 3) > 4", {"x": [0, 4, 6]}, False),
    ("mean(x, 2) > 0", {"x": [1, NAN, INF]}, None),
    ("change(x, 1) > 50%", {"x": [2, 3.1]}, True),
    ("change(x, 1) > 50%", {"x": [2, 3]}, False),
    ("change(x, 1) > 50%", {"x": [-2, -0.9]}, True),
    ("change(x, 1) > 50%", {"x": [0, 3]}, None),
    ("change(x, 2m) < -1", {"x": [5, 5, 3, 3]}, True),
    ("change(x, 2m) < -2", {"x": [5, 5, 3, 3]}, False),
    ("change(x, 1h) > 0", {"x": [5, 6]}, None),
    ("change(x, 1, 3) > 50%", {"x": [1, 2, 3, 3.1]}, True),
    ("change(x, 1, 3) > 60%", {"x": [1, 2, 3, 3.1]}, False),
    ("change(x, 1m, 3m) > 50%", {"x": [9, 1, 2, 3, 3.1]}, True),
    ("change(x, 1, 3m) > 50%", {"x": [9, 1, 2, 3, 3.1]}, True),
    ("change(x, 2m, 3) > 50%", {"x": [9, 1, 1, 3, 3.1]}, False),
    ("change(x, 1, either) > 50%", {"x": [2, 0.9]}, True),
    ("change(x, 1, 2, either) > 1", {"x": [2, 2, 0.9]}, True),
    ("x == 5", {"x": [1, 5]}, True),
    ("x == 5", {"x": [5, 1]}, False),
    ("x != 5", {"x": [5, 1]}, True),
    ("x != 5", {"x": [NAN]}, None),
    ("zscore(x, 30) > 3", {"x": [*FLAT, 1.5]}, True),
    ("zscore(x, 30) > 3", {"x": [*FLAT, 1.1]}, False),
    ("zscore(x, 30) < -3", {"x": [*FLAT, 0.0]}, True),
    ("zscore(x) > 3", {"x": [1, 1, 9]}, None),
    ("zscore(x, 5) > 3", {"x": [1] * 6}, False),
    ("nan(x)", {"x": [1, NAN]}, True),
    ("nan(x)", {"x": [1, INF]}, True),
    ("nan(x)", {"x": [NAN, 1]}, False),
    ("nan(x, 2)", {"x": [NAN, 1]}, True),
    ("nan(x)", {}, None),
    ("spike(x)", {"x": [*FLAT, 3, 3, 3, 3, 3]}, True),
    ("spike(x)", {"x": [*FLAT, 3, 3, 1, 3, 3]}, False),
    ("spike(x)", {"x": [*FLAT, 50]}, False),
    ("spike(x)", {"x": [1.0] * 60 + [1.05] * 5}, False),
    ("spike(x)", {"x": [1.0] * 60 + [1.2] * 5}, True),
    ("spike(x)", {"x": [1, 9]}, None),
    ("plateau(x, 3m)", {"x": [5, 4, 3, 3, 3, 3]}, True),
    ("plateau(x, 3m)", {"x": [5, 4, 3, 3, 2, 3]}, False),
    ("plateau(x, 3m, max)", {"x": [1, 2, 3, 1, 2, 3]}, True),
    ("plateau(x, 3m, max)", {"x": [1, 2, 3, 1, 2, 4]}, False),
    ("plateau(x, 3m)", {"x": [5, 4]}, None),
    ("gap(a, b) > 0.3", {"a": [1, 1], "b": [1, 1.5]}, True),
    ("gap(a, b) > 0.3", {"a": [1, 1], "b": [1, 1.2]}, False),
    ("gap(a, b, 2) > 20%", {"a": [1, 1], "b": [1, 1.5]}, True),
    ("gap(a, b) > 0.3", {"a": [1]}, None),
    ("idle(gpu, 3m)", {"system__gpu.0.gpu": [90, 1, 0, 0, 0]}, True),
    ("idle(gpu, 3m)", {"system__gpu.0.gpu": [90, 90, 0, 40, 0]}, False),
    ("idle(gpu, 3m)", {"system__gpu.0.gpu": [0, 0]}, None),
    ("idle(gpu, 3m)", {}, None),
    (
        "idle(gpu, 3m)",
        {"system__gpu.0.gpu": [0] * 9, "system__gpu.5.gpu": [50] * 9},
        False,
    ),
    (
        "idle(gpu, 3m)",
        {"system__gpu.0.gpu/l:a": [0] * 9, "system__gpu.0.gpu/l:b": [50] * 9},
        False,
    ),
    ("idle(gpu, 3m)", {"system__gpu.11.gpu/l:a": [0] * 9}, True),
    ("idle(gpu, 3m)", {"system__tpu.0.dutyCycle": [0] * 9}, True),
    ("idle(gpu, 3m)", {"system__trn.9.neuroncore_utilization": [50] * 9}, False),
    ("idle(gpu, 3m)", {"system__gpu.process.0.gpu": [0] * 9}, None),
    ("memory(gpu) > 95%", {"system__gpu.0.memoryAllocated/l:b": [97]}, True),
    ("idle(cpu, 3m)", {"system__cpu": [0] * 9}, True),
    ("idle(cpu, 3m)", {"system__cpu/l:a": [0] * 9}, True),
    ("memory(gpu) > 95%", {"system__gpu.1.memoryAllocated": [10, 97]}, True),
    ("memory(gpu) > 95%", {"system__gpu.1.memoryAllocated": [97, 10]}, False),
    ("x > 5 and y > 5", {"x": [6], "y": [1]}, False),
    ("x > 5 and y > 5", {"x": [6]}, None),
    ("x > 5 and y > 5", {"x": [1]}, False),
    ("x > 5 or y > 5", {"x": [6]}, True),
    ("x > 5 or y > 5", {"x": [1]}, None),
    ("x > 5 or y > 5 and y > 7", {"x": [1], "y": [6]}, False),
    ("(x > 5 or y > 5) and y < 7", {"x": [1], "y": [6]}, True),
]


@pytest.mark.parametrize(("rule", "series", "holds"), CASES)
def test_a_rule_holds_does_not_hold_or_is_unknown(rule, series, holds):
    assert says(rule, facts(**series)) is holds


def test_later_data_is_ignored():
    known = facts(x=[1, 9, 1])
    assert [says("x > 5", known, m) for m in (-1, 0, 1, 1.5, 2)] == [
        *(None, False, True, True),
        False,
    ]


def test_stalled_counts_from_the_last_row_or_the_start():
    known = facts(_step=[0, 1, 2])
    assert [says("stalled(30m)", known, m) for m in (2, 31.9, 32)] == [
        *(False, False),
        True,
    ]
    fresh = Facts(START)
    assert [says("stalled(30m)", fresh, m) for m in (29, 30)] == [False, True]
    assert says("stalled(30m)", Facts()) is None


def test_a_run_is_compared_with_its_group_at_the_same_step():
    steps = [float(i) for i in range(10)]
    peers = tuple(
        facts(_step=steps, x=[10 - i + shift for i in range(10)])
        for shift in (-0.1, 0.0, 0.1)
    )
    here = facts(_step=steps[:4], x=[10, 9, 8, 7])
    assert says("deviates(x, 3)", replace(here, peers=peers)) is False
    far = facts(_step=steps[:4], x=[10, 9, 8, 12])
    assert says("deviates(x, 3)", replace(far, peers=peers)) is True
    assert says("deviates(x, 3)", replace(far, peers=peers[:2])) is None
    ahead = facts(_step=[*steps, 10.0, 11.0], x=[0.0] * 12)
    assert says("deviates(x, 3)", replace(ahead, peers=peers)) is None, "none is there"


NOISY = [1.0, 1.2, 0.8, 1.1, 0.9, 1.3, 0.7, 1.0, 1.1, 0.9] * 6


@pytest.mark.parametrize(
    ("rule", "values", "holds"),
    [
        ("zscore(x) > 3", [*NOISY, 9], False),
        ("zscore(x) > 3", [*NOISY, 9, 1, 9], False),
        ("zscore(x) > 3", [*NOISY, 9, 8, 9], True),
        ("zscore(x) > 3", [*NOISY, *[9] * 13], True),  # logged since the last check
        ("zscore(x) < -3", [*NOISY, -9, -8, -9], True),
        ("zscore(x) > 3", [1.0] * 40 + [1.0001] * 3, False),  # almost no noise
        ("change(x, 3) > 10%", [*NOISY, 1.0, 1.0, 1.0, 1.3, 1.4, 1.3], False),
        ("change(x, 20) > 50%", [*NOISY, *(3 * v for v in NOISY[:20])], True),
        ("x > 5", [*NOISY, 9], True),
    ],
)
def test_a_steady_rule_needs_more_than_an_outlier_or_noise(rule, values, holds):
    known = facts(x=values)
    at = START + MINUTE * (len(values) - 1)
    assert judge(parse(rule), known, at, steady=True).holds is holds


def test_a_steady_run_deviates_if_its_last_values_do():
    steps = [float(i) for i in range(40)]
    peers = tuple(facts(_step=steps, x=(NOISY * 2)[n : n + 40]) for n in range(4))
    values = NOISY[5:35]
    for extra, holds in (([9.0], False), ([9.0] * 3, True)):
        own = facts(_step=steps[: len(values) + len(extra)], x=[*values, *extra])
        at = START + MINUTE * 40
        known = replace(own, peers=peers)
        assert judge(parse("deviates(x, 3)"), known, at, steady=True).holds is holds


@pytest.mark.parametrize(("own", "holds"), [(0.4, False), (0.7, True)])
def test_a_run_of_rounded_values_does_not_deviate_by_one_digit(own, holds):
    steps = [float(i) for i in range(9)]
    peers = tuple(facts(_step=steps, x=[0.3] * 9) for _ in range(3))
    known = replace(facts(_step=steps, x=[own] * 9), peers=peers)
    at = START + MINUTE * 9
    assert judge(parse("deviates(x, 3)"), known, at, steady=True).holds is holds


def test_a_pattern_shows_the_keys_that_are_not_finite():
    known = facts(train__a=[1, NAN], train__b=[1, 2], val=[NAN])
    found = judge(parse("nan(train/*)"), known, START + MINUTE)
    assert (found.holds, found.why) == (True, "train/a is NaN")
    assert judge(parse("nan(test/*)"), known, START + MINUTE).holds is None


@pytest.mark.parametrize(
    ("rule", "seconds"),
    [
        ("x > 5", 300),
        ("gap(x, y) > 1", 300),
        ("x > 5 and y > 5", 300),
        ("x > 5 and nan(y)", 0),
        ("nan(x) or x > 5", 0),
        ("mean(x, 10m) > 5", 0),
        ("memory(gpu) > 95%", 0),
        ("stalled(1h)", 0),
    ],
)
def test_only_comparisons_with_the_latest_value_wait_by_default(rule, seconds):
    assert parse(rule).hold == seconds


def lines(*texts: str) -> tuple[Printed, ...]:
    return tuple(
        Printed(text, when=datetime.fromtimestamp(START + MINUTE * i, UTC))
        for i, text in enumerate(texts)
    )


def test_log_matches_a_regular_expression():
    said = lines("step 1", "CUDA out of memory. Tried 2.5 GiB", "step 2")
    known = Facts(START, printed=said)
    assert says("log(/CUDA out of memory/)", known, 2) is True
    assert says("log(/cuda OUT/i)", known, 2) is True
    assert says("log(/cuda/)", known, 2) is False
    assert says("log(/CUDA/)", known, 0) is False, "it came later"
    assert says("log(/CUDA/, 5m)", known, 5) is True
    assert says("log(/CUDA/, 5m)", known, 7) is False
    assert says(r"log(/a\/b/)", Facts(START, printed=lines("a/b"))) is True


def test_log_is_unknown_when_lines_have_scrolled_away():
    known = Facts(START, printed=lines("x"), all_printed=False)
    assert says("log(/CUDA/)", known, 5) is None
    assert says("log(/CUDA/, 1m)", known, 5) is False


def test_a_slow_regular_expression_is_stopped():
    said = lines(*["a" * 60 + "!"] * 50)
    assert says(r"log(/(a|a)*$/)", Facts(START, printed=said), 99) is False


@pytest.mark.parametrize(
    ("rule", "known", "why"),
    [
        ("x > 5 and max(x, 2) > 1", facts(x=[7.25]), "x is 7.25; max(x, 2) is 7.25"),
        ("change(x, 1) > 5%", facts(x=[1, 3]), "change(x, 1) is 200%"),
        ("nan(x)", facts(x=[NAN]), "x is NaN"),
        ("stalled(1m)", facts(_step=[0, 4]), "step is 4"),
        ("x > 5", facts(x=[NAN]), "x is NaN"),
        ("x > 5", facts(), ""),
    ],
)
def test_the_result_gives_the_numbers_behind_it(rule, known, why):
    assert judge(parse(rule), known, START + 600).why == why


RULES = [rule for rule, *_ in CASES]
VALUES = st.lists(st.floats(-100, 100) | st.sampled_from([NAN, INF, -INF]), max_size=70)


@given(st.sampled_from(RULES), VALUES, st.integers(0, 10_000_000))
def test_shifting_all_times_changes_nothing(rule, values, shift):
    known = facts(x=values, a=values, b=values[::-1])
    late = {
        k: Series(k, [t + shift for t in s.x], s.y) for k, s in known.series.items()
    }
    moved = Facts(START + shift, late)
    now = START + MINUTE * 69
    here, there = (
        judge(parse(rule), k, t) for k, t in ((known, now), (moved, now + shift))
    )
    assert here == there


@given(st.sampled_from(RULES), VALUES, st.integers(0, 70), VALUES)
def test_the_future_does_not_change_the_past(rule, values, minutes, more):
    now = START + MINUTE * minutes
    whole = facts(x=values, a=values, b=more)
    cut = {
        k: Series(k, s.x[: minutes + 1], s.y[: minutes + 1])
        for k, s in whole.series.items()
    }
    assert judge(parse(rule), whole, now) == judge(parse(rule), Facts(START, cut), now)
