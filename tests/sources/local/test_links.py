"""Links in a run's directory are followed only to files of the run's owner."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from wandbwatch.sources.local.beside import follows, open_own
from wandbwatch.sources.local.media import files

OWNER, OTHER = 4242, 4343


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's directory with a file, a link to its owner's and one to another's."""
    if os.geteuid():
        return _without_rights(tmp_path)
    directory = tmp_path / "run-20260101_000000-abc"
    (directory / "files").mkdir(parents=True)
    for name, owner in (("own", OWNER), ("other", OTHER)):
        path = tmp_path / name
        path.write_text(f"{name}'s")
        os.chown(path, owner, owner)
        (directory / "files" / f"to_{name}").symlink_to(path)
    (directory / "files" / "plain").write_text("plain")
    (directory / "linked").symlink_to(tmp_path)
    os.chown(directory, OWNER, OWNER)
    return directory


def _without_rights(tmp_path: Path) -> Path:
    """The same where nobody can give files away: /etc/passwd is another user's."""
    directory = tmp_path / "run-20260101_000000-abc"
    (directory / "files").mkdir(parents=True)
    (tmp_path / "own").write_text("own's")
    (directory / "files" / "to_own").symlink_to(tmp_path / "own")
    (directory / "files" / "to_other").symlink_to("/etc/passwd")
    (directory / "files" / "plain").write_text("plain")
    return directory


def test_a_link_to_another_users_file_is_no_file_of_the_run(run):
    found = files([run / "run-abc.wandb"], None)
    assert [file.path for file in found] == ["plain", "to_own"]
    assert files([run / "run-abc.wandb"], ["to_other"]) == ()
    assert b"".join(found[1].content()) == b"own's"


def test_one_that_is_replaced_meanwhile_is_not_read(run):
    path = run / "files" / "to_own"
    (found,) = files([run / "run-abc.wandb"], ["to_own"])
    target = (run / "files" / "to_other").readlink()
    path.unlink()
    path.symlink_to(target)
    with pytest.raises(Exception, match="another user"):
        list(found.content())


def test_a_file_of_anybody_that_is_no_link_is_read(run):
    path = run / "files" / "plain"
    with open_own(path, run) as file:
        assert file.read() == b"plain"
    assert follows(path, run)
