"""Find and read watch.toml, and check its command lines with the grammar."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from wandbwatch.cli import grammar
from wandbwatch.config import load as config
from wandbwatch.config import paths, secret
from wandbwatch.config.lines import tree
from wandbwatch.config.load import CheckLine, Config, ConfigFile
from wandbwatch.config.redaction import Priority, marked
from wandbwatch.model.settings import Secret, SecretKind

if TYPE_CHECKING:
    from wandbwatch.model.experiment import ExperimentConfig
    from wandbwatch.model.ports import Env


class Secrets(Enum):
    """Which secrets to read, to check their form and warn about missing ones."""

    NONE = "none"
    OURS = "ours"
    """All but systemd's credentials: they are there only for the service itself."""
    ALL = "all"


def found(given: Path | None) -> Path:
    """Return the file to use; ConfigError if none is found."""
    return paths.config_file(given, os.environ)


def local_zone() -> str:
    return paths.local_zone(os.environ)


def configured(path: Path, env: Env, secrets: Secrets = Secrets.NONE) -> Config:
    """Read the file at *path*; ConfigError with all errors."""
    reader = None if secrets is Secrets.NONE else _reader(secrets)
    return config.load(path, local_zone(), _checker(env), reader)


def unchecked(path: Path) -> Config:
    """Read the file at *path* without checking its command lines."""
    return config.load(path, local_zone())


def warn(read: Config) -> None:
    """Print the warnings about what was *read* on stderr."""
    for warning in read.warnings:
        typer.echo(
            marked(f"wandbwatch: warning: {warning}", Priority.WARNING), err=True
        )


def checked(text: str, path: Path, env: Env) -> Config:
    """Read *text* as the contents of the file at *path*."""
    file = ConfigFile(str(path), path.parent.absolute(), zone=local_zone())
    return config.parse(text, file, _checker(env))


def channels(text: str, path: Path) -> Iterable[str]:
    """Return the names of the channels in *text*, even if it has errors."""
    named = tree(text, str(path)).values.get("channels")
    return named if isinstance(named, dict) else ()


def _checker(env: Env) -> CheckLine:
    """Check lines against the experiments of the same file."""

    def check(line: str, experiments: Mapping[str, ExperimentConfig]) -> object:
        return grammar.parse(line, replace(env, experiment_configs=lambda: experiments))

    return check


def _reader(looked_for: Secrets) -> secret.Reader:
    def reader(named: Secret) -> str | None:
        if looked_for is Secrets.OURS and named.kind is SecretKind.CREDENTIAL:
            return None
        return secret.read(named)

    return reader
