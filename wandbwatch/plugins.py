"""Find the one-file extensions: commands, operations, sources, renderers, sinks."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from wandbwatch.model.errors import ConfigError


def names(package: str) -> list[str]:
    """List *package*'s public modules without importing them."""
    path = importlib.import_module(package).__path__
    return sorted(m.name for m in pkgutil.iter_modules(path) if m.name[0] != "_")


def load(package: str, name: str) -> Any:
    """Import module *name* of *package* and return its ``plugin``.

    Any, because each file states the type of its own ``plugin``.
    """
    if name not in (known := names(package)):
        kind = package.rpartition(".")[2].rstrip("s")
        raise ConfigError([f"unknown {kind} {name!r}; we have {', '.join(known)}"])
    return importlib.import_module(f"{package}.{name}").plugin
