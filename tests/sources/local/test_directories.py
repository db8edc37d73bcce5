"""Which files a path means."""

from __future__ import annotations

import subprocess
import sys

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.address import Local
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.report import Table
from wandbwatch.sources.local import directories
from wandbwatch.sources.local.source import LocalSource

from tests.fakes import NOW, fake_env
from tests.runs import synthetic
from tests.runs.synthetic import write_long

# Root may read what nobody may: without that right it is one like any other.
_ORDINARY = """
import ctypes, os, sys
if not os.geteuid():
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.executable, (sys.executable, "-m", "wandbwatch", *sys.argv[1:]))
"""


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


def test_a_run_that_may_not_be_read_hides_no_other(run):
    root = run.parents[1]
    loop = root / "run-20260102_000000-loop" / "run-loop.wandb"
    loop.parent.mkdir()
    loop.symlink_to(loop)
    closed = root / "offline-run-20260103_000000-my-id"
    write_long(closed / "run-my-id.wandb", 1, keys=1)
    closed.chmod(0)
    asked = (sys.executable, "-c", _ORDINARY, "project", str(root))
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
    finally:
        closed.chmod(0o700)
    assert "\ta\t" in done.stdout
    assert "my-id: cannot be read: Permission denied" in done.stdout
    assert "loop: cannot be read: Too many levels" in done.stdout


@pytest.mark.parametrize("line", ["digest --since 9000d", "events", "alert --when k>5"])
def test_a_directory_with_several_projects_names_them(tmp_path, line):
    now = NOW.timestamp()
    for name in ("one", "two"):
        first = synthetic.run(name, now, project=f"p-{name}")
        records = [first, *synthetic.row({"k": 9}, 0, now)]
        directory = tmp_path / name / "wandb" / f"run-1-{name}"
        synthetic.write(directory / f"run-{name}.wandb", records)
    (tmp_path / "one/wandb/run-2-bad").mkdir()
    (tmp_path / "one/wandb/run-2-bad/run-bad.wandb").write_bytes(b"not a run at all")
    here = LocalSource(Local(tmp_path), lambda: now + 1)
    command, _, options = line.partition(" ")
    words = f"{command} {tmp_path} {options}"
    (report,) = grammar.parse(words, fake_env(here)).reports
    tables = [block for block in report.blocks if isinstance(block, Table)]
    assert any({"p-one", "p-two"} <= {c for r in t.rows for c in r} for t in tables)
    assert "cannot be read: it is not a .wandb file" in str(report.blocks)
