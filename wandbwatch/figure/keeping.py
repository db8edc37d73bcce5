"""Draw a report's plots, and keep the pictures in a directory."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from wandbwatch.model.errors import WandbwatchError
from wandbwatch.model.report import Plot, Report

_LONGEST = 80
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def png(plot: Plot) -> bytes:
    """Draw *plot* as a PNG, 800 pixels wide."""
    from wandbwatch.figure.drawing import draw  # noqa: PLC0415 - imports matplotlib

    return draw(plot)


def keep(report: Report, directory: Path) -> Report:
    """Draw each plot of *report* into *directory* and name its file.

    A picture of the same name is written over. Raises WandbwatchError when the
    directory can't be made or written to.
    """
    plots = [block for block in report.blocks if isinstance(block, Plot)]
    if not plots:
        return report
    with _told(directory):
        directory.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Plot] = {}
    for plot in plots:
        name = file_name(plot.key, kept)
        picture = png(plot)
        with _told(directory):
            _write(directory / name, picture)
        kept[name] = replace(plot, file=str(directory / name))
    done = iter(kept.values())
    blocks = (next(done) if isinstance(b, Plot) else b for b in report.blocks)
    return replace(report, blocks=tuple(blocks))


def file_name(key: str, taken: Collection[str] = ()) -> str:
    """Return a name of a-z, 0-9 and _ for the picture of *key*, not yet *taken*."""
    ascii_key = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode()
    stem = _NOT_IN_NAMES.sub("_", ascii_key.lower()).strip("_")[:_LONGEST] or "plot"
    name, n = f"{stem}.png", 1
    while name in taken:
        n += 1
        name = f"{stem}_{n}.png"
    return name


@contextmanager
def _told(directory: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as e:  # ValueError: a NUL in the path
        why = getattr(e, "strerror", None) or e
        raise WandbwatchError(
            f"can't keep pictures in {str(directory)!r}: {why};"
            " --out DIR puts them elsewhere"
        ) from e


def _write(path: Path, content: bytes) -> None:
    """Write the file whole or not at all; what looks at it never sees half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with draft.open("xb") as file:
            file.write(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
