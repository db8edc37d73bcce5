from __future__ import annotations

import math
import warnings
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.text import Text
from wandbwatch.model.report import Line, Partial, Plot, Shade
from wandbwatch.model.run import Series
from wandbwatch.plots import lines, png
from wandbwatch.plots.figure import own_settings
from wandbwatch.plots.palette import NAMED, look

from tests.plots.pictures import (
    Mask,
    crowd,
    diverged,
    foot,
    inside,
    line,
    noisy,
    pixels,
    plot,
    smooth,
    where,
)

NAN = math.nan
INF = math.inf


def columns(mask: Mask) -> npt.NDArray[np.intp]:
    return np.flatnonzero(mask.any(axis=0))


def rows(mask: Mask) -> npt.NDArray[np.intp]:
    return np.flatnonzero(mask.any(axis=1))


def test_the_same_data_make_the_same_bytes():
    assert png(diverged()) == png(diverged())
    assert b"matplotlib" not in png(diverged()).lower()


def test_it_is_800_wide_and_as_high_as_its_legend_needs():
    few, many = pixels(png(crowd(2))), pixels(png(crowd(12)))
    assert few.shape[1] == many.shape[1] == 800
    assert 430 <= few.shape[0] < 460
    assert many.shape[0] > few.shape[0]


def test_nan_is_marked_where_it_happened_in_the_runs_colour():
    y = [1.0, 2.0, NAN, 1.0, 2.0]
    with_nan = pixels(png(plot(line(y), line([5.0] * 5, run="b2"))))
    marks = foot(where(with_nan, 0), with_nan)
    assert 5 <= len(columns(marks)) <= 14
    whole = columns(where(with_nan, 1))
    middle = (whole[0] + whole[-1]) / 2
    assert abs(columns(marks).mean() - middle) < 3
    without = pixels(png(plot(line([2.0, 3.0]), line([1.0, 1.0], run="b2"))))
    assert not foot(where(without, 0), without).any()


@pytest.mark.parametrize(("value", "top"), [(INF, True), (-INF, False), (NAN, False)])
def test_what_has_no_value_is_drawn_at_an_edge(value, top):
    picture = pixels(png(plot(line([1.0, 1.0, value, 1.0, 1.0]))))
    found = where(picture, 0)
    above, below = found[50:90].any(), foot(found, picture).any()
    assert above == top
    assert below != top


def test_marks_of_several_runs_do_not_cover_each_other():
    y = [1.0, NAN, 1.0]
    picture = pixels(png(plot(*(line(y, run=r) for r in ("a", "b", "c")))))
    for place in range(3):
        assert foot(where(picture, place), picture, 3).sum() > 10


def test_a_line_is_broken_where_a_value_is_missing():
    y = [1.0] * 50 + [NAN] * 50 + [1.0] * 50
    drawn = columns(where(pixels(png(plot(line(y)))), 0)[60:330])
    gap = np.diff(drawn).max()
    assert 230 < gap < 265  # a third of the plot


def test_every_key_is_drawn_at_its_own_steps():
    dense = line([0.0] * 101, range(101))
    sparse = line([1.0, 1.0], [25, 75], run="b2")
    picture = pixels(png(plot(dense, sparse)))
    first, last = columns(where(picture, 0))[[0, -1]]
    begin, end = columns(where(picture, 1))[[0, -1]]
    quarter = (last - first) / 4
    assert begin == pytest.approx(first + quarter, abs=6)
    assert end == pytest.approx(last - quarter, abs=6)


def test_a_key_logged_once_is_a_point():
    picture = pixels(png(plot(line([0.0] * 99), line([1.0], [50], run="b2"))))
    point = where(picture, 1)
    assert 4 <= len(columns(point)) <= 12
    assert 4 <= len(rows(point)) <= 12


def test_points_alone_between_nan_are_seen():
    y = [NAN if i % 2 else 1.0 for i in range(200)]
    assert len(columns(where(pixels(png(plot(line(y)))), 0)[60:330])) > 400


def test_smoothing_is_drawn_over_the_raw_line_drawn_faint():
    y = noisy(400, 5, 0.5)
    raw = where(pixels(png(plot(line(y)))), 0)
    over = pixels(png(Plot("k", "step", (line(y),), smooth=0.99)))
    assert len(rows(where(over, 0))) < len(rows(raw)) / 1.5
    faint = (over[50:380] != over[60, 795]).any(axis=2)
    assert len(rows(faint)) >= len(rows(raw))


def test_what_is_not_positive_is_marked_on_a_log_axis():
    y = [1000.0, 100.0, -5.0, 1.0, 0.1]
    picture = pixels(png(Plot("k", "step", (line(y),), log_y=True)))
    assert foot(where(picture, 0), picture).any()


def test_a_log_axis_is_straight_for_an_exponential():
    y = [10.0**-i for i in range(300)]
    mask = where(pixels(png(Plot("k", "step", (line(y),), log_y=True))), 0)
    centres = [np.flatnonzero(mask[:, c]).mean() for c in columns(mask)[20:-20]]
    slope = np.polyfit(range(len(centres)), centres, 1)
    assert np.abs(np.polyval(slope, range(len(centres))) - centres).max() < 2


def test_no_value_above_0_is_still_drawn():
    with_log = Plot("k", "step", (line([-1.0, -2.0, -3.0]),), log_y=True)
    assert where(pixels(png(with_log)), 0).any()


def test_many_runs_each_keep_their_look_and_the_rest_is_grey():
    picture = pixels(png(crowd(NAMED + 8)))
    for place in range(8):
        assert where(picture, place).any()
    assert where(picture, NAMED).any()


@pytest.mark.parametrize(
    "y",
    [[], [NAN], [NAN] * 50, [INF, -INF], [1.0], [0.0, 0.0], [1e308, -1e308, 5e-324]],
)
@pytest.mark.parametrize("log_y", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.9])
@pytest.mark.parametrize("x", ["step", "runtime", "wall", "epoch"])
def test_every_edge_is_drawn(y, log_y, smoothing, x):
    assert png(Plot("k", x, (line(y),), log_y, smoothing)).startswith(b"\x89PNG")


def test_a_plot_without_runs_is_drawn():
    assert png(plot()).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "name",
    [
        "$x^2$ \\alpha $",
        "_hidden",
        "",
        "损失 ロス 손실",
        "🔥🚀 👩‍🔬",
        "\x1b[31mred\x1b[0m\n\tnext",
        "\u202eright to left",
        "شبكة עברית",
        "a\u0301" * 200 + "\u0336" * 500,
        "\ud800 lone",
        "long " * 5000,
        "[bold]@everyone[/]",
        "\ufdd0\uffff\U0010ffff",
    ],
)
def test_no_name_breaks_a_picture(name):
    hostile = Plot(name, name, (Line(name, name, Series("k", [0, 1], [1, 2])),))
    picture = pixels(png(hostile))
    assert picture.shape[1] == 800
    assert where(picture, 0).any()


def test_a_dollar_is_a_dollar_and_an_underscore_hides_nothing():
    def name_of(name: str) -> int:
        """Count the pixels of the name at the line's end."""
        picture = pixels(png(plot(line([1.0, 2.0], name=name))))
        right = inside(picture)[2]
        return int((picture[:, right + 6 :] != picture[0, 0]).any(axis=2).sum())

    assert name_of("_under") > name_of("under") > 20
    assert name_of("$a$") > name_of("a")


def test_settings_of_a_user_change_nothing_and_are_left_alone():
    expected = png(smooth())
    with mpl.rc_context(
        {"lines.antialiased": False, "savefig.dpi": 30, "text.usetex": True}
    ):
        before = dict(mpl.rcParams)
        assert png(smooth()) == expected
        assert dict(mpl.rcParams) == before


names = st.text(max_size=30)
floats = st.floats()


@settings(max_examples=25)
@given(
    names,
    st.sampled_from(["step", "runtime", "wall"]) | names,
    st.lists(
        st.tuples(names, names, st.lists(st.tuples(floats, floats), max_size=20)),
        max_size=6,
    ),
    st.booleans(),
    st.sampled_from([0.0, 0.5, 0.99]),
)
def test_any_names_and_floats_are_drawn_without_a_warning(
    key, x, runs, log_y, smoothing
):
    lines = tuple(
        Line(run, name, Series(key, [a for a, _ in points], [b for _, b in points]))
        for run, name, points in runs
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert png(Plot(key, x, lines, log_y, smoothing)).startswith(b"\x89PNG")


def written(plot: Plot, *, titled: bool = True) -> list[str]:
    """Return what is written on the picture of *plot*, from its top to its bottom."""
    with own_settings():
        figure = lines.draw(plot, titled=titled).figure
        figure.canvas.draw()
    texts = [t for t in figure.findobj() if isinstance(t, Text)]
    shown = [t for t in texts if t.get_visible() and t.get_text().strip()]
    top = sorted(shown, key=lambda t: -t.get_window_extent().y0)
    return [t.get_text() for t in top]


def test_up_to_four_lines_carry_their_names_at_their_ends():
    four = plot(*(line([0.0, float(i)], name=f"bird-{i}", run="a") for i in range(4)))
    found = [text for text in written(four) if text.startswith("bird")]
    assert found == ["bird-3", "bird-2", "bird-1", "bird-0"]


def test_more_have_a_legend_with_their_values_the_highest_first():
    heights = (0.25, 3.0, math.nan, 1.0, 2.0)
    five = plot(
        *(line([0.0, y], name=f"bird-{i}", run=f"{i}") for i, y in enumerate(heights))
    )
    with own_settings():
        (legend, _) = lines.draw(five).figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "bird-1 3",
        "bird-4 2",
        "bird-3 1",
        "bird-0 0.25",
        "bird-2",
    ]
    assert to_hex(legend.get_texts()[0].get_color()) == look(1).colour


def test_runs_of_one_name_are_distinguished_by_their_ids():
    two = plot(line([1.0, 2.0], run="a1"), line([3.0, 4.0], run="b2"))
    assert {"owl a1", "owl b2"} <= set(written(two))


def test_a_line_below_an_equal_one_is_named():
    same = plot(line([1.0, 2.0]), line([1.0, 2.0], name="lark", run="b2"))
    assert "owl = lark: equal values, one line" in written(same)
    other = plot(line([1.0, 2.0]), line([1.0, 2.1], name="lark", run="b2"))
    assert not [text for text in written(other) if "equal" in text]


def test_a_key_that_is_above_the_picture_is_not_repeated_on_it():
    one = plot(line([1.0, 2.0]))
    assert "train/loss" in written(one)
    assert "train/loss" not in written(one, titled=False)
    assert png(one, titled=False) != png(one)


def test_a_group_is_dashed_where_it_is_of_fewer_runs():
    whole = plot(line([1.0] * 50 + [3.0] * 50))
    (one,) = whole.lines
    partial = replace(whole, lines=(replace(one, partial=Partial(49, 1, 3)),))
    drawn = columns(where(pixels(png(partial)), 0))
    first, last = drawn[0], drawn[-1]
    middle = (first + last) // 2
    assert len(drawn[drawn < middle - 9]) == middle - 9 - first
    assert len(drawn[drawn > middle + 9]) < 0.8 * (last - middle)
    assert "owl (n=1 of 3)" in written(partial)


def test_a_stretch_of_x_is_shaded():
    bare = plot(line([1.0, 2.0, 3.0]))
    shaded = replace(bare, shades=(Shade(1, 2, "30 min"),))
    lighter = pixels(png(shaded)).astype(int) - pixels(png(bare))
    right = lighter[200, 500:600]
    assert (right > 10).all()
    assert not lighter[200, 100:200].any()
    assert "30 min" in written(shaded)


@pytest.mark.parametrize("start", [0.0, -1.0, -math.inf, math.nan])
def test_a_stretch_from_outside_the_axis_begins_at_its_left_end(start):
    plain = replace(plot(line([1.0, 2.0, 3.0], [1.0, 10.0, 100.0])), log_x=True)
    # Both pictures name the emoji, as a line below them says where no font has it.
    bare = replace(plain, shades=(Shade(-2.0, math.nan, "30 min 👩"),))
    shaded = replace(plain, shades=(Shade(start, 10.0, "30 min 👩"),))
    lighter = pixels(png(shaded)).astype(int) - pixels(png(bare))
    assert (lighter[200, 150:250] > 10).all()
    assert not lighter[200, 600:700].any()


@pytest.mark.parametrize("end", [0.0, -1.0, math.nan])
def test_a_stretch_that_ends_before_the_axis_is_not_drawn(end):
    bare = replace(plot(line([1.0, 2.0, 3.0], [1.0, 10.0, 100.0])), log_x=True)
    shaded = replace(bare, shades=(Shade(-2.0, end, "30 min 👩"),))
    assert "30 min" not in written(shaded)


def test_x_may_have_a_log_scale():
    xs = [10.0**i for i in range(5)]
    five = replace(plot(line([0.0] * 5, xs)), log_x=True)
    even = columns(where(pixels(png(five)), 0))
    assert written(five).count("100") == 1
    assert len(even) > 500


@pytest.mark.parametrize("key", ["gpu busy (%)", "system/gpu.0.gpu", "system/cpu"])
def test_percent_go_from_0_to_100(key):
    found = written(plot(line([41.0, 98.5]), key=key))
    assert [text for text in found if text.isdigit()][:6] == [
        "100",
        "80",
        "60",
        "40",
        "20",
        "0",
    ]


def test_a_box_in_a_name_says_which_package_has_its_letters():
    odd = plot(line([1.0, 2.0], name="run \U00030000"))
    assert "□ needs a font: fonts-noto-cjk" in written(odd)
    assert not [text for text in written(plot(line([1.0]))) if "font" in text]
