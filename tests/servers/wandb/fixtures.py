"""Fixtures for any test that talks to W&B; tests/conftest.py names them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.wandb.server import WandbServer
from tests.servers.wandb.store import KEY


@pytest.fixture(scope="session")
def _wandb_server() -> Iterator[WandbServer]:
    server = WandbServer().start()
    yield server
    server.stop()


@pytest.fixture
def wandb_server(
    _wandb_server: WandbServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> WandbServer:
    """Serve W&B, empty, to this test's environment; no other settings are found."""
    _wandb_server.reset()
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    for name, value in {
        "HOME": str(home),
        "NETRC": str(home / ".netrc"),
        "WANDB_CONFIG_DIR": str(home / "config"),
        "WANDB_BASE_URL": _wandb_server.url,
        "WANDB_API_KEY": KEY,
    }.items():
        monkeypatch.setenv(name, value)
    return _wandb_server


@pytest.fixture
def log_run(wandb_server: WandbServer, tmp_path: Path) -> Callable[[str], Path]:
    """Run a script that logs online; return its ``wandb`` directory."""
    del wandb_server

    def log(script: str) -> Path:
        where = tmp_path / "logged"
        where.mkdir(exist_ok=True)
        quiet = {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            cwd=where,
            env=os.environ | quiet | {"WANDB_CACHE_DIR": str(tmp_path / "cache")},
            check=False,
            timeout=60,
        )
        return where / "wandb"

    return log
