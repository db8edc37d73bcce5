from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from wandbwatch import grammar
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.query import Axis, AxisKind, Curves, Listing, Query
from wandbwatch.model.report import Note, Plot, Report
from wandbwatch.model.run import Run, Series, State

from tests.fakes import FakeSource, fake_env

Logged = Mapping[str, Sequence[tuple[float, float]]]

LOSS = [(0, 2.0), (1, 1.0), (2, math.nan)]
VAL = [(0, 2.5), (2, 1.5)]
CLOCK = [(0, 10.0), (1, 3600.0), (2, 7200.0)]


class Logs(FakeSource):
    """Runs with curves of their own; keeps every question."""

    def __init__(self, logged: Mapping[str, Logged], total: int = 0) -> None:
        super().__init__([run(one, logged[one]) for one in logged])
        self.logged = logged
        self.total = total
        self.asked_curves: list[tuple[Query, tuple[str, ...], Axis]] = []

    def runs(self, query: Query) -> Listing:
        found = super().runs(query)
        return replace(found, total=self.total or found.total)

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis
    ) -> tuple[Curves, ...]:
        self.asked_curves.append((query, tuple(keys), axis))
        if missing := set(query.ids) - set(self.logged):
            raise NotFoundError(f"no run {missing}")
        ids = [one for one in self.logged if not query.ids or one in query.ids]
        return tuple(
            Curves(run(one, self.logged[one]), series(self.logged[one], keys))
            for one in ids[: query.limit or None]
        )


def run(name: str, logged: Logged) -> Run:
    return Run(
        name,
        f"run {name}",
        State.RUNNING,
        entity="me",
        project="p",
        url=f"https://w.example/me/p/runs/{name}",
        summary={key: points[-1][1] for key, points in logged.items() if points},
        system={"cpu": 3.0},
    )


def series(logged: Logged, keys: Sequence[str]) -> dict[str, Series]:
    return {
        key: Series(key, [x for x, _ in logged[key]], [y for _, y in logged[key]])
        for key in keys
        if logged.get(key)
    }


def told(source: Logs, line: str, place: str = "me/p") -> Report:
    (report,) = grammar.parse(f"image {place} {line}", fake_env(source)).reports
    return report


def plots(report: Report) -> list[Plot]:
    return [block for block in report.blocks if isinstance(block, Plot)]


def notes(report: Report) -> list[str]:
    return [block.text for block in report.blocks if isinstance(block, Note)]


def points(plot: Plot) -> dict[str, list[tuple[float, float]]]:
    return {
        line.run: list(zip(line.series.x, line.series.y, strict=True))
        for line in plot.lines
    }


TWO = {
    "a1": {"train/loss": LOSS, "val/loss": VAL, "_runtime": CLOCK},
    "b2": {"train/loss": LOSS[:2], "_runtime": CLOCK[:2]},
}


def test_a_plot_for_each_key_with_all_the_runs_by_one_question():
    source = Logs(TWO)
    report = told(source, "--keys train/loss,val/loss --smooth .6 --log-y")
    assert [(p.key, p.x, p.smooth, p.log_y) for p in plots(report)] == [
        ("train/loss", "step", 0.6, True),
        ("val/loss", "step", 0.6, True),
    ]
    assert [(n.run, n.name) for n in plots(report)[0].lines] == [
        ("a1", "run a1"),
        ("b2", "run b2"),
    ]
    assert points(plots(report)[1]) == {"a1": VAL}
    assert notes(report) == ["'val/loss' was not logged by b2"]
    assert (report.kind, report.title, report.url) == (
        "image",
        "me/p",
        "https://w.example/me/p",
    )
    assert source.asked == 0
    assert source.asked_curves == [
        (
            Query(limit=5, summary=(), config=()),
            ("train/loss", "val/loss"),
            Axis(AxisKind.STEP),
        )
    ]


@pytest.mark.parametrize(
    ("words", "axis", "name"),
    [
        ("", Axis(), "step"),
        ("--x step", Axis(), "step"),
        ("--x runtime", Axis(AxisKind.RUNTIME), "runtime"),
        ("--x _timestamp", Axis(AxisKind.WALL), "wall"),
        ("--x epoch", Axis(AxisKind.KEY, "epoch"), "epoch"),
    ],
)
def test_the_x_axis(words, axis, name):
    source = Logs(TWO)
    (plot,) = plots(told(source, f"--keys train/loss {words}"))
    assert source.asked_curves[0][2] == axis
    assert plot.x == name


def test_the_runs_that_are_named():
    source = Logs(TWO)
    report = told(source, "--runs b2 --keys train/loss")
    assert source.asked_curves[0][0] == Query(ids=("b2",), summary=(), config=())
    assert (report.title, report.url) == (
        "run b2 (me/p/b2)",
        "https://w.example/me/p/runs/b2",
    )
    with pytest.raises(NotFoundError):
        told(source, "--runs c3 --keys train/loss")


@pytest.mark.parametrize(
    ("typed", "title"),
    [("p", "me/p"), (".", "me/p in ."), ("me/p/sweeps/s", "me/p/sweeps/s")],
)
def test_the_title_is_that_of_the_listing(typed, title):
    assert told(Logs(TWO), "--keys train/loss", typed).title == title


def test_likely_keys_are_chosen_and_named():
    logged = dict.fromkeys(("z", "epoch", "val/acc", "train/loss", "val/loss"), LOSS)
    logged |= {"_step": LOSS, "best/loss": [], "_runtime": CLOCK}
    source = Logs({"a1": logged})
    report = told(source, "")
    keys = ["train/loss", "val/loss", "val/acc", "z"]
    assert [p.key for p in plots(report)] == keys
    assert notes(report) == [
        f"keys not asked for: chose {', '.join(keys)}; --keys chooses"
    ]
    assert (source.asked, len(source.asked_curves)) == (1, 1)


def test_a_summary_value_that_is_no_curve_is_not_chosen():
    source = Logs({"a1": {"loss": LOSS}})
    source.logged = {"a1": {"accuracy": LOSS}}
    assert notes(told(source, "")) == ["no run has logged numbers yet"]
    assert notes(told(Logs({}), "")) == ["no runs here yet"]


def test_the_newest_are_said_to_be_no_more_than_that():
    many = Logs({f"r{i}": {"loss": LOSS} for i in range(7)}, total=27)
    assert "the newest 5 of 27 runs; --runs chooses others" in notes(told(many, ""))
    assert notes(told(many, "--keys loss")) == [
        "the newest 5 runs; --runs chooses others"
    ]
    assert len(plots(told(many, "--keys loss"))[0].lines) == 5
    assert notes(told(Logs(TWO), "--keys train/loss")) == []


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ("train", ["train/acc", "train/loss"]),
        ("'*/loss'", ["train/loss", "val/loss"]),
        ("val/loss,train", ["val/loss", "train/acc", "train/loss"]),
        ("'t*,val/loss'", ["train/acc", "train/loss", "val/loss"]),
        ("system", ["system/cpu"]),
        ("_runtime", ["_runtime"]),
    ],
)
def test_groups_and_globs(wanted, keys):
    logged = ("train/loss", "train/acc", "val/loss", "system/cpu", "_runtime")
    source = Logs({"a1": dict.fromkeys(logged, LOSS)})
    assert [p.key for p in plots(told(source, f"--keys {wanted}"))] == keys


def test_a_key_that_no_run_has_is_named():
    source = Logs(TWO)
    report = told(source, "--keys train/loss,train/los,rewards")
    assert [p.key for p in plots(report)] == ["train/loss"]
    assert notes(report) == [
        "no run has 'train/los'; did you mean 'train/loss'?",
        "no run has 'rewards'",
    ]
    assert len(source.asked_curves) == 1


def test_a_key_that_only_the_summaries_have_is_no_mistake_of_spelling():
    source = Logs({"a1": {"accuracy": LOSS}})
    source.logged = {"a1": {"loss": LOSS}}
    assert notes(told(source, "--keys accuracy")) == [
        "'accuracy' is in summaries only: there is no curve of it"
    ]


def test_a_key_that_is_never_beside_the_axis_is_said_so():
    source = Logs(TWO)
    assert notes(told(source, "--keys nope --x epoch")) == [
        "no run has 'nope' in rows that have 'epoch'"
    ]


def test_a_glob_does_not_bring_a_flood():
    source = Logs({"a1": {f"loss/{i:02}": LOSS for i in range(30)}})
    report = told(source, "--keys 'loss/*'")
    assert len(plots(report)) == 24
    assert notes(report) == ["the first 24 of 30 keys; --keys chooses others"]


def test_the_last_part_by_the_clock_of_each_run():
    source = Logs(TWO)
    report = told(source, "--keys train/loss --last 1h")
    assert source.asked_curves[0][1] == ("train/loss", "_runtime")
    found = points(plots(report)[0])
    assert [x for x, _ in found["a1"]] == [1, 2]
    assert [x for x, _ in found["b2"]] == [0, 1]
    assert [p.key for p in plots(report)] == ["train/loss"]


def test_the_last_part_of_an_axis_of_time():
    times = {"a1": {"loss": [(0, 1.0), (50, 2.0), (100, 3.0)], "val": [(110, 1.0)]}}
    source = Logs(times)
    report = told(source, "--keys loss,val --last 1m --x runtime")
    assert points(plots(report)[0]) == {"a1": [(50, 2.0), (100, 3.0)]}
    assert source.asked_curves[0][1] == ("loss", "val")


def test_nothing_in_the_last_part_is_said():
    logged = {"loss": LOSS, "val": [(0, 1.0)], "_runtime": CLOCK}
    report = told(Logs({"a1": logged}), "--keys loss,val --last 1m")
    assert [p.key for p in plots(report)] == ["loss"]
    assert notes(report) == ["no run logged 'val' as late as --last asks"]
    report = told(Logs({"a1": {"loss": LOSS}}), "--keys loss --last 1m")
    assert "a1 has no runtimes to count --last by; --x wall may have" in notes(report)


def test_where_pictures_are_kept():
    assert told(Logs(TWO), "--keys train/loss --out some/where").out == Path(
        "some/where"
    )
    assert told(Logs(TWO), "--keys train/loss --out '~/x'").out == Path.home() / "x"
    assert told(Logs(TWO), "--keys train/loss").out is None


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--smooth 60", "'60' is no weight from 0 to 1"),
        ("--smooth 1", "'1' is no weight"),
        ("--smooth nan", "'nan' is no weight"),
        ("--smooth much", "'much' is no weight"),
        ("--last 5x", "'5x' is no span such as 30m"),
        ("--last 0h", "'0h' is no time at all"),
        ("--last 99999999999d", "longer than can be told"),
        ("--last ''", "is no span"),
        ("--last 30m --x epoch", "^image: --last is a time: it needs --x step"),
        ("--x ' '", "an axis is step"),
        ("--out '~nobody-of-that-name/x'", "no such user's home"),
    ],
)
def test_a_wrong_word_is_one_line(words, complaint):
    source = Logs(TWO)
    with pytest.raises(UsageError, match=complaint) as error:
        grammar.parse(f"image me/p {words}", fake_env(source))
    assert "\n" not in str(error.value)
    assert source.asked_curves == []
