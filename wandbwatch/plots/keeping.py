"""Draw a report's plots and charts, and keep the pictures in a directory."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from wandbwatch.formatting.filenames import stem
from wandbwatch.model.errors import WandbwatchError
from wandbwatch.model.report import Chart, Plot, Report


def png(drawn: Plot | Chart, *, titled: bool = True) -> bytes:
    """Draw a plot or a chart as a PNG, 800 pixels wide, *titled* with its name."""
    from wandbwatch.plots.charts import draw  # noqa: PLC0415 - imports matplotlib

    return draw(drawn, titled=titled)


def called(drawn: Plot | Chart) -> str:
    """Return a picture's name: a plot's key, or a chart's title."""
    return drawn.key if isinstance(drawn, Plot) else drawn.title


def keep(report: Report, directory: Path) -> Report:
    """Draw each plot and chart of *report* into *directory* and name its file.

    A picture of the same name is written over. Raises WandbwatchError when the
    directory can't be made or written to.
    """
    drawn = [block for block in report.blocks if isinstance(block, Plot | Chart)]
    if not drawn:
        return report
    with _told(directory):
        directory.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Plot | Chart] = {}
    for one in drawn:
        name = file_name(called(one), kept)
        picture = png(one)
        with _told(directory):
            _write(directory / name, picture)
        kept[name] = replace(one, file=str(directory / name))
    done = iter(kept.values())
    blocks = (next(done) if isinstance(b, Plot | Chart) else b for b in report.blocks)
    return replace(report, blocks=tuple(blocks))


def file_name(key: str, taken: Collection[str] = ()) -> str:
    """Return a name of a-z, 0-9 and _ for the picture of *key*, not yet *taken*."""
    start = stem(key, "plot")
    name, n = f"{start}.png", 1
    while name in taken:
        n += 1
        name = f"{start}_{n}.png"
    return name


@contextmanager
def _told(directory: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as e:  # ValueError: a NUL in the path
        why = getattr(e, "strerror", None) or e
        raise WandbwatchError(
            f"cannot save pictures in {str(directory)!r}: {why};"
            " --out DIR saves them elsewhere"
        ) from e


def _write(path: Path, content: bytes) -> None:
    """Write the file whole or not at all; a reader never sees half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with draft.open("xb") as file:
            file.write(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
