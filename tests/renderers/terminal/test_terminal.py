"""What eyes see: nothing cut, nothing too wide, colour only where it is wanted."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text as Styled
from wandbwatch.model.cell import MISSING, Level
from wandbwatch.model.experiment import Phase
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Block, Fields, Line, Note, Plot, Report, Table, Text
from wandbwatch.model.run import Series, State
from wandbwatch.renderers import json as json_renderer
from wandbwatch.renderers.terminal import render
from wandbwatch.renderers.terminal.text import folded

from tests.fakes import NOW
from tests.renderers.examples import IMAGE, PROJECT, SUMMARY
from tests.renderers.strategies import reports

WIDE = Screen(200, now=NOW)


def text(told: Report, screen: Screen = WIDE) -> str:
    return "\n".join(render([told], screen))


def report(*blocks: Block) -> Report:
    return Report("summary", "a run", blocks)


def words_of(text: str) -> str:
    """Take away all that a layout may add."""
    return "".join(text.split())


@given(reports, st.integers(40, 200))
@settings(max_examples=200)
def test_no_line_is_wider_than_the_screen(told, width):
    shown = text(told, Screen(width, now=NOW))
    assert all(cell_len(line) <= width for line in shown.split("\n"))


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_every_value_is_whole_at_every_width(width):
    long = "a/very/long.metric-name_that" * 8
    row = (State.FAILED, long, 0.12345, "名前" * 60, timedelta(hours=5))
    names = ("state", "id", "loss", long, "runtime")
    table = Table("runs", names, (row, row))
    fields = Fields(long, ((long, long), ("loss", 0.5)))
    told = report(table, fields, Note(long), Text(long, long))
    shown = text(told, Screen(width, now=NOW))
    # A folded cell stands beside others: only a card or a full line reads as one.
    for letter in set(long) | {"名", "前"}:
        wanted = (long * 8 + "名前" * 120).count(letter)
        assert shown.count(letter) >= wanted
    assert shown.count("✗ failed") == 2
    assert "…" not in shown


@pytest.mark.parametrize("told", [PROJECT, SUMMARY, IMAGE])
def test_without_colour_there_is_no_escape_code(told):
    assert "\x1b" not in text(told)


def test_colour_adds_codes_and_nothing_else():
    for told in (PROJECT, SUMMARY):
        coloured = text(told, Screen(80, colour=True, now=NOW))
        assert "\x1b[" in coloured
        plain = Styled.from_ansi(coloured).plain
        assert words_of(plain) == words_of(text(told, Screen(80, now=NOW)))


def test_links_go_to_the_web_and_carry_no_code_of_others():
    evil = "https://x/\x1b\\\x1b[2J\x07"
    rows = (("a",), ("b",), ("c",))
    links = ("https://wandb.ai/a", evil, "javascript:alert(1)")
    told = Report("project", "p", (Table("runs", ("id",), rows, links),), url=evil)
    shown = text(told, Screen(80, colour=True, now=NOW))
    assert ";https://wandb.ai/a\x1b\\" in shown
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert "javascript" not in shown


@pytest.mark.parametrize("state", State)
def test_a_state_is_worded_at_every_width(state):
    for width in (40, 80, 200):
        told = report(Table("", ("state", "id"), ((state, "abc"),)))
        assert state.value in text(told, Screen(width, now=NOW))


def test_numbers_align_to_the_right_and_ages_are_of_now():
    rows = ((1, NOW - timedelta(hours=3)), (1000, NOW - timedelta(days=2)))
    shown = text(report(Table("", ("step", "created"), rows)))
    assert shown.splitlines()[2:] == [
        "step  created",
        "   1  3h ago",
        "1000  2d ago",
    ]


def test_a_column_without_any_value_is_left_out():
    rows = ((1, MISSING, ()), (2, MISSING, ()))
    shown = text(report(Table("", ("step", "group", "tags"), rows)))
    assert "group" not in shown
    assert "tags" not in shown


def test_a_table_too_wide_becomes_cards():
    names = tuple(f"metric{i}" for i in range(12))
    told = report(Table("runs", names, (tuple(range(12)),)))
    shown = text(told, Screen(40, now=NOW))
    assert "metric0   0    metric6   6\n" in shown
    assert "metric5   5    metric11  11" in shown


def test_a_long_group_is_in_columns_where_there_is_room():
    items = tuple((f"gpu.{i}.memory", i * 1.5) for i in range(16))
    wide = text(report(Fields("system", items)))
    narrow = text(report(Fields("system", items)), Screen(40, now=NOW))
    assert len(wide.splitlines()) < len(narrow.splitlines())


def test_a_very_long_number_does_not_shift_the_others():
    shown = text(report(Fields("", (("a", 1), ("b", 10**60), ("c", 250)))))
    assert shown.splitlines()[2:] == ["a    1", f"b  {10**60}", "c  250"]


def test_numbers_among_words_align_to_the_left():
    shown = text(report(Fields("", (("state", "ok"), ("code", 1), ("step", 599)))))
    assert shown.splitlines()[2:] == ["state  ok", "code   1", "step   599"]


def test_cards_align_with_each_other():
    names = ("step", *(f"metricmetric{i}" for i in range(4)), "very_long_name")
    rows = ((1, 2, 3, 4, 5, 6), (1, 2, 3, MISSING, MISSING, MISSING))
    shown = text(report(Table("", names, rows)), Screen(40, now=NOW))
    assert shown.count("step            1") == 2


def test_titles_tell_good_and_bad_in_colour():
    def title(level: Level) -> str:
        screen = Screen(80, colour=True, now=NOW)
        return next(render([Report("summary", "run", level=level)], screen))

    assert title(Level.BAD) == "\x1b[1;31mrun\x1b[0m"
    assert title(Level.GOOD) == "\x1b[1;32mrun\x1b[0m"


def plot(*lines: Line, x: str = "step", log_y: bool = False, smooth: float = 0) -> Plot:
    return Plot("loss", x, lines, log_y, smooth, "plots/loss.png")


def line(run: str, x: list[float], y: list[float]) -> Line:
    return Line(run, f"name of {run}", Series("loss", x, y))


def test_non_finite_values_are_marked_at_their_x():
    ys = [1.0, 2.0, math.nan, 3.0, math.inf, 2.0, -math.inf]
    shown = text(report(plot(line("r1", list(range(7)), ys))))
    art = shown.splitlines()
    assert any("×" in row for row in art)
    assert "× 1 NaN" in shown
    assert "↑ 1 inf" in shown
    assert "↓ 1 -inf" in shown
    assert next(row for row in art if "↑" in row).index("↑") > next(
        row for row in art if "×" in row
    ).index("×")


def test_a_mark_is_seen_over_another_line():
    xs = [float(x) for x in range(40)]
    lines = [
        line("diverged", xs, [1 + x for x in xs[:30]] + [math.nan] * 10),
        line("converged", xs, [1.0 for _ in xs]),
    ]
    art = text(report(plot(*lines))).split("name of")[0]
    assert art.count("×") > 5


def test_without_colour_each_of_several_lines_has_its_letter():
    lines = [line(f"r{i}", [0, 1], [i, i + 1]) for i in range(3)]
    shown = text(report(plot(*lines)))
    for letter, run in zip("abc", ("r0", "r1", "r2"), strict=True):
        assert f"{letter} name of {run} ({run})" in shown
        assert letter * 5 in shown


def test_a_single_point_is_visible():
    assert "•" in text(report(plot(line("r", [5], [1.0]))))


def test_the_axis_of_a_constant_has_its_value_and_no_other():
    shown = text(report(plot(line("r", [0, 1, 2], [0.5, 0.5, 0.5]))))
    ticks = [row.split("┤")[0].strip() for row in shown.splitlines() if "┤" in row]
    assert ticks == ["0.5"]


def test_a_plot_names_its_file_its_axis_and_its_smoothing():
    told = plot(line("r", [0, 3600], [1, 10]), x="runtime", log_y=True, smooth=0.6)
    shown = text(report(told))
    assert "plots/loss.png" in shown
    assert "loss  over runtime · smoothed 0.6 · log scale" in shown
    assert "30m" in shown


def test_values_without_a_logarithm_are_counted():
    shown = text(report(plot(line("r", [0, 1, 2], [1, 0, -5]), log_y=True)))
    assert "↓ 2 not above 0" in shown


def test_percent_go_from_0_to_100():
    line = Line("a", "owl", Series("k", (0, 1), (41, 43)))
    shown = text(report(Plot("gpu busy (%)", "step", (line,))))
    assert "100┤" in shown
    assert "  0┤" in shown
    assert "100┤" not in text(report(Plot("val/acc", "step", (line,))))


def test_lines_that_cover_each_other_are_named():
    lines = [Line(r, r, Series("k", (0, 1), (1, 2))) for r in ("owl", "lark", "wren")]
    shown = text(report(Plot("k", "step", tuple(lines))))
    assert "owl = lark and 1 more: equal values, one line" in shown
    odd = replace(lines[0], series=Series("k", (0, 1), (1, 3)))
    assert "equal" not in text(report(Plot("k", "step", (odd, lines[1]))))


@pytest.mark.parametrize("number", ["-0.1926", "2.0562e-08", "1e-08"])
@pytest.mark.parametrize("width", range(10, 40))
def test_no_number_is_broken(number, width):
    assert number in folded(f"90% of the values in {number} to 0.18346", width)


def test_a_plot_without_finite_values_says_so():
    for told in (plot(), plot(line("r", [0, 1], [math.nan, math.nan]))):
        assert "nothing to draw" in text(report(told))


def test_a_peak_of_one_point_in_many_is_drawn():
    ys = [0.0] * 100_000
    ys[50_000] = 1.0
    shown = text(report(plot(line("r", list(range(100_000)), ys))))
    rows = [row for row in shown.splitlines() if "│" in row or "┤" in row]
    assert all(any("\u2801" <= c <= "\u28ff" for c in row) for row in rows)


def test_drawing_leaves_no_state_behind():
    told = report(plot(line("r", [0, 1], [1, 2])))
    assert text(told) == text(told)


def runs_table(*names: str) -> Table:
    columns = ("state", "id", "name", "tags", "created", "val/loss")
    rows = tuple(
        (State.RUNNING, f"id{i}", name, ("paper", "long-tag-here"), NOW, 0.5)
        for i, name in enumerate(names)
    )
    return Table("runs", columns, rows)


def test_long_names_are_cut_in_their_middle_before_tags_and_ages():
    name = "gpt2-large-pretrain-lr3e-4-seed"
    told = text(report(runs_table(f"{name}1", f"{name}2")), Screen(70, now=NOW))
    first, second = told.splitlines()[-2:]
    assert "…" in first
    assert "seed1" in first
    assert "seed2" in second
    assert "just now" in first
    assert "paper, long-tag-here" in first
    told = text(report(runs_table(f"{name}1", f"{name}2")), Screen(55, now=NOW))
    assert len([line for line in told.splitlines() if "just now" in line]) == 2
    assert "paper, l…" in told
    whole = text(report(runs_table(name)), Screen(120, now=NOW))
    assert f"{name}  paper, long-tag-here" in whole


def test_a_run_stays_a_line_without_its_tags_and_group():
    columns = ("state", "id", "name", "group", "tags", "created", *"abcdefgh")
    row = (State.RUNNING, "r0abc120", "gpt2-small", "ablations", "baseline", NOW)
    table = Table("", columns, ((*row, *[0.12345] * 8), (*row, *[0.5] * 8)))
    told = text(report(table), Screen(108, now=NOW)).splitlines()
    assert len([line for line in told if "gpt2-small" in line]) == 2
    assert told[-1] == "too narrow for tags, group"
    assert "ablations" in text(report(table), Screen(60, now=NOW)), "a card"


def test_names_are_cut_where_other_cells_have_to_be_folded():
    table = runs_table("gpt2-large-pretrain-lr3e-4-seed1")
    why = "CUDA out of memory while allocating 2 GiB on the second device"
    rows = tuple((*row, why) for row in table.rows)
    wide = replace(table, columns=(*table.columns, "why"), rows=rows)
    told = text(report(wide), Screen(80, now=NOW))
    assert "-seed1" in told
    assert "…" in told
    assert len(told.splitlines()) < 12


def a_plot(key: str) -> Plot:
    series = Series(key, [0.0, 25_000.0], [1.0, 2_000_000.0])
    return Plot(key, "step", (Line("r", "r", series),))


@pytest.mark.parametrize(("width", "rows"), [(80, 3), (120, 2), (200, 1), (40, 3)])
def test_plots_share_the_screen(width, rows):
    told = text(report(*map(a_plot, ("one", "two", "three"))), Screen(width))
    heads = [line for line in told.splitlines() if "over step" in line]
    assert len(heads) == rows
    assert max(map(cell_len, told.splitlines())) <= width
    assert "20k" in told
    assert "2M" in told or "1M" in told


def test_plots_are_as_low_as_a_window_asks_for():
    whole, low = (
        text(report(a_plot("one")), Screen(80, plot_rows=rows)) for rows in (0, 5)
    )
    assert len(low.splitlines()) < len(whole.splitlines())


def test_system_metrics_have_units_and_one_line_of_many():
    metrics = [(f"cpu.{i}.cpu_percent", float(i)) for i in range(40)]
    metrics += [("proc.memory.rssMB", 70_400.0), ("network.recv", 75e6)]
    metrics += [("gpu.0.temp", 61.0), ("gpu.0.powerWatts", 300.0)]
    told = text(report(Fields("system", tuple(metrics))))
    assert "CPU core (40)      mean 19.5%, max 39%  cpu.*.cpu_percent" in told
    assert "GPU 0 temperature" in told
    assert "gpu.0.temp" in told
    assert "gpu.0.temp" not in text(
        report(Fields("system", tuple(metrics))), Screen(40)
    )
    for said in ("70.4 GB", "75.0 MB", "61 °C", "300 W"):
        assert said in told


def test_large_numbers_are_short_but_not_the_ones_that_are_names():
    items = (("tokens", 1_310_720_000), ("seed", 20_260_101), ("steps", 99_999))
    told = text(report(Fields("", items)))
    assert "1.31G" in told
    assert "20260101" in told
    assert "99999" in told


@pytest.mark.parametrize("width", [8, 12, 15])
def test_a_plot_is_drawn_in_a_narrow_pane(width):
    assert "one" in text(report(a_plot("one")), Screen(width))


def test_the_states_of_experiments_have_colours():
    table = Table("", ("id", "phase"), ((1, Phase.FAILED), (2, Phase.TIMED_OUT)))
    told = text(report(table), Screen(80, colour=True))
    assert "\x1b[31mfailed" in told
    assert "\x1b[31mtimed out" in told


def test_columns_for_people_are_shown_to_them():
    table = Table("", ("values", "here"), (("loss", 2.0),), also=(("Δ", ("+1",)),))
    table = replace(table, headings={"here": "seed3"})
    shown = text(report(table))
    assert ("Δ" in shown, "seed3" in shown, "here" in shown) == (True, True, False)
    (told,) = json_renderer.render([report(table)], Screen())
    assert ("Δ" in told, "seed3" in told, "here" in told) == (False, False, True)
