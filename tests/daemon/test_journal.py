"""A priority stands before a line where journald reads it, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from wandbwatch.config import redaction


def test_a_variable_that_was_inherited_says_nothing(tmp_path):
    assert not redaction.journald_reads(2, {})
    assert not redaction.journald_reads(2, {"JOURNAL_STREAM": "1:2"})
    assert not redaction.journald_reads(-1, {"JOURNAL_STREAM": "1:2"})
    with (tmp_path / "stream").open("w") as file:
        stream = os.fstat(file.fileno())
        environ = {"JOURNAL_STREAM": f"{stream.st_dev}:{stream.st_ino}"}
        assert redaction.journald_reads(file.fileno(), environ)


def test_a_wrong_file_is_an_error_in_the_journal_and_an_unwise_one_a_warning(tmp_path):
    path = tmp_path / "watch.toml"
    path.write_text('[channels.a]\nwebhook = { env = "NOT_SET_ANYWHERE" }\n')
    assert _journal(tmp_path, path).startswith("<4>wandbwatch: warning: ")
    path.write_text("nonsense = 1\n")
    assert _journal(tmp_path, path).startswith(f"<3>wandbwatch: {path}:1: nonsense")


def _journal(tmp_path: Path, path: Path) -> str:
    """Return what the check of the file at *path* writes to its journal."""
    with (tmp_path / "journal").open("w+") as journal:
        stream = os.fstat(journal.fileno())
        environ = {"JOURNAL_STREAM": f"{stream.st_dev}:{stream.st_ino}"}
        subprocess.run(
            [sys.executable, "-m", "wandbwatch", "check", path],
            stderr=journal,
            env={**os.environ, **environ},
            check=False,
        )
        journal.seek(0)
        return journal.read()
