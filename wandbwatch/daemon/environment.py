"""What the daemon's children find in their environment: their own secrets only."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wandbwatch.config import secret
from wandbwatch.config.load import Config
from wandbwatch.daemon.worker import Worker
from wandbwatch.experiments.processes import MARK
from wandbwatch.experiments.supervisor_process import WORKER
from wandbwatch.model.channel import Secret, SecretKind
from wandbwatch.model.errors import StateError

_CREDENTIALS = "CREDENTIALS_DIRECTORY"


def of_worker(
    environ: Mapping[str, str], config: Config, account: str | None, directory: Path
) -> dict[str, str]:
    """Give a worker its account's key and server, and nobody else's secrets.

    Without an account it is whoever wandb takes the daemon for. What it leaves behind
    goes to *directory*. ConfigError when its key is not to be had.
    """
    ours = _without(environ, {*_named(config), _CREDENTIALS})
    ours["TMPDIR"] = str(directory)
    ours[WORKER] = "1"
    if account is None:
        return ours
    settings = config.accounts[account]
    for name in ("WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_ENTITY"):
        ours.pop(name, None)
    if settings.api_key:
        ours["WANDB_API_KEY"] = secret.read(settings.api_key, environ)
    if settings.base_url:
        ours["WANDB_BASE_URL"] = settings.base_url
    return ours


def of_script(environ: Mapping[str, str], config: Config) -> dict[str, str]:
    """Give a training what its user has, but no webhook's secret."""
    webhooks = (channel.webhook for channel in config.channels.values())
    secrets = {*_variables(webhooks), *_variables([config.daemon.dead_man])}
    return _without(environ, {*secrets, _CREDENTIALS, MARK})


def of_sender(environ: Mapping[str, str], config: Config) -> dict[str, str]:
    """Give the sender the webhooks' secrets and no account's."""
    keys = (account.api_key for account in config.accounts.values())
    return _without(environ, {*_variables(keys), "WANDB_API_KEY"})


def _named(config: Config) -> Iterator[str]:
    """Yield the variables that the configuration keeps secrets in."""
    yield from _variables(channel.webhook for channel in config.channels.values())
    yield from _variables(account.api_key for account in config.accounts.values())
    yield from _variables([config.daemon.dead_man])


def _variables(secrets: Iterator[Secret | None] | list[Secret | None]) -> Iterator[str]:
    for one in secrets:
        if one and one.kind is SecretKind.ENV:
            yield one.place


def _without(environ: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {k: v for k, v in environ.items() if k not in names}


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
        environ = of_worker(self.environ, self.config, account, directory)
        command = [*OURS, "worker", str(self.path), *self.flags]
        try:
            return Worker(number, account, command, environ, directory)
        except OSError as e:
            shutil.rmtree(directory, ignore_errors=True)
            raise StateError(f"a worker can't be started: {e.strerror}") from e
