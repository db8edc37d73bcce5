from __future__ import annotations

import netrc
import os
import stat
from pathlib import Path

import pytest
from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import NetworkError, NotAuthorisedError, SourceError
from wandbwatch.model.ports import Viewer
from wandbwatch.model.query import Query
from wandbwatch.sources.cloud import plugin, session, wandb_core

from tests.servers.wandb import KEY, Fault, Run, User

BOB = User("bob", "umbrella", ("umbrella", "acme"), "b" * 40)


@pytest.fixture
def bare(server, monkeypatch):
    """Serve two users to somebody who has no key yet."""
    server.store.users.append(BOB)
    monkeypatch.delenv("WANDB_API_KEY")
    wandb_core.kill()
    yield server
    wandb_core.kill()


def saved() -> dict[str, str]:
    """Return the keys in the netrc file, by machine."""
    read = netrc.netrc(os.environ["NETRC"])
    return {machine: entry[2] for machine, entry in read.hosts.items()}


def test_a_good_key_is_saved_as_wandb_does(bare, capfd):
    viewer = plugin.account().login(f" {BOB.key}\n", None)
    path = os.environ["NETRC"]
    assert viewer == Viewer(bare.url, "bob", "umbrella", ("umbrella", "acme"), path)
    assert saved() == {bare.url.removeprefix("http://"): BOB.key}
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    assert capfd.readouterr() == ("", "")
    assert plugin.account().whoami(None) == viewer
    assert BOB.key not in repr(viewer)


def test_a_netrc_file_keeps_what_else_is_in_it(bare):
    path = Path(os.environ["NETRC"])
    path.write_text("machine example.org\n  login me\n  password secret\n")
    plugin.account().login(KEY, None)
    assert saved().keys() == {"example.org", bare.url.removeprefix("http://")}


@pytest.mark.parametrize("key", ["c" * 40, "short", "", " "])
def test_a_bad_key_is_not_saved(bare, key):
    with pytest.raises(NotAuthorisedError) as told:
        plugin.account().login(key, None)
    assert not Path(os.environ["NETRC"]).exists()
    assert not key.strip() or key not in str(told.value)
    assert not bare.data_requests


def test_a_server_that_fails_is_not_a_bad_key(bare):
    bare.faults.append(Fault("status", status=500))
    with pytest.raises(NetworkError):
        plugin.account().login(KEY, None)
    assert not Path(os.environ["NETRC"]).exists()


def test_a_key_that_could_not_be_saved_is_reported(bare, monkeypatch, tmp_path):
    monkeypatch.setenv("NETRC", str(tmp_path))
    with pytest.raises(SourceError, match=f"could not save the API key in {tmp_path}"):
        plugin.account().login(KEY, None)
    assert bare.counts["Viewer"]


def test_a_named_server_is_remembered_as_wandb_does(bare, monkeypatch):
    monkeypatch.delenv("WANDB_BASE_URL")
    wandb_core.kill()
    viewer = plugin.account().login(KEY, bare.url)
    assert viewer.server == bare.url
    settings = Path(os.environ["WANDB_CONFIG_DIR"], "settings").read_text()
    assert f"base_url = {bare.url}" in settings
    assert plugin.account().whoami(None) == viewer


def test_whoami_without_a_key_says_how_to_log_in(bare):
    with pytest.raises(NotAuthorisedError, match=f"no API key for {bare.url}; `wand"):
        plugin.account().whoami(None)


def test_the_environment_goes_before_netrc_and_netrc_before_settings(bare, monkeypatch):
    config = Path(os.environ["WANDB_CONFIG_DIR"])
    config.mkdir()
    (config / "settings").write_text(f"[default]\napi_key = {KEY}\n")
    assert _who() == ("alice", "wandb's settings")
    machine = bare.url.removeprefix("http://")
    Path(os.environ["NETRC"]).write_text(
        f"machine {machine}\n  login user\n  password {BOB.key}\n"
    )
    assert _who() == ("bob", os.environ["NETRC"])
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    assert _who() == ("alice", "WANDB_API_KEY")


def _who() -> tuple[str, str]:
    """Ask as a new process would."""
    session.forget()
    wandb_core.kill()
    viewer = plugin.account().whoami(None)
    return viewer.user, viewer.key_from


def test_wandbs_own_settings_fill_in_what_is_left_out(bare, monkeypatch, tmp_path):
    monkeypatch.delenv("WANDB_BASE_URL")
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "settings").write_text(
        f"[default]\nbase_url = {bare.url}\nentity = umbrella\nproject = mine\n"
    )
    bare.store.add(Run("abc", entity="umbrella", project="mine"))
    assert plugin(Cloud(run="abc")).run().entity == "umbrella"


def test_a_key_is_not_shown_to_a_server_that_a_url_names(bare, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    bare.store.add(Run("abc"))
    elsewhere = Cloud("acme", "gpt", server=bare.url)
    with pytest.raises(NotAuthorisedError, match=f"no API key for {bare.url}"):
        plugin(elsewhere).runs(Query())
    assert not bare.counts
    machine = bare.url.removeprefix("http://")
    Path(os.environ["NETRC"]).write_text(
        f"machine {machine}\n  login user\n  password {BOB.key}\n"
    )
    (run,) = plugin(elsewhere).runs(Query()).runs
    assert run.url == f"{bare.url}/acme/gpt/runs/abc"
    assert plugin.account().whoami(bare.url).user == "bob"
