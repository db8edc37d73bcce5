"""No text of a picture is cut, covers another, or says nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from wandbwatch.model.drawing import Drawing, Matrix, Parallel, Point, Scatter
from wandbwatch.model.report import Chart, Mark, Panels, Plot, Shade
from wandbwatch.plots import lines
from wandbwatch.plots.charts import sheet
from wandbwatch.plots.figure import WIDTH, own_settings

from tests.plots.pictures import line, plot
from tests.renderers.strategies import charts as any_charts
from tests.renderers.strategies import plots as any_plots

Placed = list[tuple[str, Bbox]]


def texts(drawn: Plot | Drawing) -> Placed:
    """Return what is written on a picture, and where."""
    with own_settings():
        if isinstance(drawn, Plot):
            shown = lines.draw(drawn, titled=False)
        else:
            shown = sheet("", drawn)
        shown.figure.canvas.draw()
        beyond = {id(text) for text in beyond_the_ends(shown.axes)}
        found = [t for t in shown.figure.findobj(Text) if t.get_visible()]
        return [
            (text.get_text(), text.get_window_extent())
            for text in found
            if text.get_text() and id(text) not in beyond
        ]


def beyond_the_ends(axes: Axes) -> Iterator[Text]:
    """Yield the texts of ticks that matplotlib does not draw."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        for tick in axis.get_major_ticks():
            if not low <= tick.get_loc() <= high:
                yield tick.label1


def words(drawn: Plot | Drawing) -> list[str]:
    return [text for text, _ in texts(drawn)]


def covering(placed: Placed) -> list[tuple[str, str]]:
    pairs = itertools.combinations(placed, 2)
    return [(a, b) for (a, one), (b, other) in pairs if one.overlaps(other)]


@pytest.mark.parametrize(
    ("x", "first", "step"),
    [
        ("runtime", 180_000, 30),
        ("wall", 1.7959e9, 0.3),
        ("wall", 1.7959e9, 4000),
        ("tokens", -1e12, 2.05e10),
        ("loss", 1e-300, 1e-300),
    ],
)
def test_no_tick_is_cut(x, first, step):
    placed = texts(plot(line([1.0] * 100, [first + i * step for i in range(100)]), x=x))
    assert len(placed) > 4
    assert min(box.x0 for _, box in placed) >= 0
    assert max(box.x1 for _, box in placed) <= WIDTH


@settings(deadline=None, max_examples=25)
@given(st.one_of(any_plots, any_charts.filter(lambda c: not is_grid(c))))
def test_no_text_is_cut(drawn):
    placed = texts(drawn if isinstance(drawn, Plot) else drawn.drawing)
    for text, box in placed:
        assert -1 <= box.x0 <= box.x1 <= WIDTH + 1, text
        assert box.y0 >= -1, text


def is_grid(chart: Chart) -> bool:
    return isinstance(chart.drawing, Panels)


def test_names_of_marks_and_windows_do_not_cover_each_other():
    marks = [Mark(50 + i, f"checkpoint {i}", upright=True) for i in range(5)]
    levels = [Mark(1.0, "target"), Mark(1.02, "baseline")]
    shades = (Shade(50, 55, "window before"), Shade(55, 60, "window"))
    bare = plot(line([i / 50 for i in range(100)]))
    marked = replace(bare, marks=(*marks, *levels), shades=shades)
    named = {m.name for m in marked.marks} | {s.name for s in shades}
    placed = [(text, box) for text, box in texts(marked) if text in named]
    assert {text for text, _ in placed} == named
    assert not covering(placed)


def test_a_mark_without_room_for_its_name_is_still_drawn():
    many = [Mark(50 + i / 9, f"checkpoint {i}", upright=True) for i in range(40)]
    placed = texts(replace(plot(line([1.0, 2.0], [0, 100])), marks=tuple(many)))
    names = [(text, box) for text, box in placed if text.startswith("checkpoint")]
    assert 5 < len(names) < 40
    assert not covering(names)


def test_long_names_at_the_ends_are_what_differs():
    named = [f"llama-125m-lr{i}e-4-bs64-warmup-cosine-seed1" for i in range(4)]
    four = plot(*(line([0.0, i], name=n, run=n) for i, n in enumerate(named)))
    assert [text for text in words(four) if "lr" in text] == [
        f"lr{i}e-4" for i in range(4)
    ]


def test_many_long_names_are_what_differs_and_what_they_share_is_said_once():
    named = [f"resnet50_imagenet_bs256_warmup_seed{i}_ema2" for i in range(12)]
    twelve = plot(*(line([0.0, i], name=n, run=n) for i, n in enumerate(named)))
    found = words(twelve)
    assert [text for text in found if text.startswith("seed")] == [
        f"seed{i} {i}" for i in reversed(range(12))
    ]
    assert "full names: resnet50_imagenet_bs256_warmup_…_ema2" in found


def test_names_that_share_nothing_are_whole_while_there_is_room():
    named = [*(f"llama-125m-lr{i}e-4-bs64-seed{i}" for i in range(1, 5)), "实验"]
    five = plot(*(line([0.0, i], name=n, run=n) for i, n in enumerate(named)))
    assert {f"{name} {i}" for i, name in enumerate(named)} <= set(words(five))


def test_a_lone_long_name_is_whole():
    name = "resnet50_imagenet_bs256_warmup_seed1_ema2"
    assert f"{name} 2" in words(plot(line([1.0, 2.0], name=name)))


def test_the_name_of_a_threshold_is_where_the_line_is_not():
    noisy = [5.3 + (i % 7) / 20 for i in range(200)]
    level = Mark(5.0, "threshold")
    high = replace(plot(line([0.3] * 50 + noisy)), marks=(level,))
    low = replace(
        plot(line([9.0] * 50 + [4.9 - y / 100 for y in noisy])), marks=(level,)
    )

    def below(drawn: Plot) -> bool:
        placed = dict(texts(drawn))
        return bool(placed["threshold"].y1 < placed["owl"].y0 + 9)

    assert below(high)
    assert not below(low)


def test_a_log_scale_along_x_is_said():
    one = plot(line([1.0, 2.0], [1.0, 100.0]))
    assert "step" in words(one)
    assert "step (log)" in words(replace(one, log_x=True))


def test_names_of_points_cover_no_other_point():
    points = tuple(Point(i, i % 3, f"run number {i}") for i in range(12))
    placed = [
        (text, box)
        for text, box in texts(Scatter("lr", "loss", points))
        if text.startswith("run")
    ]
    assert 4 < len(placed) <= 12
    assert not covering(placed)


def matrix(*names: str, most: float) -> Matrix:
    places = range(len(names))
    values = tuple(tuple(most if i == j else 7.0 for j in places) for i in places)
    return Matrix("actual", "predicted", names, values)


def test_a_count_without_room_is_a_percent_of_its_row_and_never_cut():
    few, many = (f"class {i}" for i in range(4)), (f"class {i}" for i in range(12))
    assert words(matrix(*few, most=1043)).count("1043") == 4
    crowded = words(matrix(*many, most=1043))
    assert crowded.count("93") == 12
    assert "% of each row" in crowded
    assert not [text for text in crowded if "…" in text]


def test_classes_have_one_name_each_on_rows_and_columns():
    names = ("cat", "犬", "🐸 frog")
    found = words(matrix(*names, most=9))
    below = [text for text in found if found.count(text) == 2]
    assert len(set(below)) == 3
    alike = [f"a class of a long name {i}" for i in range(9)]
    cut = [text for text in words(matrix(*alike, most=9)) if text.startswith("a c")]
    assert len(cut) == len(set(cut)) == 9


def test_the_ends_of_many_axes_have_the_digits_that_fit():
    axes = (*(f"hidden_size_{i}" for i in range(7)), "val/acc")
    rows = tuple(tuple(0.0123456 * (i + j + 1) for j in range(8)) for i in range(2))
    placed = texts(Parallel(axes, ("a", "b"), rows))
    assert not covering(placed)
    assert {"0.012", "0.025", "0.037", "0.099"} <= {text for text, _ in placed}
    few = words(Parallel(axes[-2:], ("a", "b"), tuple(row[:2] for row in rows)))
    assert {"0.012346", "0.024691"} <= set(few)
