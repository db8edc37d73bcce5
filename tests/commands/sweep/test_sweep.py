from __future__ import annotations

import math
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.analysis.ranking import Objective
from wandbwatch.cli import grammar
from wandbwatch.commands.sweep.parameter_importance import correlation, importance
from wandbwatch.commands.sweep.report import (
    best_so_far,
    drawn_from,
    logarithmic,
    parallel,
    progress,
    report,
)
from wandbwatch.model.cell import Level
from wandbwatch.model.drawing import Parallel
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.report import Chart, Fields, Note, Plot, Table
from wandbwatch.model.run import Json, Run, State
from wandbwatch.model.run_details import Sweep

from tests.fakes import FakeSource, fake_env

START = datetime(2026, 1, 1, tzinfo=UTC)
SWEEP = Sweep(
    "s1",
    "[b]find lr",
    "RUNNING",
    "bayes",
    "loss",
    "minimize",
    {"lr": {"min": 0.001, "max": 0.1}, "seed": {"value": 7}},
    expected=10,
    url="https://wandb.ai/acme/gpt/sweeps/s1",
)


def a_run(number: int, loss: Json, state: State = State.FINISHED) -> Run:
    return Run(
        f"r{number}",
        f"run {number}",
        state,
        created=START + timedelta(hours=number),
        heartbeat=START + timedelta(hours=number + 1),
        entity="acme",
        project="gpt",
        sweep="s1",
        config={"lr": number / 100, "seed": 7},
        summary={} if loss is None else {"loss": loss},
    )


RUNS = [
    a_run(1, 0.5),
    a_run(2, math.nan, State.CRASHED),
    a_run(3, 0.25),
    a_run(4, 0.75),
    a_run(5, None, State.RUNNING),
]


def test_a_sweep_is_reported_with_its_best_run_first():
    told = report(SWEEP, RUNS, Objective("loss"), topk=2)
    assert told.title == "[b]find lr (acme/gpt/s1)"
    assert (told.url, told.level) == (SWEEP.url, Level.INFO)
    about, best, parameters, matters, how, plot, chart, note = told.blocks
    assert isinstance(about, Fields)
    assert dict(about.items) == {
        "state": "running",
        "method": "bayes",
        "metric": "loss, the smaller the better",
        "progress": "████████░░░░░░░░░░░░ 4 of 10 (40%)",
        "running": 1,
        "finished": 3,
        "crashed": 1,
    }
    assert isinstance(best, Table)
    assert best.rows == (
        (1, State.FINISHED, "r3", "run 3", 0.25, 0.03, 7),
        (2, State.FINISHED, "r1", "run 1", 0.5, 0.01, 7),
    )
    assert isinstance(parameters, Table)
    assert parameters.rows == (("lr", "0.001 to 0.1", 0.03), ("seed", "always 7", 7))
    assert isinstance(matters, Table)
    assert matters.rows[0][0] == "lr"
    assert isinstance(how, Note)
    assert "of 3 finished runs" in how.text
    assert isinstance(plot, Plot)
    assert isinstance(chart, Chart)
    assert chart.drawing == Parallel(
        ("lr", "loss"),
        ("run 3", "run 1", "run 4"),
        ((0.03, 0.25), (0.01, 0.5), (0.04, 0.75)),
        largest=False,
    )
    assert note == Note("2 runs have no finite value of 'loss': not ranked")


def test_runs_that_did_not_finish_are_ranked_but_not_weighed():
    runs = [*RUNS[:1], *RUNS[2:4], a_run(6, 0.1, State.CRASHED)]
    told = report(SWEEP, runs, Objective("loss"))
    notes = [block.text for block in told.blocks if isinstance(block, Note)]
    assert any("of 3 finished runs" in note for note in notes)
    assert notes[-1].startswith("1 run has not finished: ranked, but not in the")
    (chart,) = (block for block in told.blocks if isinstance(block, Chart))
    assert isinstance(chart.drawing, Parallel)
    assert "run 6" not in chart.drawing.names


@pytest.mark.parametrize(
    ("runs", "aim", "note"),
    [
        ([], None, "no runs yet"),
        (
            RUNS,
            None,
            "its metric is unknown here; rank its runs with --best KEY:min or KEY:max",
        ),
        (RUNS, Objective("acc"), "no run has a finite 'acc' yet"),
    ],
)
def test_what_can_not_be_ranked_is_said(runs, aim, note):
    last = report(SWEEP, runs, aim).blocks[-1]
    assert isinstance(last, Note)
    assert last.text.startswith(note)


def test_the_best_so_far_goes_in_steps_to_the_better():
    (plot,) = best_so_far(RUNS, Objective("loss"), "s1")
    (line,) = plot.lines
    hours = [(x - START.timestamp()) / 3600 for x in line.series.x]
    assert hours == [2, 4, 4, 5]
    assert list(line.series.y) == [0.5, 0.5, 0.25, 0.25]
    assert not list(best_so_far(RUNS[:2], Objective("loss"), "s1"))


def test_what_a_sweep_draws_log_uniformly_has_a_log_axis():
    spec: dict[str, dict[str, Json]] = {
        "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1},
        "drop": {"distribution": "uniform", "min": 0, "max": 1},
        "width": {"distribution": "q_log_uniform", "min": 1, "max": 4},
    }
    assert logarithmic(replace(SWEEP, parameters=spec)) == ("lr", "width")


def test_parallel_coordinates_have_words_and_gaps_and_end_at_the_metric():
    configs: list[dict[str, Json]] = [
        {"opt": "adam", "drop": 0.5, "same": 1},
        {"opt": "sgd", "drop": None, "same": 1},
        {"opt": [1, 2], "drop": math.nan, "same": 1},
    ]
    ranked = [
        (replace(a_run(i, i), config=config), float(i))
        for i, config in enumerate(configs, 1)
    ]
    (chart,) = parallel(ranked, Objective("loss"), ["drop", "same", "opt", "absent"])
    assert isinstance(chart.drawing, Parallel)
    assert chart.drawing.axes == ("drop", "opt", "loss")
    assert chart.drawing.rows == (
        (0.5, "adam", 1.0),
        (None, "sgd", 2.0),
        (None, "[1, 2]", 3.0),
    )
    assert chart.drawing.largest is False
    assert not list(parallel(ranked, Objective("loss"), ["same"]))
    assert not list(parallel(ranked[:1], Objective("loss"), ["opt"]))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"value": 3}, "always 3"),
        ({"values": [1, "a", None]}, "one of 1, a, None"),
        ({"min": 0, "max": 1}, "0 to 1"),
        (
            {"min": 1e-5, "max": 0.1, "distribution": "log_uniform_values"},
            "1e-05 to 0.1, log uniform values",
        ),
        ({"mu": 0, "sigma": 2, "distribution": "normal"}, "mu 0, sigma 2, normal"),
        (
            {"min": 0, "max": 8, "q": 2, "distribution": "q_uniform"},
            "0 to 8, q uniform, in steps of 2",
        ),
    ],
)
def test_what_a_parameter_is_drawn_from_is_worded(spec, words):
    assert drawn_from(spec) == words


def test_progress_without_an_end_counts_what_was_started():
    assert progress(RUNS, None, 10) == "4 of 5 started"
    assert progress(RUNS * 5, 10, 4) == "████ 20 of 10 (100%)"


def test_few_finished_runs_make_no_importance_or_a_hint():
    aim = Objective("loss")
    said = [b.text for b in report(SWEEP, RUNS[:1], aim).blocks if isinstance(b, Note)]
    assert "importance needs 3 finished runs; so far 1" in said
    said = [b.text for b in report(SWEEP, RUNS, aim).blocks if isinstance(b, Note)]
    assert any(t.endswith("of 3 finished runs; few runs: only a hint") for t in said)


def test_the_line_asks_for_the_sweeps_runs_alone():
    source = FakeSource(RUNS, sweep=SWEEP)
    (told,) = grammar.parse("sweep acme/gpt/s1 --topk 1", fake_env(source)).reports
    assert told.title.startswith("[b]find lr")
    assert source.queries[0].filters == {}
    line = "sweep ./wandb --id s1 --best loss:max"
    tuple(grammar.parse(line, fake_env(source)).reports)
    assert source.queries[1].filters == {"sweep": "s1"}
    with pytest.raises(NotFoundError, match="'los'; did you mean 'loss'"):
        tuple(grammar.parse("sweep ./wandb --best los", fake_env(source)).reports)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("sweep acme/gpt/s1 --best acc:up", "is not KEY:min or KEY:max"),
        ("sweep https://wandb.ai/acme/gpt/runs/r1", "is not a sweep"),
        ("sweep acme/gpt", None),
    ],
)
def test_a_wrong_line(line, why):
    if why is None:  # PROJECT/SWEEP, of one's own entity
        grammar.parse(line, fake_env(FakeSource(sweep=SWEEP)))
        return
    with pytest.raises(UsageError, match=why):
        grammar.parse(line, fake_env(FakeSource()))


def test_filters_select_runs_of_the_sweep():
    source = FakeSource(RUNS, sweep=SWEEP)
    line = grammar.parse(
        """sweep ./x --filters '{"state": "failed"}'""", fake_env(source)
    )
    list(line.reports)
    both = {"$and": [{"sweep": "s1"}, {"state": "failed"}]}
    assert source.queries[0].filters == both


NUMBERS = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("xs", "ys", "expected"),
    [
        ([1, 2, 3], [2, 4, 6], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([1, 1, 1], [1, 2, 3], 0.0),
        ([1, 2, 3, 4], [1, -1, -1, 1], 0.0),
    ],
)
def test_pearsons_correlation(xs, ys, expected):
    assert correlation(xs, ys) == pytest.approx(expected)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20))
def test_a_correlation_is_within_its_bounds_and_the_same_both_ways(pairs):
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    assert -1 <= correlation(xs, ys) <= 1
    assert correlation(xs, ys) == pytest.approx(correlation(ys, xs))


@pytest.fixture
def _no_forest(monkeypatch):
    monkeypatch.setattr(
        "wandbwatch.commands.sweep.parameter_importance.has_forest", lambda: False
    )


@pytest.mark.usefixtures("_no_forest")
def test_what_varies_is_weighed_and_a_category_of_more_than_two_by_each_value():
    configs = [
        {
            "lr": lr,
            "opt": opt,
            "act": ("relu", "gelu", "silu")[i % 3],
            "seed": 7,
            "name": f"run {i}",
            "never": None,
        }
        for i, (lr, opt) in enumerate(
            [(0.1, "adam"), (0.2, "adam"), (0.3, "sgd"), (0.4, "sgd")] * 7
        )
    ]
    values = [0.1, 0.2, 0.3, 0.4] * 7
    names = ["opt", "lr", "act", "seed", "name", "never", "none"]
    found = importance(configs, values, names)
    acts = {"act=relu", "act=gelu", "act=silu"}
    assert {one.parameter for one in found} == {"lr", "opt=sgd", *acts}
    assert found[0].parameter == "lr"
    assert found[0].correlation == pytest.approx(1.0)
    assert found[1].correlation == pytest.approx(2 / 5**0.5)
    assert importance(configs[:2], values[:2], ["lr"]) == ()


def test_a_random_forest_finds_what_no_line_shows():
    pytest.importorskip("sklearn")
    configs = [{"a": i / 40 - 1, "b": i * 37 % 80} for i in range(81)]
    found = importance(configs, [c["a"] ** 2 for c in configs], ["a", "b"])
    assert [one.parameter for one in found] == ["a", "b"]
    assert found[0].weight > 0.9
    assert abs(found[0].correlation) < 0.5
    assert "sklearn" in sys.modules


@pytest.mark.usefixtures("_no_forest")
def test_the_best_in_the_middle_of_a_log_scale_is_what_matters():
    rng = random.Random(1)  # noqa: S311 -- the same at each run
    configs = [
        {"lr": 10 ** rng.uniform(-5, -1), "wd": rng.uniform(0, 0.1), "seed": i}
        for i in range(20)
    ]
    values = [
        (math.log10(config["lr"]) + 3) ** 2 + config["wd"] + rng.gauss(0, 0.05)
        for config in configs
    ]
    values[0] = 1e9  # it diverged
    found = importance(configs, values, ["wd", "seed", "lr"], ["lr"])
    assert found[0].parameter == "lr"
    assert found[0].log
    assert found[0].weight > 0.8
    assert found[1].weight < 0.4


@pytest.mark.usefixtures("_no_forest")
def test_values_over_decades_are_weighed_by_their_logarithm():
    configs = [{"lr": 10.0**-i, "wd": i} for i in range(6)]
    lr, wd = importance(configs, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], ["lr", "wd"])
    assert (lr.log, wd.log) == (True, False)
    assert lr.correlation == pytest.approx(-1.0)
