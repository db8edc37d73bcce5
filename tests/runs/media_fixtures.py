"""A run with all media, logged once a session; both sources read it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from wandbwatch import plugins
from wandbwatch.model.address import Address, Cloud, Local
from wandbwatch.model.ports import Source
from wandbwatch.sources.cloud import session, wandb_core

import tests
from tests.servers.wandb.server import WandbServer
from tests.servers.wandb.store import KEY


@dataclass(frozen=True)
class MediaRun:
    server: WandbServer
    directory: Path
    """The run's own, with its .wandb file and its ``files``."""

    @property
    def addresses(self) -> dict[str, Address]:
        cloud = Cloud("acme", "gpt", "media")
        return {"cloud": cloud, "local": Local(self.directory)}

    def source(self, kind: str) -> Source:
        found: Source = plugins.load("wandbwatch.sources", kind)(self.addresses[kind])
        return found


@pytest.fixture(scope="session")
def _media_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaRun]:
    server = WandbServer().start()
    directory = tmp_path_factory.mktemp("media")
    ours = {k: v for k, v in os.environ.items() if not k.startswith("WANDB")}
    home = str(tmp_path_factory.mktemp("home"))
    subprocess.run(
        [sys.executable, "-m", "tests.runs.media"],
        cwd=directory,
        env=ours
        | {
            "HOME": home,
            "WANDB_CACHE_DIR": home,
            "WANDB_DATA_DIR": home,
            "WANDB_CONFIG_DIR": home,
            "WANDB_BASE_URL": server.url,
            "WANDB_API_KEY": KEY,
            "WANDB_SILENT": "true",
            "WANDB_ERROR_REPORTING": "false",
            "PYTHONPATH": str(Path(tests.__file__).parents[1]),
        },
        check=True,
        timeout=120,
    )
    (found,) = directory.glob("wandb/run-*-media")
    yield MediaRun(server, found)
    server.stop()


@pytest.fixture
def media_run(
    _media_run: MediaRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[MediaRun]:
    """The run of `tests.runs.media`, on a server of its own and on this disk. Not to
    be changed."""
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(tmp_path),
        "NETRC": str(tmp_path / ".netrc"),
        "WANDB_CONFIG_DIR": str(tmp_path / "config"),
        "WANDB_BASE_URL": _media_run.server.url,
        "WANDB_API_KEY": KEY,
    }.items():
        monkeypatch.setenv(name, value)
    _media_run.server.faults.clear()
    _media_run.server.counts.clear()
    yield _media_run
    _media_run.server.faults.clear()
    session.forget()
    wandb_core.kill()
