"""What stands above a picture, and in place of it."""

from __future__ import annotations

import json
from dataclasses import replace

from wandbwatch.model.drawing import Heatmap, HistogramColumn
from wandbwatch.model.report import (
    Chart,
    Line,
    Mark,
    Panels,
    Partial,
    Plot,
    Report,
    Subject,
)
from wandbwatch.model.run import Series
from wandbwatch.renderers.discord import render
from wandbwatch.renderers.discord.pictures import Recent, alternative, legend

from tests.renderers.discord.pictures import png


def line(name: str, *values: float) -> Line:
    return Line(f"id-{name}", name, Series("loss", range(len(values)), values))


def test_up_to_four_lines_are_listed_the_highest_first():
    plot = Plot("loss", "step", (line("owl", 2, 0.5), line("lark", 2, 1.5)))
    assert legend(plot).lines == ("lark (id-lark) **1.5**", "owl (id-owl) **0.5**")


def test_names_above_a_picture_are_what_differs_and_what_they_share_is_said_once():
    lines = tuple(line(f"llama3-8b-dclm-muon-seed{n}", 2, n / 2) for n in (1, 2))
    plots = Plot("loss", "step", lines), Plot("acc", "step", lines)
    assert legend(plots[1], first=False).lines == ("seed2 **1**", "seed1 **0.5**")
    (message,) = render([Report("image", "p", plots)], png)
    first, second = (e["description"] for e in json.loads(message.body)["embeds"])
    assert first == f"{second}\n-# full names: llama3-8b-dclm-muon-…"


def test_more_are_listed_in_the_picture_alone():
    plot = Plot("loss", "step", tuple(line(f"{i}", 2, i) for i in range(5)))
    assert legend(plot).lines == ()
    assert "4 rising from 2 to 4" in alternative(plot)


def test_a_group_is_reported_by_the_last_value_of_all_its_runs():
    mean = Line("", "ppo (n=3)", Series("r", (0, 10, 20), (1, 2, 9)))
    partial = replace(mean, partial=Partial(10, 1, 3))
    (told,) = legend(Plot("r", "step", (partial,))).lines
    assert told == "ppo (n=1 of 3) **2** of all 3 at step 10"


def test_a_mark_on_an_axis_of_time_is_a_time():
    marks = (Mark(1.7959e9, "stalled", upright=True), Mark(0.5, "target"))
    plot = Plot("loss", "wall", (line("owl", 2, 1),), marks=marks)
    *_, stalled, target = legend(plot).lines
    assert stalled == "-# stalled: 2026-11-28 21:06 UTC"
    assert target == "-# target: 0.5"
    runtime = replace(plot, x="runtime", marks=(Mark(3700, upright=True),))
    assert legend(runtime).lines[-1] == "-# runtime 1h 01m"


def test_the_only_line_of_the_run_of_a_message_has_no_name():
    plot = Plot("loss", "wall", (line("owl", 2, 0.5),))
    assert legend(plot, "id-owl").lines == ("**0.5**",)
    assert legend(plot, "id-elk").lines == ("owl (id-owl) **0.5**",)
    subject = Subject("a/p/id-owl", "owl")
    (message,) = render([Report("alert", "owl", (plot,), subject=subject)], png)
    assert json.loads(message.body)["embeds"][0]["description"] == "**0.5**"


def test_the_last_point_of_a_shape_is_not_reported():
    shape = Plot("PR", "recall", (line("car", 1, 0),), shape=True)
    assert legend(shape).lines == ("car (id-car)",)
    assert alternative(shape) == "PR over recall: car within 0 to 1"


def test_an_alt_text_says_what_is_drawn():
    moving = Plot("loss", "wall", (line("owl", 2, 1),))
    assert alternative(moving) == "loss over time: owl falling from 2 to 1"
    grid = Chart("two", Panels((moving, replace(moving, key="acc", x="step"))))
    assert alternative(grid).endswith("2 to 1; acc over step: owl falling from 2 to 1")
    columns = (HistogramColumn(1, (0.0, 1.0), (1,)), HistogramColumn(2, (0, 1), (1,)))
    one, many = (Chart("q", Heatmap("step", "q", columns[:n])) for n in (1, 2))
    assert alternative(one).startswith("q, drawn as histogram: 1 histogram of q")
    assert alternative(many).startswith("q, drawn as heatmap: 2 histograms of q")


def test_a_plot_that_several_lists_post_is_drawn_once():
    drawn: list[Plot] = []

    def png(plot):
        drawn.append(plot)
        return plot.key.encode()

    recent = Recent(png)
    one, same, other = (
        Plot("loss", "step", (line("owl", 2, last),)) for last in (0.5, 0.5, 1.5)
    )
    assert [recent(plot) for plot in (one, same, other)] == [b"loss"] * 3
    assert drawn == [one, other]
    for number in range(50):  # so many later, it is drawn anew
        recent(replace(one, key=str(number)))
    recent(one)
    assert len(drawn) == 2 + 50 + 1
