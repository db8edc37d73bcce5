"""Media that a run logged: the last ones of its summary, or those of its history."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from wandbwatch.analysis import keys as known_keys
from wandbwatch.formatting.filenames import stays
from wandbwatch.model.errors import SourceError
from wandbwatch.model.media import Album, Content, Medium, RunFile, Steps, When
from wandbwatch.model.run import Json
from wandbwatch.sources.local import records
from wandbwatch.sources.local.items import ValueTree, items
from wandbwatch.sources.local.key_scanner import row_step
from wandbwatch.sources.local.links import follows, open_own
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.summary import summary
from wandbwatch.sources.local.wire import EXIT, HISTORY

_TYPED = b"_type"


def album(logs: Sequence[RunLog], keys: Sequence[str], when: When) -> Album:
    """Read the media of one run's *logs*."""
    last = list(_media(summary(logs, None), None))
    known = tuple(dict.fromkeys(medium.key for medium in last))
    media = last if when is Steps.LAST else _of_each_step(_logged(logs, when))
    logged = {medium.key for medium in media}
    chosen = known_keys.chosen(keys, logged)
    return Album(
        tuple(m for m in sorted(media, key=_place) if m.key in chosen),
        records.charts(logs),
        known,
    )


def _of_each_step(media: Iterable[Medium]) -> list[Medium]:
    """Keep the later one where a resumed run logged a step again."""
    return list({(medium.key, medium.step): medium for medium in media}.values())


def _place(medium: Medium) -> tuple[str, int]:
    return medium.key, -1 if medium.step is None else medium.step


def _logged(logs: Iterable[RunLog], when: When) -> Iterator[Medium]:
    number = 0
    for log in logs:
        for kind, data, at, end in log.forward({HISTORY, EXIT}):
            if kind == EXIT:
                break
            if data.find(_TYPED, at, end) >= 0:
                step = int(row_step(data, at, end, number))
                if when in (Steps.ALL, step):
                    yield from _media(_row(data, at, end), step)
            number += 1


def _row(data: bytes, at: int, end: int) -> Mapping[str, Json]:
    """Read a row; a typed value is there as JSON or as an item for each of its own."""
    tree = ValueTree()
    for path, value in items(data, at, end):
        tree.add(path, value)
    return tree.flat()


def _media(row: Mapping[str, Json], step: int | None) -> Iterator[Medium]:
    for key, value in row.items():
        if isinstance(value, Mapping) and isinstance(kind := value.get("_type"), str):
            yield Medium(key, kind, value, step)


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
    """Name the files below *root*; linked directories are not entered."""
    for place, _, names in os.walk(root):
        for name in names:
            yield PurePosixPath(Path(place, name).relative_to(root)).as_posix()


def _file(root: Path, name: str) -> RunFile | None:
    """Look at one file; it may be a link, which the SDK makes for ``wandb.save``."""
    path = root / name
    try:
        if not path.is_file() or not follows(path, root.parent):
            return None
        stat = path.stat()
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return None
    updated = datetime.fromtimestamp(stat.st_mtime, UTC)
    return RunFile(name, stat.st_size, _content(path, root.parent), updated)


def _content(path: Path, directory: Path) -> Content:
    def read() -> Iterator[bytes]:
        try:
            with open_own(path, directory) as file:
                while piece := file.read(_PIECE):
                    yield piece
        except OSError as e:
            raise SourceError(f"{path} cannot be read: {e.strerror or e}") from e

    return read
