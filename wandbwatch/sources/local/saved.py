"""The files of a run: what its directory keeps beside the .wandb file."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from wandbwatch.formatting.filenames import stays
from wandbwatch.model.attachment import Content
from wandbwatch.model.errors import SourceError
from wandbwatch.model.media import RunFile

_PIECE = 1 << 18


def files(logs: Sequence[Path], paths: Collection[str] | None) -> tuple[RunFile, ...]:
    """Return the files of the run with *logs*; a resumed run's last ones count."""
    found: dict[str, RunFile] = {}
    for log in logs:
        root = log.parent / "files"
        names = _walked(root) if paths is None else filter(stays, paths)
        for name in names:
            if (one := _file(root, name)) is not None:
                found[name] = one
    return tuple(found[name] for name in sorted(found))


def _walked(root: Path) -> Iterator[str]:
    """Name what is below *root*; a linked directory is not gone into."""
    for place, _, names in os.walk(root):
        for name in names:
            yield PurePosixPath(Path(place, name).relative_to(root)).as_posix()


def _file(root: Path, name: str) -> RunFile | None:
    """Look at one; the SDK links to files that it was told to save where they are."""
    path = root / name
    try:
        if not path.is_file():
            return None
        stat = path.stat()
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return None
    updated = datetime.fromtimestamp(stat.st_mtime, UTC)
    return RunFile(name, stat.st_size, _content(path), updated)


def _content(path: Path) -> Content:
    def read() -> Iterator[bytes]:
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece
        except OSError as e:
            raise SourceError(f"{path} cannot be read: {e.strerror or e}") from e

    return read
