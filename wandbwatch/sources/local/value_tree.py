"""Values by path, gathered from the newest to the oldest: the newest one stays.

A path that leads through an older value replaces it, and a value at a path replaces
what was below it, as in wandb-core's pathtree:
https://github.com/wandb/wandb/blob/main/core/internal/pathtree/pathtree.go
"""

from __future__ import annotations

from collections.abc import Mapping

from wandbwatch.model.run import Json, flat
from wandbwatch.sources.local.items import Path


class Branch(dict[str, "Branch | Json"]):
    """What lies below a path, where a dict would be a value."""


class ValueTree:
    def __init__(self) -> None:
        self._root = Branch()
        self._removed = Branch()

    def add(self, path: Path, value: Json) -> None:
        """Add a value that is older than all that were added before it."""
        if not _hidden(self._removed, path):
            _add(self._root, path, value)

    def remove(self, path: Path) -> None:
        """Let nothing older stand at *path*."""
        _add(self._removed, path, None)

    def flat(self) -> dict[str, Json]:
        return flat(_plain(self._root))


def _add(branch: Branch, path: Path, value: Json) -> None:
    for label in path[:-1]:
        inner = branch.setdefault(label, Branch())
        if not isinstance(inner, Branch):
            return
        branch = inner
    branch.setdefault(path[-1], value)


def _hidden(branch: Branch, path: Path) -> bool:
    for label in path:
        if label not in branch:
            return False
        inner = branch[label]
        if not isinstance(inner, Branch):
            return True
        branch = inner
    return False


def _plain(branch: Mapping[str, Branch | Json]) -> dict[str, Json]:
    return {
        key: _plain(inner) if isinstance(inner, Branch) else inner
        for key, inner in branch.items()
    }
