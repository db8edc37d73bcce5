from __future__ import annotations

import os
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.formatting.filenames import Names
from wandbwatch.model.drawing import Matrix
from wandbwatch.model.errors import WandbwatchError
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Chart, Note, Plot, Report, Table
from wandbwatch.plots import file_name, keep, png
from wandbwatch.renderers import json, plain, terminal

from tests.fakes import NOW
from tests.plots.pictures import line, plot

NOTE = Note("a word")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("train/loss", "train_loss.png"),
        ("system/gpu.0.temp", "system_gpu_0_temp.png"),
        ("Val/Acc@1", "val_acc_1.png"),
        ("../../etc/passwd", "etc_passwd.png"),
        ("損失", "plot_66cef876.png"),
        ("精度", "plot_a39fbae0.png"),
        ("val/精度", "val_ff29ef8c.png"),
        ("é", "e.png"),
        ("", "plot.png"),
        ("\x00/..", "plot.png"),
        ("a" * 500, "a" * 80 + ".png"),
    ],
)
def test_a_name_is_made_of_the_key(key, name):
    assert file_name(plot(key=key)) == name


def test_two_keys_never_share_a_name(tmp_path):
    keys = ("a/b", "a_b", "a.b", "a_b_2")
    report = Report("image", "t", (*(plot(line([1.0]), key=k) for k in keys), NOTE))
    kept = keep(report, tmp_path)
    files = [b.file for b in kept.blocks if isinstance(b, Plot)]
    names = ["a_b.png", "a_b_2.png", "a_b_3.png", "a_b_2_2.png"]
    assert files == [str(tmp_path / name) for name in names]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)
    assert kept.blocks[-1] == NOTE


def test_what_is_kept_is_the_picture(tmp_path):
    drawn = plot(line([1.0, 2.0]))
    kept = keep(Report("image", "t", (drawn,)), tmp_path / "new" / "place")
    picture = tmp_path / "new" / "place" / "train_loss.png"
    assert picture.read_bytes() == png(drawn)
    assert kept.blocks == (replace(drawn, file=str(picture)),)
    assert [p.name for p in picture.parent.iterdir()] == ["train_loss.png"]
    assert picture.stat().st_mode & 0o444 == 0o444 & ~_umask()


def test_the_drawing_of_a_table_is_kept(tmp_path):
    drawing = Matrix("actual", "predicted", ("cat", "dog"), ((3.0, 1.0), (0.0, 2.0)))
    table = Table("confusion", ("", "cat", "dog"), (("cat", 3, 1),), drawing=drawing)
    kept = keep(Report("media", "t", (table, replace(table, drawing=None))), tmp_path)
    picture = tmp_path / "confusion.png"
    assert picture.read_bytes() == png(Chart("confusion", drawing))
    assert kept.blocks == (
        replace(table, file=str(picture)),
        replace(table, drawing=None),
    )
    for output in (plain, json, terminal):
        shown = "".join(output.plugin([kept], Screen(300, now=NOW)))
        assert shown.count(str(picture)) == 1


def test_a_link_in_the_directory_is_replaced_and_not_followed(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    place = tmp_path / "pictures"
    place.mkdir()
    (place / "train_loss.png").symlink_to(precious)
    keep(Report("image", "t", (plot(line([1.0])),)), place)
    assert precious.read_text() == "mine"


def test_a_report_without_plots_makes_no_directory(tmp_path):
    report = Report("summary", "t", (NOTE,))
    assert keep(report, tmp_path / "none") == report
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere", "\x00"])
def test_a_directory_that_can_not_be_written_is_one_line(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(WandbwatchError, match=r"cannot save files in .*--out DIR") as e:
        keep(Report("image", "t", (plot(line([1.0])),)), tmp_path / place)
    assert "\n" not in str(e.value)
    assert e.value.exit_code == 1


@given(st.lists(st.text(max_size=20), max_size=20))
def test_any_keys_have_names_of_their_own(keys):
    names, taken = Names(), set[str]()
    for key in keys:
        name = names.take(file_name(plot(key=key)))
        assert re.fullmatch(r"[a-z0-9_]+\.png", name)
        assert name not in taken
        taken.add(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
