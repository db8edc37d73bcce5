"""What the message of an alert says it saw, and which windows its plot shades."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from wandbwatch.commands.alert.fetch import Observation
from wandbwatch.commands.alert.pictures import Stretch, pictures
from wandbwatch.commands.alert.rules import Facts, parse
from wandbwatch.commands.alert.rules.evidence import clock, evidence, span
from wandbwatch.commands.alert.rules.facts import Moment
from wandbwatch.model.report import Shade
from wandbwatch.model.run import Series
from wandbwatch.model.run_details import Printed

from tests.commands.alert.watching import run
from tests.fakes import NOW

LAST = NOW.timestamp()
COUNT = 240
"""Minutes for which every key is logged, until LAST."""


def series(key: str, value: Callable[[int], float]) -> Series:
    """Return *key* each minute; *value* takes the minutes that are left."""
    xs = [LAST - 60.0 * left for left in reversed(range(COUNT))]
    return Series(key, xs, [value(left) for left in reversed(range(COUNT))])


KEYS: dict[str, Callable[[int], float]] = {
    "loss": lambda left: 5.32 if left < 50 else 2.0,
    "val/loss": lambda _: 5.67,
    "late": lambda left: 9.0 if left < 5 else 2.0 + left % 3 / 10,
    "odd": lambda left: math.nan if left < 3 else 1.5,
    "flat": lambda left: 0.5 if left < 200 else 2.0,
    "_step": lambda left: 10.0 * (COUNT - 1 - left),
    **{f"system/gpu.{i}.gpu": lambda left: 1.0 if left < 29 else 95 for i in range(8)},
    "system/gpu.0.memoryAllocated": lambda _: 50.0,
    "system/gpu.1.memoryAllocated": lambda _: 97.25,
}
PEERS = tuple(
    Facts(
        series={
            "loss": series("loss", lambda left: 2.0 + left % 3 / 10),
            "_step": series("_step", KEYS["_step"]),
        },
        run=f"p{number}",
        name=f"seed{number}",
    )
    for number in range(4)
)
FACTS = Facts(
    LAST - 20000,
    {key: series(key, value) for key, value in KEYS.items()},
    (Printed("RuntimeError: CUDA out of memory. Tried 20 MiB"), Printed("bye")),
    peers=PEERS,
    run="a",
    name="owl",
)
HOUR = 3600.0


@pytest.mark.parametrize(
    ("rule", "said", "shaded"),
    [
        ("loss > 5", "loss 5.32 > 5", []),
        ("loss > 6", "loss 5.32", []),
        (
            "max(loss, 30m) >= 5",
            "maximum of loss over the last 30 min 5.32 >= 5",
            [(HOUR / 2, 0)],
        ),
        (
            "mean(loss, 10) > 5",
            "mean of loss over the last 10 values 5.32 > 5",
            [(540, 0)],
        ),
        (
            "change(loss, 50, 10) > 50%",
            (
                "loss rose by 166% (limit > 50%): mean 5.32 in the last 50 values,"
                " 2 in the 10 values before"
            ),
            [(59 * 60, 49 * 60), (49 * 60, 0)],
        ),
        (
            "change(loss, 1h, 2h) > 1",
            (
                "loss rose by 2.767 (limit > 1): mean 4.767 in the last 1h,"
                " 2 in the 2h before"
            ),
            [(3 * HOUR, HOUR), (HOUR, 0)],
        ),
        (
            "zscore(late, 30) > 2",
            (
                "late 9 is 2.548 sigma above the mean 3.02 of the 30 values before"
                " (sigma 2.347, limit > 2)"
            ),
            [(30 * 60, 0), (0, 0)],
        ),
        (
            "gap(loss, val/loss) > 0.3",
            "val/loss 5.67 is 0.35 above loss 5.32 (limit > 0.3)",
            [],
        ),
        ("memory(gpu) > 95%", "GPU 1 memory 97.25% > 95%", []),
        ("nan(odd)", "odd is NaN at step 2,390, last number 1.5", []),
        ("nan(od*, 30m)", "odd is NaN at step 2,390, last number 1.5", [(HOUR / 2, 0)]),
        (
            "spike(late)",
            (
                "late: last 5 values at least 9, limit 2.99"
                " (baseline 2.1: median of the 50 before, sigma 0.1483)"
            ),
            [(54 * 60, 240), (240, 0)],
        ),
        (
            "plateau(flat, 1h)",
            "best flat 0.5 in the last 1h, 0.5 in the 1h before",
            [(2 * HOUR, HOUR), (HOUR, 0)],
        ),
        (
            "deviates(loss, 3)",
            (
                "loss 5.32 at step 2,390; median of 4 other runs 2.1, 30.71 sigma"
                " away (sigma 0.1048, limit 3)"
            ),
            [],
        ),
        ("idle(gpu, 15m)", "all 8 GPUs below 5% for 28 min", [(28 * 60, 0)]),
        ("log(/out of memory/)", "console: CUDA out of memory", []),
        ("loss > 50 or nan(odd)", "odd is NaN at step 2,390, last number 1.5", []),
    ],
)
def test_a_sentence_says_what_the_rule_saw(rule, said, shaded):
    (found,) = evidence(parse(rule), Moment(FACTS, LAST))
    assert found.text.startswith(said)
    assert [(LAST - one.start, LAST - one.end) for one in found.shades] == shaded


def test_a_stall_says_since_when():
    (found,) = evidence(parse("stalled(30m)"), Moment(FACTS, LAST + 40 * 60))
    assert found.text == "no row logged for 40 min, since 12:00 UTC, step 2,390"
    assert found.shades == (Shade(LAST, LAST + 40 * 60, "no rows"),)
    (found,) = evidence(parse("stalled(30m)"), Moment(FACTS, LAST))
    assert (found.text, found.holds) == ("logging rows, step 2,390", False)


def test_a_rule_without_data_says_nothing():
    for rule in ("x > 5", "nan(x)", "change(x, 1h) > 1", "idle(gpu, 5m)", "spike(x)"):
        assert evidence(parse(rule), Moment(Facts(), LAST)) == []


def plots(rule: str) -> list[tuple[str, str, list[str]]]:
    seen = Observation(run("a"), FACTS, LAST)
    found = evidence(parse(rule), Moment(FACTS, LAST))
    drawn = pictures(parse(rule), seen, found, Stretch(LAST - HOUR))
    return [(p.key, p.x, [line.label for line in p.lines]) for p in drawn]


def test_a_plot_shows_the_offender_and_what_it_is_compared_with():
    assert plots("loss > 5") == [("loss", "wall", ["name of a"])]
    assert plots("gap(loss, val/loss) > 0.3") == [
        ("loss, val/loss", "wall", ["loss", "val/loss"])
    ]
    peers = ["owl", *(f"seed{number}" for number in range(4))]
    assert plots("deviates(loss, 3)") == [("loss", "step", peers)]
    gpus = [f"GPU {number}" for number in range(8)]
    assert plots("idle(gpu, 15m)") == [("GPU in use (%)", "wall", gpus)]
    assert plots("nan(*) and loss > 5") == [
        ("odd", "wall", ["name of a"]),
        ("loss", "wall", ["name of a"]),
    ]


def test_times_and_durations_are_short():
    assert clock(LAST, LAST) == "12:00 UTC"
    assert clock(LAST - 2 * 86400, LAST) == "Dec 30, 12:00 UTC"
    seconds = (0, 45, 90, 300, 3000, 3600, 8940, 90000)
    assert [span(one) for one in seconds] == [
        *("0s", "45s", "1m 30s", "5 min", "50 min", "1h", "2h 29m", "1d 1h")
    ]
