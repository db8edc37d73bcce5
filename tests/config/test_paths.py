from __future__ import annotations

from pathlib import Path

import pytest
from wandbwatch.config.load import Settings
from wandbwatch.config.paths import config_file, local_zone, state_directory
from wandbwatch.model.errors import ConfigError

FILE = Path("/home/me/watch.toml")


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / ".config/wandbwatch").mkdir(parents=True)
    (tmp_path / ".config/wandbwatch/watch.toml").touch()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def test_a_named_file_is_taken_whether_or_not_it_is_there(home):
    environ = {"WANDBWATCH_CONFIG": "/x/y.toml", "HOME": str(home)}
    assert config_file(Path("z.toml"), environ) == Path("z.toml")
    assert config_file(None, environ) == Path("/x/y.toml")


def test_the_file_of_this_directory_comes_before_one_s_own(home):
    environ = {"HOME": str(home)}
    assert config_file(None, environ) == home / ".config/wandbwatch/watch.toml"
    Path("watch.toml").touch()
    assert config_file(None, environ) == Path("watch.toml")


def test_no_file_is_one_line_that_says_where_it_was_looked_for(home):
    environ = {"HOME": "/nowhere", "XDG_CONFIG_HOME": str(home / "xdg")}
    with pytest.raises(ConfigError) as error:
        config_file(None, environ)
    (line,) = error.value.complaints
    assert f"watch.toml, {home}/xdg/wandbwatch/watch.toml, /etc/wandbwatch/" in line
    assert "WANDBWATCH_CONFIG" in line


def test_the_state_is_where_the_file_or_systemd_or_xdg_says():
    environ = {"HOME": "/home/me", "STATE_DIRECTORY": "/var/lib/w:/var/lib/x"}
    assert state_directory(Settings(Path("/s")), FILE, environ) == Path("/s")
    assert state_directory(Settings(), FILE, environ) == Path("/var/lib/w")
    del environ["STATE_DIRECTORY"]
    own = Path("/home/me/.local/state/wandbwatch")
    assert state_directory(Settings(), FILE, environ) == own
    environ["XDG_STATE_HOME"] = "/st"
    assert state_directory(Settings(), FILE, environ) == Path("/st/wandbwatch")
    with pytest.raises(ConfigError, match="set \\[daemon\\] state"):
        state_directory(Settings(), FILE, {})


def test_root_finds_the_state_of_the_machine_s_service():
    file = Path("/etc/wandbwatch/watch.toml")
    environ = {"HOME": "/home/me"}
    of_root = state_directory(Settings(), file, environ, uid=0)
    assert of_root == Path("/var/lib/wandbwatch")
    of_others = state_directory(Settings(), file, environ, uid=1000)
    assert of_others == Path("/home/me/.local/state/wandbwatch")
    assert state_directory(Settings(Path("/s")), file, environ, uid=0) == Path("/s")


def test_the_time_zone_is_that_of_tz_if_it_names_one():
    assert local_zone({"TZ": "Europe/Berlin"}) == "Europe/Berlin"
    assert local_zone({"TZ": ":America/New_York"}) == "America/New_York"
    assert local_zone({"TZ": "CET-1CEST"}) == local_zone({})
