"""The environment of a worker: it holds only its own account's key."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wandbwatch.config.load import Config
from wandbwatch.daemon.worker import Worker
from wandbwatch.experiments import secrets
from wandbwatch.experiments.supervisor_process import WORKER
from wandbwatch.model.errors import StateError


def of_worker(
    environ: Mapping[str, str], config: Config, account: str | None, directory: Path
) -> dict[str, str]:
    """Return a worker's environment: its account's key and server, no other secrets.

    Without an account, wandb uses the daemon's own login. The worker's files go to
    *directory*. Raises ConfigError if the key can't be read.
    """
    named = {*secrets.webhooks(config), *secrets.keys(config)}
    ours = secrets.without(environ, {*named, secrets.CREDENTIALS})
    ours["TMPDIR"] = str(directory)
    ours[WORKER] = "1"
    if account is None:
        return ours
    ours[secrets.ACCOUNT] = account
    return secrets.as_account(ours, config, account, environ)


OURS = (sys.executable, "-m", "wandbwatch")


@dataclass
class WorkerFactory:
    """Starts workers for the jobs of the file at *path*; *config* changes on reload."""

    path: Path
    config: Config
    environ: Mapping[str, str]
    directory: Path
    """What workers leave behind goes below it."""
    flags: tuple[str, ...] = ()

    def start(self, number: int, account: str | None) -> Worker:
        """Raises ConfigError if the account's key can't be read; StateError."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            directory = Path(tempfile.mkdtemp(dir=self.directory))
        except OSError as e:
            raise StateError(f"{self.directory}: {e.strerror}") from e
        environ = of_worker(self.environ, self.config, account, directory)
        command = [*OURS, "worker", str(self.path), *self.flags]
        try:
            return Worker(number, account, command, environ, directory)
        except OSError as e:
            shutil.rmtree(directory, ignore_errors=True)
            raise StateError(f"a worker can't be started: {e.strerror}") from e
