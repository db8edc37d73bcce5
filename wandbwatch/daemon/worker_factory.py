"""Where workers come from: each with its account's key and a directory of its own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wandbwatch.config import Config
from wandbwatch.daemon import environment
from wandbwatch.daemon.worker import Worker
from wandbwatch.model.errors import StateError

OURS = (sys.executable, "-m", "wandbwatch")


@dataclass
class WorkerFactory:
    """Starts workers for the jobs of the file at *path*, whose *config* may change."""

    path: Path
    config: Config
    environ: Mapping[str, str]
    directory: Path
    """What workers leave behind goes below it."""
    flags: tuple[str, ...] = ()

    def start(self, number: int, account: str | None) -> Worker:
        """ConfigError when the account's key is not to be had; StateError."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            directory = Path(tempfile.mkdtemp(dir=self.directory))
        except OSError as e:
            raise StateError(f"{self.directory}: {e.strerror}") from e
        environ = environment.of_worker(self.environ, self.config, account, directory)
        command = [*OURS, "worker", str(self.path), *self.flags]
        return Worker(number, account, command, environ, directory)
