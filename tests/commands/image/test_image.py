from __future__ import annotations

from pathlib import Path

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.query import Axis, AxisKind, Query

from tests.commands.image.curved import (
    CLOCK,
    LOSS,
    TWO,
    VAL,
    Logs,
    notes,
    plots,
    points,
    told,
)
from tests.fakes import fake_env


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
    assert notes(report) == ["no run logged 'val' as late as --since asks"]
    report = told(Logs({"a1": {"loss": LOSS}}), "--keys loss --last 1m")
    assert "a1 has no runtimes for --since; try --x wall" in notes(report)


def test_where_pictures_are_kept():
    assert told(Logs(TWO), "--keys train/loss --out some/where").out == Path(
        "some/where"
    )
    assert told(Logs(TWO), "--keys train/loss --out '~/x'").out == Path.home() / "x"
    assert told(Logs(TWO), "--keys train/loss").out is None


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--smooth 60", "'60' is not a smoothing weight from 0 to 1"),
        ("--smooth 1", "'1' is not a smoothing weight"),
        ("--smooth nan", "'nan' is not a smoothing weight"),
        ("--smooth much", "'much' is not a smoothing weight"),
        ("--last 5x", "'5x' is not a duration such as"),
        ("--last 0h", "'0h' is not longer than 0"),
        ("--last 99999999999d", "is not a duration"),
        ("--last ''", "is not a duration"),
        ("--last 30m --x epoch", "^image: --since is a duration; it needs --x step"),
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
