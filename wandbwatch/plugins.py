"""Find the one-file extensions: commands, operations, sources, renderers, sinks."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wandbwatch.model.errors import ConfigError


def names(package: str) -> list[str]:
    """List *package*'s public modules without importing them."""
    paths = (path for folder in _folders(package) for path in folder.iterdir())
    found = {path.name.removesuffix(".py") for path in paths} | _shared(package).keys()
    return sorted(name for name in found if name.isidentifier() and name[0] != "_")


def _shared(package: str) -> Mapping[str, str]:
    """Return the plugins that have no file of their own, and where each is instead."""
    found: Mapping[str, str] = getattr(importlib.import_module(package), "SHARED", {})
    return found


def _folders(package: str) -> list[Path]:
    # Not pkgutil, which looks into each folder: --help waits for it.
    return [Path(folder) for folder in importlib.import_module(package).__path__]


def load(package: str, name: str) -> Any:
    """Import module *name* of *package* and return its ``plugin``.

    Any, because each file states the type of its own ``plugin``.
    """
    if name not in (known := names(package)):
        kind = package.rpartition(".")[2].rstrip("s")
        raise ConfigError([f"unknown {kind} {name!r}; known: {', '.join(known)}"])
    if file := _shared(package).get(name):
        return getattr(importlib.import_module(f"{package}.{file}"), name)
    return importlib.import_module(f"{package}.{name}").plugin


def described(package: str, name: str) -> str:
    """Return the first line of a plugin function's docstring.

    It is read from the source: to import every command for a list of commands would
    take longer than the list may.
    """
    shared = _shared(package).get(name)
    places = (f"{shared or name}.py", f"{name}/__init__.py")
    files = (folder / place for folder in _folders(package) for place in places)
    source = next(file for file in files if file.exists()).read_text("utf-8")
    own = source.partition("\nplugin = ")[2].partition("\n")[0]
    function = name if shared else own
    body = source.partition(f"\ndef {function}(")[2]
    if doc := body.partition('\n    """')[2]:
        return doc.partition("\n")[0].removesuffix('"""')
    return (load(package, name).__doc__ or "").strip().partition("\n")[0]
