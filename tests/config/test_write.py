from __future__ import annotations

import threading

import pytest
from wandbwatch.config import edit
from wandbwatch.model.errors import ConfigError


def test_a_file_keeps_its_mode_and_a_new_one_is_private(tmp_path):
    path = tmp_path / "watch.toml"
    edit.replace(path, "one")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    edit.replace(path, "two ü")
    assert path.read_text() == "two ü"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "watch.toml", tmp_path / "watch.toml"
    real.write_text("one")
    link.symlink_to(real)
    edit.replace(link, "two")
    assert link.is_symlink()
    assert real.read_text() == "two"


def test_a_write_that_fails_leaves_all_as_it_was(tmp_path):
    path = tmp_path / "watch.toml"
    path.write_text("one")
    with pytest.raises(UnicodeEncodeError):
        edit.replace(path, "two \udcff")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_edits_wait_for_each_other(tmp_path):
    path = tmp_path / "watch.toml"
    path.write_text("0")

    def count() -> None:
        for _ in range(10):
            with edit.alone(path):
                edit.replace(path, str(int(path.read_text()) + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "40"


def test_a_directory_that_is_missing_is_reported(tmp_path):
    with (
        pytest.raises(ConfigError, match="No such file"),
        edit.alone(tmp_path / "no" / "watch.toml"),
    ):
        raise AssertionError("nothing is to be edited")
