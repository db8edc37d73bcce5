"""Runs of this machine: their .wandb files, read with the standard library alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wandbwatch.model.address import Local
    from wandbwatch.model.ports import Source
    from wandbwatch.sources.local.cache import Kept


class LocalFiles:
    """Opens local runs; imports what that needs, which is too slow for completion."""

    def __call__(self, address: Local) -> Source:
        from wandbwatch.sources.local.source import LocalSource  # noqa: PLC0415

        return LocalSource(address)

    @staticmethod
    def names(path: Path) -> Mapping[str, list[str]]:
        from wandbwatch.sources.local.names import names  # noqa: PLC0415

        return names(path)

    @staticmethod
    def kept(what: str) -> Kept | None:
        """Return the file of the cache for *what*, None if there is no cache."""
        from wandbwatch.sources.local.cache import Kept  # noqa: PLC0415

        return Kept.of(what)


plugin = LocalFiles()
