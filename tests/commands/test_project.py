from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.analysis.dead_keys import no_match
from wandbwatch.cli import grammar
from wandbwatch.model.cell import MISSING
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.memory import Memory
from wandbwatch.model.query import Query
from wandbwatch.model.report import Note, Report, Table
from wandbwatch.model.run import Run, State

from tests.fakes import NOW, FakeSource, fake_env

OWL = Run(
    "a1",
    "owl",
    State.FINISHED,
    created=NOW,
    runtime=90.5,
    last_step=7,
    entity="me",
    project="p",
    url="https://w.example/me/p/runs/a1",
    group="birds",
    tags=("night", "grey"),
    config={"lr": 0.1, "model.depth": 2},
    summary={"val/loss": 0.25, "val/acc": 0.9, "_step": 7},
)
BARE = Run("b2", "b2", State.UNKNOWN)
NAN = Run("c3", "nan", State.RUNNING, summary={"val/loss": math.nan})


def answer(line: str, source: FakeSource) -> Report:
    (report,) = grammar.parse(line, fake_env(source)).reports
    return report


def table(report: Report) -> Table:
    (found,) = (block for block in report.blocks if isinstance(block, Table))
    return found


def notes(report: Report) -> list[str]:
    return [block.text for block in report.blocks if isinstance(block, Note)]


def test_a_run_is_a_row():
    report = answer("project me/p", FakeSource([OWL, BARE]))
    assert report.kind == "project"
    assert report.url == "https://w.example/me/p"
    ours = ("state", "id", "name", "group", "tags", "created", "runtime", "last step")
    assert table(report) == Table(
        "runs",
        (*ours, "val/acc"),
        (
            (
                *(State.FINISHED, "a1", "owl", "birds", ("night", "grey")),
                *(NOW, timedelta(seconds=90.5), 7, 0.9),
            ),
            (State.UNKNOWN, "b2", "b2", MISSING, (), *[MISSING] * 4),
        ),
        ("https://w.example/me/p/runs/a1", None),
    )
    assert notes(report) == []


@pytest.mark.parametrize(
    ("line", "query"),
    [
        (
            "project p --columns val/loss,config.lr,val/loss",
            Query(limit=10, summary=("val/loss",), config=("lr",)),
        ),
        (
            "project p --columns val/*,config.lr",
            Query(limit=10, summary=None, config=("lr",)),
        ),
        (
            "project p --columns config.*",
            Query(limit=10, summary=(), config=None),
        ),
        (
            (
                "project p --columns val/acc --order heartbeat_at"
                """ --filters '{"group": "birds"}'"""
            ),
            Query(
                {"group": "birds"},
                "heartbeat_at",
                limit=10,
                summary=("val/acc",),
                config=(),
            ),
        ),
        (
            "project p --topk 1 --order -summary_metrics.val/loss",
            Query(
                order="-summary_metrics.val/loss",
                limit=1,
                summary=("val/loss",),
                config=(),
            ),
        ),
        (
            "project p --columns summary_metrics.val/loss,val/loss",
            Query(limit=10, summary=("val/loss",), config=()),
        ),
        (
            "project p --topk 0 --order +config.lr.value",
            Query(order="+config.lr.value", limit=0, summary=(), config=("lr",)),
        ),
    ],
)
def test_no_more_is_asked_for_than_is_shown(line, query):
    source = FakeSource([OWL])
    answer(line, source)
    assert source.queries == [query]


def test_the_metric_is_chosen_from_a_few_whole_summaries():
    source = FakeSource([OWL])
    answer("project p", source)
    assert source.queries == [Query(limit=10, summary=None, config=())]
    source = FakeSource([OWL])
    answer("project p --topk 0", source)
    sample = Query(limit=10, summary=None, config=())
    assert source.queries == [sample, Query(limit=0, summary=("val/acc",), config=())]


def test_columns_are_keys_and_globs_of_summary_and_config():
    shown = table(
        answer("project p --columns val/*,config.m*,_step", FakeSource([OWL, BARE]))
    )
    assert shown.columns[8:] == ("val/acc", "val/loss", "config.model.depth", "_step")
    assert [row[8:] for row in shown.rows] == [(0.9, 0.25, 2, 7), (MISSING,) * 4]


def test_a_glob_leaves_wandbs_own_keys_alone():
    shown = table(answer("project p --columns '*'", FakeSource([OWL])))
    assert shown.columns[8:] == ("val/acc", "val/loss")


def test_a_column_without_any_value_is_named():
    columns = "val/los,val/acc,x*,config.val/acc,lr"
    report = answer(f"project p --keys {columns}", FakeSource([OWL]))
    none = "no run here has a value for"
    assert notes(report) == [
        f"{none} 'val/los'; did you mean 'val/loss'?",
        f"{none} 'x*'",
        f"{none} 'config.val/acc'; did you mean 'val/acc'?",
        f"{none} 'lr'; did you mean 'config.lr'?",
    ]


def test_keys_that_no_run_has_end_with_5():
    with pytest.raises(NotFoundError, match="'val/los'; did you mean 'val/loss'") as e:
        answer("project p --keys val/los,nope", FakeSource([OWL]))
    assert e.value.exit_code == 5
    assert not notes(answer("project p --keys nope", FakeSource()))[1:]


@pytest.mark.parametrize(
    ("filters", "hint"),
    [
        ({"state": "runing"}, "; did you mean 'running'?"),
        ({"state": "killed", "config.lr.value": 7}, ""),
        (
            {"$or": [{"tags": "x"}, {"config.lrr": 7}]},
            "; no run has 'config.lrr'; did you mean 'config.lr'?",
        ),
        (
            {"summary_metrics.val/los": {"$gt": 7}},
            "; no run has 'val/los'; did you mean 'val/loss'?",
        ),
    ],
)
def test_filters_that_leave_no_run_say_what_no_run_has(filters, hint):
    said = no_match(FakeSource([OWL]), filters)
    assert said == f"no run matches the filters{hint}"
    assert no_match(FakeSource(), filters).count("no run has") == 0


def test_an_order_and_a_total_that_no_run_has_are_named():
    said = {
        "--order summary_metrics.val/los": "no run here has a value for 'val/los';"
        " did you mean 'val/loss'?",
        "--total lr": "no ETA: no run here has a number of steps in 'lr';"
        " did you mean 'config.lr'?",
    }
    line = f"project p {' '.join(said)}"
    env = replace(fake_env(FakeSource([OWL])), memory=Memory())
    (report,) = grammar.parse(line, env).reports
    assert notes(report) == list(said.values())
    for option, why in said.items():
        with pytest.raises(NotFoundError) as error:
            answer(f"project p --keys val/loss {option}", FakeSource([OWL]))
        assert str(error.value) == why


@pytest.mark.parametrize(
    ("order", "hint"),
    [
        ("createdat", "did you mean 'created_at'"),
        ("val/loss", "write summary_metrics.val/loss for a metric"),
    ],
)
def test_an_order_that_no_server_knows_is_an_error(order, hint):
    with pytest.raises(UsageError, match=hint):
        answer(f"project a/b --order {order}", FakeSource())


def test_the_value_that_ranks_the_runs_is_shown():
    source = FakeSource([OWL, NAN, BARE])
    shown = table(answer("project p --order +summary_metrics.val/loss", source))
    assert shown.columns[8:] == ("val/loss",)
    assert [row[1] for row in shown.rows] == ["a1", "c3", "b2"]


def test_what_is_left_out_is_counted():
    source = FakeSource([OWL] * 13)
    assert notes(answer("project p --topk 1", source)) == [
        "12 older runs are left out; --topk 0 lists all"
    ]
    assert notes(answer("project p --topk 0", source)) == []


def test_an_empty_answer_says_why():
    assert notes(answer("project p", FakeSource())) == ["no runs here yet"]
    filtered = answer("""project p --filters '{"state": "x"}'""", FakeSource())
    assert notes(filtered) == ["no run matches the filters"]


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("p", "me/p"),
        ("./wandb", "me/p in ./wandb"),
        (".", "me/p in ."),
        ("me/p/sweeps/s", "me/p/sweeps/s"),
    ],
)
def test_the_title_fills_in_what_was_left_out(typed, title):
    assert answer(f"project {typed}", FakeSource([OWL])).title == title


def test_runs_of_several_projects_have_none_in_the_title():
    assert answer("project /x", FakeSource([OWL, BARE])).title == "/x"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("--filters '['", "--filters.*not JSON"),
        ("--filters '[]'", "not a JSON object"),
        ("""--filters '{"a": NaN}'""", "NaN is not a JSON number"),
        (f"--filters '{'[' * 100_000}'", "nested too deeply"),
        ("--order -", "--order.*not a key"),
        ("--topk x", "--topk"),
    ],
)
def test_options_are_checked_without_reading(options, complaint):
    with pytest.raises(UsageError, match=complaint):
        grammar.parse(f"project me/p {options}", fake_env(FakeSource()))


def test_what_could_not_be_read_is_said():
    cut = replace(OWL, caveats=("cut short", "2 damaged blocks"))
    assert notes(answer("project p", FakeSource([cut]))) == [
        "cut short; 2 damaged blocks"
    ]
    many = [replace(cut, id=f"r{n}", name="owl") for n in range(7)]
    told = notes(answer("project p", FakeSource(many)))
    assert told[0] == "owl (r0): cut short; 2 damaged blocks"
    assert told[-1] == "2 more runs are incomplete like these"
    assert len(told) == 6


def test_each_run_that_cannot_be_read_is_named_with_its_reason():
    cut = replace(OWL, name="owl", caveats=("cut short",))
    lost = replace(cut, state=State.UNKNOWN, caveats=("cannot be read: x",))
    runs = [replace(cut, id=f"r{n}") for n in range(6)]
    runs += [replace(lost, id=f"u{n}") for n in range(6)]
    runs.append(replace(lost, id="v", caveats=("cannot be read: y",)))
    told = notes(answer("project p --topk 0", FakeSource(runs)))
    owls = ", ".join(f"owl (u{n})" for n in range(5))
    assert told[:2] == [
        f"{owls} and 1 more: cannot be read: x",
        "owl (v): cannot be read: y",
    ]
    assert told[-1] == "1 more run is incomplete like these"


def test_runs_of_several_projects_say_which():
    runs = [replace(OWL, id=f"r{n}", entity="", project=f"p{n % 2}") for n in range(3)]
    report = answer("project ./x", FakeSource(runs))
    assert report.title == "2 projects in ./x"
    (table,) = [block for block in report.blocks if isinstance(block, Table)]
    at = table.columns.index("project")
    assert [row[at] for row in table.rows] == ["p0", "p1", "p0"]
