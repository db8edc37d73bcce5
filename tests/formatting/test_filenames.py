"""Names of strangers' files: they stay below the directory, whatever they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.formatting import filenames
from wandbwatch.model.errors import WandbwatchError

NASTY = [
    *("../../etc/passwd", "/etc/passwd", "C:\\x\\..\\y", "a\0b", "con.txt", "..", ""),
    *("x" * 400 + ".png", "é" * 300, "a/" * 90 + "b", " . ", "~/.bashrc", "\udc80"),
]
names = st.sampled_from(NASTY) | st.text(max_size=40)


@given(names)
def test_a_safe_name_stays_below_and_fits_every_disk(name):
    parts = filenames.safe(name).split("/")
    assert parts
    for part in parts:
        assert part not in ("", ".", "..")
        assert 0 < len(part.encode()) <= 200
        assert not set(part) & set('\0\n\\:*?"<>|')
        assert part.partition(".")[0].lower() not in {"con", "nul", "com1"}


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("media/images/a b.png", "media/images/a b.png"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\x", "C_/x"),
        ("con.txt", "_con.txt"),
        ("..", "file"),
        ("checkpoint.tar.gz", "checkpoint.tar.gz"),
    ],
)
def test_what_becomes_of_a_name(given, safe):
    assert filenames.safe(given) == safe


def test_a_long_name_keeps_its_end():
    assert filenames.safe("x" * 400 + ".png").endswith("x.png")


def test_names_that_differ_in_case_alone_are_two_files():
    names = filenames.Names()
    given = ("A.tar.gz", "a.tar.gz", "a.TAR.gz", "b")
    assert [names.take(n) for n in given] == [
        "A.tar.gz",
        "a_2.tar.gz",
        "a_3.TAR.gz",
        "b",
    ]


def test_a_file_is_written_whole_over_what_was_there(tmp_path):
    filenames.write(tmp_path / "new", "a/b.txt", [b"first"])
    path = filenames.write(tmp_path / "new", "a/b.txt", [b"sec", b"ond"])
    assert path.read_bytes() == b"second"
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]


def test_a_link_is_not_followed(tmp_path):
    out, target = tmp_path / "out", tmp_path / "target"
    out.mkdir()
    target.mkdir()
    (target / "file").write_text("theirs")
    (out / "file").symlink_to(target / "file")
    (out / "below").symlink_to(target)
    assert not filenames.write(out, "file", [b"ours"]).is_symlink()
    with pytest.raises(WandbwatchError, match="is a link"):
        filenames.write(out, "below/file", [b"ours"])
    assert (target / "file").read_text() == "theirs"


def test_a_directory_that_is_a_file_is_reported(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(WandbwatchError, match="--out DIR saves them elsewhere"):
        filenames.write(Path(tmp_path / "out"), "file", [b""])


def test_half_a_file_is_none(tmp_path):
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        filenames.write(tmp_path, "file", broken())
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_named_as_a_directory_of_another():
    names = filenames.Names()
    assert [names.take(n) for n in ("a", "a/b", "c/d", "c", "C/e", "a/b")] == [
        "a",
        "a_b",
        "c/d",
        "c_2",
        "C/e",
        "a_b_2",
    ]
