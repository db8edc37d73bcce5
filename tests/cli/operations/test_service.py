from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def service(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wandbwatch", "service", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(home)},
    )


def test_a_user_installs_and_uninstalls(tmp_path):
    done = service(tmp_path, "install", "--user", "--dir", str(tmp_path / "units"))
    assert done.returncode == 0, done.stderr
    assert "systemctl --user enable --now wandbwatch" in done.stdout
    program = Path(sys.executable).with_name("wandbwatch")
    assert (
        f"ExecStart={program} daemon"
        in (tmp_path / "units/wandbwatch.service").read_text()
    )
    assert (
        service(
            tmp_path, "uninstall", "--user", "--dir", str(tmp_path / "units")
        ).returncode
        == 0
    )
    assert list((tmp_path / "units").iterdir()) == []


def test_nothing_to_uninstall_is_one_line(tmp_path):
    done = service(tmp_path, "uninstall", "--user", "--dir", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_directory_that_refuses_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    done = service(tmp_path, "install", "--user", "--dir", str(tmp_path / "file" / "x"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


def test_a_wrong_action_is_a_usage_error(tmp_path):
    done = service(tmp_path, "frobnicate")
    assert done.returncode == 2
    assert "install, uninstall, status" in done.stderr
