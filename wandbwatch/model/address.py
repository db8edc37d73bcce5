"""Where runs live: a project or run of a W&B server, or a path on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class Address:
    """One of `Cloud` and `Local`; its text is what the user would write."""


@dataclass(frozen=True)
class Cloud(Address):
    """A project, run or sweep of a W&B server; None is what the user left out."""

    entity: str | None = None
    project: str | None = None
    run: str | None = None
    sweep: str | None = None
    server: str | None = None
    """Base URL of the server's API; None is the one that wandb is set up for."""

    def __str__(self) -> str:
        sweep = f"sweeps/{self.sweep}" if self.sweep else None
        parts = (self.entity, self.project, self.run or sweep)
        return "/".join(part for part in parts if part)


@dataclass(frozen=True)
class Local(Address):
    """A directory of runs (a project), one run's directory, or a .wandb file."""

    path: Path

    def __str__(self) -> str:
        """Write the path so that it is not taken for a name."""
        text = str(self.path)
        return text if text[:1] in ("/", ".", "~") else f"./{text}"
