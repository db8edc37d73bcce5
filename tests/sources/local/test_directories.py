"""Which files a path means."""

from __future__ import annotations

import pytest
from wandbwatch.model.errors import NotFoundError
from wandbwatch.sources.local import directories

from tests.runs.synthetic import write_long


@pytest.fixture
def run(tmp_path):
    directory = tmp_path / "jobs" / "0" / "wandb" / "run-20260101_000000-a"
    return write_long(directory / "run-a.wandb", 1, keys=1)


def test_a_run_is_named_by_its_id_after_the_directory_that_has_it(run):
    root = run.parents[1]
    assert directories.files(root / "a") == [run]
    assert directories.files(root.parent / "a") == [run]
    assert directories.holds_runs(root)
    assert directories.holds_runs(root.parent)


def test_no_tree_is_searched_for_the_run_of_a_path_that_is_missing(tmp_path, run):
    assert directories.files(tmp_path / "jobs") == [run]
    assert not directories.holds_runs(tmp_path / "jobs")
    for missing in (tmp_path / "jobs" / "a", tmp_path / "a", tmp_path / "no" / "a"):
        with pytest.raises(NotFoundError, match="does not exist"):
            directories.files(missing)
