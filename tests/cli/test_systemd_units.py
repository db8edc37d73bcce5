"""The units as they are shipped and as they are installed, judged by systemd itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from wandbwatch.cli import systemd_units

ROOT = Path(__file__).parents[2]
ANALYZE = shutil.which("systemd-analyze") or ""
needs_systemd = pytest.mark.skipif(not ANALYZE, reason="systemd is not on this machine")
SYSTEM = sorted((ROOT / "systemd").glob("*.service"))
USER = sorted((ROOT / "systemd" / "user").glob("*.service"))


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ANALYZE, *words], capture_output=True, text=True, check=False
    )


@pytest.fixture
def installed(tmp_path):
    place = systemd_units.place({}, user=False, directory=tmp_path / "units")
    place = systemd_units.Place(
        False, place.units, place.config, tmp_path / "credentials"
    )
    return place, systemd_units.install(
        place, Path(sys.executable), tmp_path / "watch.toml"
    )


@needs_systemd
def test_systemd_finds_nothing_wrong(installed):
    _, written = installed
    done = analyze("verify", "--man=no", "--recursive-errors=yes", *written)
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize(
    ("unit", "most"),
    [*((u, 15) for u in SYSTEM), *((u, 17) for u in USER)],
    ids=lambda value: str(getattr(value, "name", value)),
)
def test_the_sandbox_is_tight(unit, most):
    done = analyze("security", "--offline=true", f"--threshold={most}", unit)
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_paths_of_this_machine_are_filled_in(installed, tmp_path):
    _, (service, report, _timer) = installed
    for unit, command in ((service, "daemon"), (report, "run")):
        text = unit.read_text()
        assert f"ExecStart={sys.executable} {command} {tmp_path}/watch.toml" in text
        assert "/opt/wandbwatch" not in text
    assert f"ExecReload={sys.executable} check" in service.read_text()


def test_daemon_and_reports_are_one_user_who_owns_the_state(installed):
    _, (service, report, _timer) = installed
    for unit in (service, report):
        lines = unit.read_text().splitlines()
        assert {"DynamicUser=yes", "User=wandbwatch"} <= set(lines)


def test_units_for_another_directory_change_nothing_else(installed):
    place, written = installed
    assert {path.parent for path in written} == {place.units}
    assert not place.credentials.exists()


def test_a_path_with_blanks_is_quoted(tmp_path):
    environ = {"XDG_STATE_HOME": str(tmp_path / "my state")}
    place = systemd_units.place(environ, user=True, directory=tmp_path / "units")
    service, *_ = systemd_units.install(
        place, Path("/my tools/w"), Path("/50%/watch.toml")
    )
    text = service.read_text()
    assert 'ExecStart="/my tools/w" daemon /50%%/watch.toml' in text
    assert f'ReadWritePaths="{tmp_path}/my state/wandbwatch"\n' in text
    assert (tmp_path / "my state/wandbwatch").is_dir()


def test_uninstalling_removes_what_was_installed(installed):
    place, written = installed
    assert systemd_units.uninstall(place) == written
    assert systemd_units.uninstall(place) == []


def test_a_system_service_can_not_see_a_program_in_a_home():
    system = systemd_units.place({}, user=False)
    assert system.hides(Path("/home/me/.venv/bin/wandbwatch"))
    assert not system.hides(Path("/opt/wandbwatch/bin/wandbwatch"))
    assert not systemd_units.place({}, user=True).hides(Path("/home/me/bin/wandbwatch"))
