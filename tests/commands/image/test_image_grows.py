"""What image makes of curves and histograms: groups, best runs, grids, lines."""

from __future__ import annotations

from typing import Any

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.drawing import Heatmap, HistogramColumn, Scatter
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.report import Chart, Mark, Panels, Plot
from wandbwatch.plots import png

from tests.commands.image.curved import LOSS, TWO, VAL, Logs, notes, plots, posted, told
from tests.fakes import fake_env

COLUMNS = tuple(HistogramColumn(x, (0.0, 1.0, 2.0), (1, x + 1)) for x in (0, 10, 20))


def charts(report: Any) -> list[Chart]:
    return [block for block in report.blocks if isinstance(block, Chart)]


def grouped() -> Logs:
    logged = {n: {"loss": [(0, i), (1, i + 1)]} for i, n in enumerate("abc")}
    groups: Any = {n: {"group": g} for n, g in zip("abc", "xxy", strict=True)}
    return Logs(logged, **groups)


def test_the_mean_of_groups():
    report = told(grouped(), "--keys loss --group-by group --band minmax")
    (plot,) = plots(report)
    assert [line.name for line in plot.lines] == ["x (n=2)", "y (n=1)"]
    assert list(plot.lines[0].series.y) == [0.5, 1.5]
    assert notes(report) == [
        "bands: the lowest to the highest around the mean of the runs of each group"
    ]


def test_groups_are_of_more_runs_and_ask_for_what_they_go_by():
    source = grouped()
    none = "no run here has a value for 'config.opt.name'"
    report = told(source, "--keys loss --group-by config.opt.name")
    assert notes(report)[0] == none, "no run has a configuration yet"
    ((query, _, _),) = source.asked_curves
    assert (query.limit, query.config) == (50, ("opt.name",))


def test_the_best_runs_are_chosen_and_the_best_is_marked():
    source = grouped()
    report = told(source, "--keys loss --best loss:max")
    ((query, _, _),) = source.asked_curves
    assert (query.order, query.limit) == ("-summary_metrics.loss", 5)
    assert query.summary == ("loss",)
    (plot,) = plots(report)
    assert [line.name for line in plot.lines] == ["★ run c", "run a", "run b"]
    assert notes(report) == ["★ best by loss:max: run c (c) 3"]


def test_what_no_run_has_is_an_error_but_in_a_subscription():
    source = Logs({"a": {"loss": LOSS}})
    for option, said in {
        "--best los:min": "no run here has a value for 'los'; did you mean 'loss'?",
        "--keys none --x los": "no run has 'los' for the x axis; did you mean 'loss'?",
        "--scatter los,loss": "no run has a number for 'los'; did you mean 'loss'?",
        "--keys los": "no run has 'los'; did you mean 'loss'?",
    }.items():
        assert said in notes(posted(source, option))
        with pytest.raises(NotFoundError) as error:
            told(source, option)
        assert str(error.value) == said


def test_marks_and_limits():
    logged = [(i, 1.0 + i % 7) for i in range(500)] + [(500, 1e6)]
    report = told(
        Logs({"a": {"loss": logged}}), "--keys loss --mark 'goal=2,@250' --clip .99"
    )
    (plot,) = plots(report)
    assert plot.marks == (Mark(2.0, "goal"), Mark(250.0, "", upright=True))
    assert plot.limits is not None
    assert plot.limits[1] < 10
    (said,) = notes(report)
    assert said == (
        "'loss': the y axis holds the middle 99% of the values, 1 to 7.24;"
        " 1 value beyond its ends"
    )


def test_one_picture_of_several_keys():
    report = told(Logs(TWO), "--keys train/loss,val/loss --layout grid")
    (chart,) = charts(report)
    assert chart.title == "train/loss, val/loss"
    assert isinstance(chart.drawing, Panels)
    assert [plot.key for plot in chart.drawing.plots] == ["train/loss", "val/loss"]
    assert plots(report) == []
    assert len(plots(told(Logs(TWO), "--keys train/loss --layout grid"))) == 1


def test_a_key_is_drawn_over_what_define_metric_says():
    source = Logs(
        {"a": {"val": VAL, "loss": LOSS, "epoch": VAL}}, own_axes={"val": "epoch"}
    )
    report = told(source, "--keys val,loss")
    assert [(p.key, p.x) for p in plots(report)] == [("val", "epoch"), ("loss", "step")]
    assert [(keys, axis) for _, keys, axis in source.asked_curves] == [
        (("val", "loss"), Axis()),
        (("val",), Axis(AxisKind.KEY, "epoch")),
    ]
    source.asked_curves.clear()
    assert [p.x for p in plots(told(source, "--keys val,loss --x step"))] == [
        "step"
    ] * 2
    assert len(source.asked_curves) == 1
    assert plots(told(source, "--keys val --last 1h")) == []


def test_a_histogram_is_a_heatmap_over_steps():
    source = Logs({"a": {"loss": LOSS}}, columns={"gradients/fc": COLUMNS})
    report = told(source, "--keys gradients/fc,loss")
    assert charts(report) == [
        Chart("gradients/fc", Heatmap("step", "gradients/fc", COLUMNS))
    ]
    assert [p.key for p in plots(report)] == ["loss"]
    assert notes(report) == []
    report = told(source, "--keys 'grad*'")
    assert [c.title for c in charts(report)] == ["gradients/fc"]


def test_a_histogram_as_lines_or_as_the_last_one():
    source = Logs({"a": {"loss": LOSS}}, columns={"q": COLUMNS})
    (plot,) = plots(told(source, "--keys q --kind lines"))
    assert [ln.name for ln in plot.lines] == ["95%", "75%", "median", "25%", "5%"]
    (last,) = charts(told(source, "--keys q --kind last"))
    assert last.drawing == Heatmap("step", "q", COLUMNS[-1:])


def test_histograms_stand_over_what_define_metric_says_too():
    own = {"q": "env step"}
    source = Logs({"a": {"loss": LOSS}}, columns={"q": COLUMNS}, own_axes=own)
    (chart,) = charts(told(source, "--keys q"))
    assert chart.drawing == Heatmap("env step", "q", COLUMNS)
    (chart,) = charts(told(source, "--keys q --x step"))
    assert chart.drawing == Heatmap("step", "q", COLUMNS)


@pytest.mark.parametrize("words", ["--keys q", "--keys 'q*'", "--keys q --x runtime"])
def test_the_last_histograms(words):
    clock = [(0, 0.0), (10, 10.0), (20, 20.0)]
    source = Logs({"a": {"_runtime": clock}}, columns={"q": COLUMNS})
    (chart,) = charts(told(source, f"{words} --last 12s"))
    assert isinstance(chart.drawing, Heatmap)
    assert [column.x for column in chart.drawing.columns] == [10, 20]


def test_no_more_pictures_than_anybody_looks_at():
    columns = {f"g/{i}": COLUMNS for i in range(9)}
    source = Logs({n: {"loss": LOSS} for n in "abc"}, columns=columns)
    report = told(source, "--keys 'g/*'")
    assert len(charts(report)) == 24
    assert "24 of 27 pictures; use --keys and --runs" in notes(report)


def test_histograms_of_several_runs():
    source = Logs({"a": {"loss": LOSS}, "b": {"loss": LOSS}}, columns={"q": COLUMNS})
    report = told(source, "--keys q")
    assert [c.title for c in charts(report)] == ["q · run a (a)", "q · run b (b)"]
    (plot,) = plots(told(source, "--keys q --kind lines"))
    assert [line.name for line in plot.lines] == ["run a", "run b"]
    assert all(line.band for line in plot.lines)


def test_histograms_alone_are_chosen_where_no_numbers_are():
    source = Logs({"a": {}}, columns={"q": COLUMNS})
    report = told(source, "")
    assert [c.title for c in charts(report)] == ["q"]
    assert notes(report) == ["no --keys given: chose q; --keys selects others"]


def test_a_point_a_run():
    report = told(grouped(), "--scatter loss,config.none")
    (chart,) = charts(report)
    assert chart.drawing == Scatter("loss", "config.none", ())
    assert notes(report) == ["no run has a number for 'config.none'"]
    (chart,) = charts(told(grouped(), "--scatter loss,loss --best loss:min"))
    assert isinstance(chart.drawing, Scatter)
    assert [p.name for p in chart.drawing.points if p.chosen] == ["run a"]


def test_log_scales_along_x():
    (plot, *_) = plots(told(grouped(), "--keys loss --log-x"))
    assert plot.log_x
    assert not plot.log_y
    (chart,) = charts(told(grouped(), "--scatter loss,loss --log-x"))
    assert isinstance(chart.drawing, Scatter)
    assert chart.drawing.log_x


def test_the_same_data_make_the_same_pictures():
    def drawn() -> list[bytes]:
        report = told(grouped(), "--keys loss --group-by group --mark 1.5 --smooth .3")
        return [png(b) for b in report.blocks if isinstance(b, Plot | Chart)]

    assert drawn() == drawn() != []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--band std", "--band needs --group-by"),
        ("--band x --group-by tag", "'x' is not one of std, sem, minmax"),
        ("--kind x", "'x' is not one of heatmap, lines, last"),
        ("--layout x", "'x' is not one of separate, grid"),
        ("--clip 2", "'2' is not a share of the values such as 0.99"),
        ("--clip x", "'x' is not a share"),
        ("--mark x", "'x' is not a line such as 0.5, target=0.5 or @1000"),
        ("--mark a=nan", "'a=nan' is not a line"),
        ("--group-by x", "'x' groups no runs: group, tag, job_type"),
        ("--group-by config.", "'config.' groups no runs"),
        ("--best loss:up", "is not KEY:min or KEY:max"),
        ("--best loss --group-by tag", "exclude each other"),
        ("--scatter a", "'a' is not two names"),
        ("--scatter a,b --keys c", "--scatter combines only with"),
        ("--scatter a,b --smooth .5", "--scatter combines only with"),
    ],
)
def test_a_wrong_word_or_combination_is_one_line(words, complaint):
    source = Logs(TWO)
    with pytest.raises(UsageError, match=complaint) as error:
        grammar.parse(f"image me/p {words}", fake_env(source))
    assert "\n" not in str(error.value)
    assert source.asked_curves == []
