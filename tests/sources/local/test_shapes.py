"""The shapes that rows and summaries come in: older, newer, nested, odd."""

from __future__ import annotations

import math

import pytest
from wandb.proto import wandb_internal_pb2
from wandbwatch.model.query import AxisKind, Query
from wandbwatch.model.run import State

from tests.runs.synthetic import (
    START,
    exit_record,
    field,
    history,
    item,
    row,
    run,
    stats,
    summary,
    typed,
)
from tests.sources.local.reading import curves, over, points, read, source, written

STEP = ("_step",)


def one_row(*items: bytes, step: int | None = 0) -> list[bytes]:
    return [run("one"), history(items, step)]


@pytest.mark.parametrize(
    ("number", "content", "value"),
    [
        (6, 1.5, 1.5),
        (6, math.inf, math.inf),
        (5, 14, 7),
        (5, 13, -7),
        (8, "2.5", 2.5),
        (4, 1, 1.0),
        (3, 0, None),
        (7, "3", None),
    ],
)
def test_typed_values_are_preferred(tmp_path, number, content, value):
    key = ("loss",)
    beside = typed(key, number, content) + field(16, "99")
    path = written(tmp_path, one_row(beside))
    assert points(path, "loss") == ([] if value is None else [(0, value)])


def test_typed_text_in_a_summary(tmp_path):
    records = [*one_row(typed(("word",), 7, "a\x12\x02\x08\x05"), step=None)]
    assert read(tmp_path, records).summary == {"word": "a\x12\x02\x08\x05"}


@pytest.mark.parametrize(
    "spelled",
    [
        item(("a", "b", "c"), 5),
        item(("a.b.c",), 5),
        item(("a", "b.c"), 5),
        item(("a.b", "c"), 5),
        item("a.b.c", 5),
        item("a", {"b": {"c": 5}}),
        item(("a", "b"), {"c": 5}),
    ],
)
def test_a_key_may_be_spelled_in_many_ways(tmp_path, spelled):
    noise = [item(("c",), 1), item(("b", "c"), 2), item(("x", "a", "b", "c"), 3)]
    path = written(tmp_path, one_row(*noise, spelled, item(("a", "b", "d"), 4)))
    assert points(path, "a.b.c") == [(0, 5)]
    assert points(path, "c") == [(0, 1)]
    assert points(path, "a") == []


LONG = ["k" * 127, "k" * 128, "k" * 40_000, "a.b.c.d.e.f", "."]


@pytest.mark.parametrize("key", LONG)
def test_long_and_odd_keys(tmp_path, key):
    path = written(tmp_path, one_row(item((key,), 5)))
    assert points(path, key) == [(0, 5)]


def test_a_path_of_many_labels(tmp_path):
    path = written(tmp_path, one_row(item(tuple("abcdefg"), 5)))
    assert points(path, "a.b.c.d.e.f.g") == [(0, 5)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NaN", math.nan),
        ('"NaN"', math.nan),
        ("-Infinity", -math.inf),
        ('"Infinity"', math.inf),
        ("-1e-7", -1e-7),
        ("12345678901234567890", 12345678901234567890.0),
        ("1" + "0" * 400, math.inf),
        ("true", 1.0),
        ("false", 0.0),
        ("null", None),
        ('"3"', None),
        ("[1]", None),
        ("{", None),
        ("", None),
    ],
)
def test_what_is_a_number(tmp_path, text, value):
    path = written(tmp_path, one_row(field(2, "k") + field(16, text)))
    expected = [] if value is None else [(0, value)]
    assert repr(points(path, "k")) == repr([(float(x), y) for x, y in expected])


def test_steps_come_from_the_row_then_from_its_key_then_from_its_place(tmp_path):
    rows = [
        history([item(("k",), 0), item(STEP, 99)], 7),
        history([item(("k",), 1), item(STEP, 8)], None),
        history([item(("k",), 2)], None),
        history([item(("k",), 3)], 1 << 40),
        history([item(("k",), 4)], 0),
        # What comes behind the step does not hide it.
        field(2, history([item(("k",), 5)], 300)[2:] + field(200, field(1, "one"))),
    ]
    steps = [x for x, _ in points(written(tmp_path, [run("one"), *rows]), "k")]
    assert steps == [7, 8, 2, 1 << 40, 0, 300]


def test_nothing_after_the_exit_counts(tmp_path):
    records = [
        run("one"),
        *row({"k": 1}, 0),
        exit_record(0),
        summary([item(("k",), 2), item(("late",), 1)]),
        stats(START, {"cpu": 1.0}),
    ]
    path = written(tmp_path, records)
    assert points(path, "k") == [(0, 1)]
    assert points(path, "system/cpu") == []
    one = source(path).run()
    assert (one.summary["k"], one.last_step) == (1, 0)
    assert "late" not in one.summary
    assert one.system == {}


def test_an_older_run_has_its_only_summary_behind_the_exit(tmp_path):
    records = [
        run("one"),
        history([item("loss", 3), item("_step", 0)], 0),
        exit_record(0),
        summary([item("loss", 3), item("best", 2), item("_step", 0)]),
    ]
    one = read(tmp_path, records)
    assert one.summary == {"_step": 0, "best": 2, "loss": 3}
    assert one.state is State.FINISHED


def test_an_older_run_that_crashed_has_a_summary_from_its_history(tmp_path):
    rows = [
        history([item("loss", n), item("net", {"a": n}), item("_step", n)], n)
        for n in range(3)
    ]
    one = read(tmp_path, [run("one"), *rows, history([item("once", 1)], 3)], now=1e12)
    assert one.state is State.CRASHED
    assert one.summary == {"_step": 2, "loss": 2, "net.a": 2, "once": 1}
    assert one.last_step == 3


def test_a_path_replaces_a_value_and_a_value_a_path(tmp_path):
    summaries = [
        summary([item(("a",), 1), item(("b", "x"), 1), item(("b", "y"), 1)]),
        summary([item(("a", "x"), 2), item(("b",), 2), item(STEP, 0)]),
        summary([item(("c", "x"), 3), item(("c", "y"), 3)]),
        summary([item(("c", "x"), 4)]),
    ]
    one = read(tmp_path, [run("one"), *summaries, *row({}, 0)])
    kept = {k: v for k, v in one.summary.items() if k[0] != "_"}
    assert kept == {"a.x": 2, "b": 2, "c.x": 4, "c.y": 3}


def test_what_was_removed_is_gone_until_it_is_set_again(tmp_path):
    summaries = [
        summary([item(("a",), 1), item(("b",), 1), item(("c", "d"), 1)]),
        summary([], [item(("a",), 0), item(("b",), 0), item(("c",), 0)]),
        summary([item(("b",), 2)]),
    ]
    one = read(tmp_path, [run("one"), *summaries, *row({}, 0)])
    assert {k: v for k, v in one.summary.items() if k[0] != "_"} == {"b": 2}


def test_system_metrics_stand_where_the_run_was(tmp_path):
    rows = [record for n in range(3) for record in row({"k": n * 10}, n)]
    samples = [
        stats(START - 5, {"cpu": 1.0}),
        stats(START + 1.5, {"system.cpu": 2.0, "gpu.0.temp": 60}),
        stats(START + 100, {"cpu": 3.0}),
    ]
    path = written(tmp_path, [run("one"), *rows, *samples])
    assert points(path, "system/cpu") == [(0, 1), (1, 2), (2, 3)]
    by_key = points(path, "system/cpu", over(AxisKind.KEY, "k"))
    assert by_key == [(0, 1), (10, 2), (20, 3)]
    seconds = points(path, "system/cpu", over(AxisKind.RUNTIME))
    assert seconds == [(-5, 1), (1.5, 2), (100, 3)]
    wall = points(path, "system/cpu", over(AxisKind.WALL))
    assert wall == [(START - 5, 1), (START + 1.5, 2), (START + 100, 3)]
    assert source(path).run().system == {"cpu": 3, "gpu.0.temp": 60}


def test_system_metrics_of_a_run_that_logged_nothing(tmp_path):
    path = written(tmp_path, [run("one"), stats(START + 3, {"cpu": 1.0})])
    assert points(path, "system/cpu") == [(3, 1)]


def test_configuration_changes_in_order(tmp_path):
    first = field(17, field(1, "one") + field(4, field(1, item(("a",), 1))))
    changes = [
        field(5, field(1, item(("a",), {"x": 1, "y": 2}))),
        field(5, field(1, item(("a", "x"), 3)) + field(1, item("b", None))),
        field(5, field(2, item(("a", "y"), 0)) + field(2, item(("no", "such"), 0))),
        field(5, field(1, item(("_wandb", "t"), 1))),
    ]
    assert read(tmp_path, [first, *changes]).config == {"a.x": 3, "b": None}


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (0, State.FINISHED),
        (1, State.FAILED),
        (254, State.CRASHED),
        (255, State.FAILED),
        (-9, State.FAILED),
    ],
)
def test_exit_codes(tmp_path, code, state):
    one = read(tmp_path, [run("one"), exit_record(code)])
    assert (one.state, one.exit_code) == (state, code)


def test_a_later_run_record_renames(tmp_path):
    one = read(tmp_path, [run("one", name="old"), *row({}, 0), run("one", name="new")])
    assert one.name == "new"


def test_a_control_record_may_come_before_what_it_controls(tmp_path):
    controlled = field(16, field(1, 1)) + run("one", name="named")
    assert read(tmp_path, [controlled, field(16, b"") + exit_record(1)]).name == "named"


def test_a_copy_is_not_taken_for_running(tmp_path):
    path = written(tmp_path, [run("one"), *row({"k": 1}, 0)])
    now = path.stat().st_mtime
    assert source(path, now).run().state is State.CRASHED
    assert source(path, START + 60).run().state is State.RUNNING


def test_goals_of_define_metric_as_older_sdks_write_them(tmp_path):
    defined = [
        {"name": "val/acc", "goal": "GOAL_MAXIMIZE"},
        {"glob_name": "cost/*", "goal": "GOAL_MINIMIZE"},
        {"name": "loss"},
    ]
    record = wandb_internal_pb2.Record  # type: ignore[attr-defined]
    records = [record(metric=one).SerializeToString() for one in defined]
    (listed,) = source(written(tmp_path, [run("a"), *records])).runs(Query()).runs
    assert listed.goals == {"val/acc": True, "cost/*": False}


def test_a_glob_of_system_metrics_finds_those_of_every_node(tmp_path):
    values = {"gpu.0.gpu/l:a": 1.0, "gpu.0.gpu/l:b": 2.0, "gpu.0.temp": 3.0}
    path = written(tmp_path, [run("one"), stats(START + 3, values)])
    found = curves(path, "system/gpu.0.temp", "system/gpu.[0-9]*.gpu/l:*")
    assert {key: list(one.y) for key, one in found.items()} == {
        "system/gpu.0.temp": [3.0],
        "system/gpu.0.gpu/l:a": [1.0],
        "system/gpu.0.gpu/l:b": [2.0],
    }
