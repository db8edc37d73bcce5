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
        raise ConfigError([f"unknown {kind} {name!r}; known: {', '.join(known)}"])
    return importlib.import_module(f"{package}.{name}").plugin


def described(package: str, name: str) -> str:
    """Return the first line of a plugin function's docstring.

    It is read from the source: to import every command for a list of commands would
    take longer than the list may.
    """
    try:
        source = (pkgutil.get_data(package, f"{name}.py") or b"").decode()
    except OSError:
        source = (pkgutil.get_data(package, f"{name}/__init__.py") or b"").decode()
    function = source.partition("\nplugin = ")[2].partition("\n")[0]
    body = source.partition(f"\ndef {function}(")[2]
    if doc := body.partition('\n    """')[2]:
        return doc.partition("\n")[0].removesuffix('"""')
    return (load(package, name).__doc__ or "").strip().partition("\n")[0]
