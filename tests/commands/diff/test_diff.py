from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from wandbwatch.cli import grammar
from wandbwatch.commands.diff.report import Side, _change, differences, report
from wandbwatch.model.cell import MISSING
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.report import Block, Note, Table
from wandbwatch.model.run import Json, Run, State
from wandbwatch.model.run_details import Provenance

from tests.fakes import FakeSource, fake_env

START = datetime(2026, 1, 1, tzinfo=UTC)


def a_run(number: int, loss: float, state: State = State.FINISHED) -> Run:
    return Run(
        f"r{number}",
        f"run {number}",
        state,
        created=START + timedelta(hours=number),
        entity="acme",
        project="gpt",
        group="g",
        config={"lr": number / 10, "seed": 7, "opt.name": "adam"},
        summary={"loss": loss, "_step": 9, "image": {"_type": "image-file"}},
    )


RUNS = [a_run(4, 0.4, State.CRASHED), a_run(3, 0.3, State.FAILED)]
RUNS += [a_run(2, 0.1), a_run(1, 0.2)]


class Project(FakeSource):
    """Is each run's source as well as their project's."""

    def run(self) -> Run:
        return RUNS[0]


def told(words: str) -> tuple[Block, ...]:
    (one,) = grammar.parse(f"diff acme/gpt/r4 {words}", fake_env(Project(RUNS))).reports
    return one.blocks


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (a_run(2, 0.1), "1 setting and 1 value differ"),
        (a_run(2, 0.4), "1 setting differs"),
        (replace(RUNS[0], id="r9", name="run 9"), "same settings and values"),
    ],
)
def test_the_headline_names_both_runs_and_what_differs(other, found):
    said = report(Side(RUNS[0]), Side(other)).headline
    assert said.endswith(f" against {other.name}: {found}")


def test_only_what_differs_is_reported():
    torch = {"torch": "2.4.0", "numpy": "2.0"}
    here = Side(RUNS[0], Provenance({"commit": "a", "host": "n"}, torch))
    there = Side(RUNS[2], Provenance({"commit": "b", "host": "n"}, {"numpy": "2.0"}))
    blocks = report(here, there).blocks
    assert [(t.columns[0], t.rows) for t in blocks if isinstance(t, Table)] == [
        ("run", (("state", "crashed", "finished"),)),
        ("configuration", (("lr", 0.4, 0.2),)),
        ("values", (("loss", 0.4, 0.1),)),
        ("code and machine", (("commit", "a", "b"),)),
        ("packages", (("torch", "2.4.0", MISSING),)),
    ]
    assert blocks[-1] == Note("compared with run 2 (acme/gpt/r2)")


@pytest.mark.parametrize(
    ("other", "which", "by"),
    [
        ("best --best loss:min", "r2", ["best by loss:min"]),
        ("best --best loss:max", "r3", ["best by loss:max"]),
        ("best", "r2", ["best by loss:min"]),
        ("previous", "r3", []),
        ("last-good", "r2", []),
    ],
)
def test_the_other_one_by_its_merit(other, which, by):
    there = f"compared with run {which[1:]} (acme/gpt/{which})"
    assert told(f"{other} --ignore lr,loss,state")[1:] == tuple(map(Note, (there, *by)))


def test_an_objective_that_no_run_has_names_the_likely_key():
    with pytest.raises(NotFoundError, match="rank by; did you mean 'loss'"):
        told("best --best los:min")


def test_what_does_not_differ_is_said():
    assert told("best --ignore lr,loss,state")[0] == Note("no differences")


def test_a_run_that_is_alone():
    env = fake_env(Project(RUNS[:1]))
    with pytest.raises(NotFoundError, match="no other run of group 'g' before it that"):
        tuple(grammar.parse("diff acme/gpt/r4 last-good", env).reports)


def test_a_run_with_itself():
    env = fake_env(Project(RUNS))
    with pytest.raises(UsageError, match="is the same run on both sides"):
        tuple(grammar.parse("diff acme/gpt/r4 acme/gpt/r4", env).reports)


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (0.5, 0.4, "+0.1 (+25.0%)"),
        (0.4, 0.5, "-0.1 (-20.0%)"),
        (0.03, 0.0003, "+0.0297 (100×)"),
        (1, 0, "+1"),
        (-1.0, -2.0, "+1 (+50.0%)"),
        (math.nan, 1.0, MISSING),
        ("adam", "sgd", MISSING),
        (True, 0.5, MISSING),
    ],
)
def test_a_number_says_by_how_much_it_differs(here, there, said):
    assert _change(here, there) == said


HERE: dict[str, Json] = {
    "lr": 0.1,
    "opt.name": "adam",
    "n": 1,
    "nan": math.nan,
    "flag": True,
    "x": 1,
}
THERE: dict[str, Json] = {
    "lr": 0.2,
    "opt.name": "adam",
    "n": 1.0,
    "nan": math.nan,
    "flag": 1,
    "y": None,
}


def test_only_what_differs_is_there_and_what_one_lacks():
    assert differences(HERE, THERE) == (
        ("flag", True, 1),
        ("lr", 0.1, 0.2),
        ("x", 1, MISSING),
        ("y", MISSING, None),
    )
    assert differences(HERE, HERE) == ()


@pytest.mark.parametrize("ignored", [["opt"], ["opt.*"], ["opt.name"], ["*name"]])
def test_what_is_ignored_by_key_group_or_glob(ignored):
    one: dict[str, Json] = {"opt.name": "a", "opt2": 1}
    other: dict[str, Json] = {"opt.name": "b", "opt2": 2}
    assert differences(one, other, ignored) == (("opt2", 1, 2),)
