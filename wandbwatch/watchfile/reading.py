"""Find watch.toml and read it, its command lines checked with the grammar."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from wandbwatch import grammar, secret
from wandbwatch.daemon import config, places
from wandbwatch.daemon.config import Config, File
from wandbwatch.daemon.config.text import tree
from wandbwatch.model.channel import Secret
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.ports import Env


def found(given: Path | None) -> Path:
    """Return the file that is meant; ConfigError where none is found."""
    return places.config_file(given, os.environ)


def local_zone() -> str:
    return places.local_zone(os.environ)


def configured(path: Path, env: Env, *, with_secrets: bool = False) -> Config:
    """Read the file at *path*; ConfigError with every complaint at once.

    *with_secrets* warns of those that are not to be had here.
    """
    missing = _missing if with_secrets else None
    return config.load(path, local_zone(), _checker(env), missing)


def checked(text: str, path: Path, env: Env) -> Config:
    """Read *text* as if it stood in the file at *path*."""
    file = File(str(path), path.parent.absolute(), zone=local_zone())
    return config.parse(text, file, _checker(env))


def channels(text: str, path: Path) -> Iterable[str]:
    """Return the names of the channels in *text*, whatever else is wrong with it."""
    named = tree(text, str(path)).values.get("channels")
    return named if isinstance(named, dict) else ()


def _checker(env: Env) -> Callable[[str], object]:
    return lambda line: grammar.parse(line, env)


def _missing(named: Secret) -> str | None:
    try:
        secret.read(named)
    except ConfigError as e:
        return e.complaints[0]
    return None
