"""Runs that the real SDK wrote, made once a session and shared by all tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wandbwatch.model.address import Local
from wandbwatch.sources.local.source import LocalSource

import tests

_REPOSITORY = Path(tests.__file__).parents[1]


def _command(kind: str, directory: Path) -> list[str]:
    return [sys.executable, "-m", "tests.runs.write", kind, str(directory)]


def _environment(home: Path) -> dict[str, str]:
    ours = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
    places = ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR")
    return (
        ours
        | dict.fromkeys(places, str(home))
        | {
            "WANDB_ERROR_REPORTING": "false",
            "WANDB_SILENT": "true",
            "PYTHONPATH": str(_REPOSITORY),
        }
    )


@pytest.fixture(scope="session")
def local_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a ``wandb`` in it that has the runs of `tests.runs.write`:
    finished, failed, crashed, resumed and derived, by these ids. Not to be changed.
    """
    directory = tmp_path_factory.mktemp("project")
    environment = _environment(tmp_path_factory.mktemp("home"))

    def write(kind: str) -> int:
        return subprocess.run(
            _command(kind, directory),
            env=environment,
            capture_output=True,
            check=False,
            start_new_session=True,
            cwd=directory,
        ).returncode

    with ThreadPoolExecutor(2) as pool:
        codes = dict(zip(KINDS, pool.map(write, KINDS), strict=True))
    assert codes == KINDS
    return directory


KINDS = {"several": 0, "failed": 3, "crashed": -9}


class Running:
    """A run that goes on until the end of its test."""

    def __init__(self, directory: Path, home: Path) -> None:
        self.directory = directory
        self._process = subprocess.Popen(
            _command("running", directory),
            env=_environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=directory,
        )

    def log(self, rows: int) -> None:
        """Let it log more rows; return once they are on disk."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{rows}\n")
        self._process.stdin.flush()
        while not (line := self._process.stdout.readline()).startswith("logged"):
            assert self._process.poll() is None
        last = int(line.split()[1]) - 1
        while LocalSource(Local(self.directory)).run().last_step != last:
            assert self._process.poll() is None
            time.sleep(0.02)

    def finish(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    run = Running(tmp_path_factory.mktemp("live"), tmp_path_factory.mktemp("home"))
    run.log(1)
    yield run
    run.finish()


@pytest.fixture
def running_run(_running: Running) -> Running:
    """A real run that is being written; it may have rows from another test."""
    return _running
