"""What supervisors and trainings find in their environment: their own keys only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from wandbwatch.config import paths, secret
from wandbwatch.config.load import Config, load
from wandbwatch.experiments.processes import MARK
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.settings import Secret, SecretKind

ACCOUNT = "WANDBWATCH_ACCOUNT"
"""Names, in a worker's environment, the account that its jobs run as."""
CREDENTIALS = "CREDENTIALS_DIRECTORY"
_KEY = "WANDB_API_KEY"
WANDB = (_KEY, "WANDB_BASE_URL", "WANDB_ENTITY")


def of_keeper(
    environ: Mapping[str, str], file: Path | None, account: str
) -> dict[str, str]:
    """Give a supervisor its account's key and server, and what its sender needs.

    Without an account it is whoever wandb takes *environ* for. ConfigError when the
    account or its key is not to be had.
    """
    if file is None:
        return dict(environ)
    config = load(file, paths.local_zone(environ))
    own = without(environ, {*keys(config), *dead_man(config), ACCOUNT} - {_KEY})
    return as_account(own, config, account, environ) if account else own


def of_training(environ: Mapping[str, str], config: Config) -> dict[str, str]:
    """Give a training what its supervisor has, but no secret of watch.toml."""
    named = {*webhooks(config), *keys(config)} - {_KEY}
    return without(environ, {*named, ACCOUNT, CREDENTIALS, MARK})


def of_sender(environ: Mapping[str, str], config: Config) -> dict[str, str]:
    """Give the sender the webhooks' secrets and no account's."""
    return without(environ, {*keys(config), *dead_man(config), _KEY})


def as_account(
    own: Mapping[str, str], config: Config, account: str, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return *own* with the key and the server of *account*, read from *environ*."""
    if account not in config.accounts:
        raise ConfigError([f"there is no [accounts.{account}] any more"])
    settings = config.accounts[account]
    found = without(own, set(WANDB))
    if settings.api_key:
        found[_KEY] = secret.read(settings.api_key, environ)
    if settings.base_url:
        found["WANDB_BASE_URL"] = settings.base_url
    return found


def webhooks(config: Config) -> Iterator[str]:
    """Yield the variables that hold webhooks and the dead man's URL."""
    yield from _variables(channel.webhook for channel in config.channels.values())
    yield from dead_man(config)


def dead_man(config: Config) -> Iterator[str]:
    """Yield the variable that holds the dead man's URL."""
    yield from _variables([config.daemon.dead_man])


def keys(config: Config) -> Iterator[str]:
    """Yield the variables that hold the keys of accounts."""
    yield from _variables(account.api_key for account in config.accounts.values())


def _variables(secrets: Iterable[Secret | None]) -> Iterator[str]:
    for one in secrets:
        if one and one.kind is SecretKind.ENV:
            yield one.place


def without(environ: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {k: v for k, v in environ.items() if k not in names}
