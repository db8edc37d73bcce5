from __future__ import annotations

import pytest
from wandbwatch.model.media import Medium, Steps
from wandbwatch.sources.local.media import files

from tests.sources.local.reading import file_of, source


def test_media_of_an_offline_run_are_on_disk(local_runs):
    (path,) = local_runs.glob("wandb/*-finished")
    found = source(path).media("finished", (), Steps.LAST).media
    assert {medium.key: medium.kind for medium in found} == {
        "image": "image-file",
        "images": "images/separated",
        "table": "table-file",
        "histogram": "histogram",
    }
    for medium in found:
        paths = dict.fromkeys(medium.paths)
        assert [f.path for f in source(path).files("finished", tuple(paths))] == [
            *paths
        ]
    steps = source(path).media("finished", ("image",), Steps.ALL).media
    assert [medium.step for medium in steps] == [1]


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "a/../../b", "a\0"])
def test_a_path_that_leaves_the_run_is_not_followed(tmp_path, name):
    (tmp_path / "run" / "files").mkdir(parents=True)
    (tmp_path / "secret").touch()
    assert files([tmp_path / "run" / "run-a.wandb"], [name]) == ()
    assert Medium("x", "t", {"path": name}).paths == (name,)


def test_a_linked_directory_is_not_gone_into(tmp_path):
    kept, other = tmp_path / "run" / "files", tmp_path / "other"
    kept.mkdir(parents=True)
    other.mkdir()
    (other / "theirs").touch()
    (kept / "ours").write_text("abc")
    (kept / "link").symlink_to(other)
    (kept / "loop").symlink_to(kept / "loop")
    found = files([tmp_path / "run" / "run-a.wandb"], None)
    assert [(file.path, file.size) for file in found] == [("ours", 3)]


def test_what_is_no_table_of_a_medium_has_no_files(local_runs):
    (path,) = local_runs.glob("wandb/*-finished")
    assert file_of(path).exists()
    assert Medium("x", "t", {"filenames": [1, None], "path": "p"}).paths == ()
    assert Medium("x", "t", {"path": 3}).paths == ()
