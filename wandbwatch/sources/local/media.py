"""Media that a run logged: what its summary refers to, and where the files are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wandbwatch.model.run import Json, Run


@dataclass(frozen=True)
class Media:
    key: str
    kind: str
    """W&B's ``_type``: ``image-file``, ``table-file``, ``histogram``, …"""
    files: tuple[str, ...]
    """Paths below the run's ``files``, with ``/``; none if it is all in the value."""
    caption: str = ""


def media(run: Run) -> Iterator[Media]:
    """Yield the media of *run*'s summary."""
    for key, value in run.summary.items():
        if isinstance(value, Mapping) and isinstance(kind := value.get("_type"), str):
            yield Media(key, kind, tuple(_files(value)), str(value.get("caption", "")))


def _files(value: Mapping[str, Json]) -> Iterator[str]:
    """Yield the paths of one or several files; a path that leaves is not followed."""
    several = value.get("filenames")
    found = several if isinstance(several, list) else [value.get("path")]
    for name in found:
        if isinstance(name, str) and _stays(name):
            yield name


def _stays(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def on_disk(log: Path, name: str) -> Path | None:
    """Return where a media file of the run with *log* is, None if it is not there."""
    path = log.parent / "files" / name
    return path if _stays(name) and path.is_file() else None
