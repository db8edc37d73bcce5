"""Where runs live: a project or run of a W&B server, or a path on this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from wandbwatch.model.run import Run


class Address:
    """Where runs live; its text is what the user would write.

    Each source has a subclass. The defaults here are for an address that names
    neither a run nor a sweep.
    """

    source: ClassVar[str]
    """The module of wandbwatch.sources that reads this address."""
    local: ClassVar[bool]
    """Whether the runs are on this machine, where looking is cheap."""

    @property
    def run(self) -> str | None:
        """The id of the run that the address names."""
        return None

    @property
    def sweep(self) -> str | None:
        """The id of the sweep that the address names."""
        return None

    @property
    def maybe_project(self) -> bool:
        """Whether the text of this run's address can also name a project."""
        return False

    def without_run(self) -> Address:
        """Return the address of the project whose run this names."""
        return self

    def resolved(self) -> Address:
        """Return an address that will still name the same runs later."""
        return self

    def in_project(self, run: Run) -> Address:
        """Return the address of the project of *run*, read from this address."""
        raise NotImplementedError

    def named(self, run: str) -> Address:
        """Return the address of a run of this project, by its id or name."""
        raise NotImplementedError


@dataclass(frozen=True)
class Cloud(Address):
    """A project, run or sweep of a W&B server; None for parts left out."""

    source = "cloud"
    local = False

    entity: str | None = None
    project: str | None = None
    run: str | None = None
    sweep: str | None = None
    server: str | None = None
    """Base URL of the server's API; None is wandb's configured server."""

    def __str__(self) -> str:
        sweep = f"sweeps/{self.sweep}" if self.sweep else None
        parts = (self.entity, self.project, self.run or sweep)
        return "/".join(part for part in parts if part)

    @property
    def maybe_project(self) -> bool:
        return bool(self.run and self.project and not self.entity)

    def without_run(self) -> Cloud:
        return replace(self, run=None)

    def in_project(self, run: Run) -> Cloud:
        return replace(self, run=None, entity=run.entity, project=run.project)

    def named(self, run: str) -> Cloud:
        return replace(self, run=run, sweep=None)


@dataclass(frozen=True)
class Local(Address):
    """A directory of runs (a project), one run's directory, or a .wandb file."""

    source = "local"
    local = True

    path: Path

    def __str__(self) -> str:
        """Return the path, written so that it cannot be read as a name."""
        text = str(self.path)
        return text if text[:1] in ("/", ".", "~") else f"./{text}"

    def resolved(self) -> Local:
        """Resolve links such as ``latest-run``, which the next run changes."""
        return Local(self.path.resolve())

    def in_project(self, run: Run) -> Local:  # noqa: ARG002 -- the path says enough
        path = self.path.resolve()
        return Local(path.parent.parent if path.is_file() else path.parent)

    def named(self, run: str) -> Local:
        return Local(self.path / run)


@dataclass(frozen=True)
class Several(Address):
    """The projects of several addresses, as the user named them; no source opens it."""

    source = ""
    local = False

    named_as: tuple[Address, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.named_as))


def beside(first: Address, other: Address) -> Address:
    """Return *other*; a bare run id belongs to the project of the run *first*."""
    bare = isinstance(other, Cloud) and not (other.project or other.server)
    if not (bare and other.run) or (isinstance(first, Cloud) and not first.project):
        return other
    if isinstance(first, Local):
        return Local(first.path.parent / other.run)
    return first.named(other.run)
