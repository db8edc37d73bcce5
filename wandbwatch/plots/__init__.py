"""Plots as PNG pictures. Nothing else of wandbwatch imports matplotlib."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wandbwatch.formatting.filenames import Names, stem, write
from wandbwatch.model.report import Block, Chart, Plot, Report, Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Unset, its log goes to stderr: a cache it can't write, fonts it is listing.
logging.getLogger("matplotlib").setLevel(logging.CRITICAL)


def png(drawn: Plot | Chart, *, titled: bool = True) -> bytes:
    """Draw a plot or a chart as a PNG, 800 pixels wide, *titled* with its name."""
    from wandbwatch.plots.charts import draw  # noqa: PLC0415 - imports matplotlib

    return draw(drawn, titled=titled)


def called(drawn: Plot | Chart) -> str:
    """Return a picture's name: a plot's key, or a chart's title."""
    return drawn.key if isinstance(drawn, Plot) else drawn.title


def keep(report: Report, directory: Path) -> Report:
    """Draw what *report* has a picture of into *directory*, and name its files.

    A picture of the same name is written over. Raises WandbwatchError when the
    directory can't be made or written to.
    """
    names = Names()

    def kept(block: Block) -> Block:
        match block:
            case Plot() | Chart():
                drawn: Plot | Chart = block
            case Table(drawing=drawing) if drawing:
                drawn = Chart(block.title, drawing)
            case _:
                return block
        file = write(directory, names.take(file_name(drawn)), [png(drawn)])
        return replace(block, file=str(file))

    return replace(report, blocks=tuple(map(kept, report.blocks)))


def file_name(drawn: Plot | Chart) -> str:
    """Return a name of a-z, 0-9 and _ for a picture."""
    return f"{stem(called(drawn), 'plot')}.png"


def gallery(pictures: Sequence[tuple[bytes, str]]) -> bytes:
    """Draw *pictures*, each with its caption, beside each other as one PNG."""
    from wandbwatch.plots.tiles import gallery  # noqa: PLC0415 - imports matplotlib

    return gallery(pictures)


def seen(content: bytes) -> bytes:
    """Return a picture as it is, or enlarged as PNG where it is tiny."""
    from wandbwatch.plots.tiles import seen  # noqa: PLC0415 - imports matplotlib

    return seen(content)


def still(content: bytes) -> bytes:
    """Return a picture's first frame as PNG; ValueError if it can't be decoded."""
    from wandbwatch.plots.tiles import still  # noqa: PLC0415 - imports matplotlib

    return still(content)


_COLOURS = 64


def sixels(path: Path, most: int) -> str:
    """Draw the picture at *path*, *most* pixels wide: six rows at a time, a layer for
    each colour (DEC's VT340 manual)."""
    import numpy as np  # noqa: PLC0415 -- slow to load
    from PIL import Image  # noqa: PLC0415 -- the same

    with Image.open(path) as image:
        whole = image.convert("RGB")
    width = min(most, whole.width)
    height = max(round(whole.height * width / whole.width), 1)
    small = whole.resize((width, height)).quantize(_COLOURS)
    palette = small.getpalette() or []
    pixels = np.asarray(small)
    colours = "".join(
        f"#{i};2;{';'.join(str(round(c / 2.55)) for c in palette[3 * i : 3 * i + 3])}"
        for i in np.unique(pixels).tolist()
    )
    bands = (pixels[y : y + 6] for y in range(0, height, 6))
    drawn = "-".join("$".join(_layers(band)) for band in bands)
    return f'\x1bPq"1;1;{width};{height}{colours}{drawn}\x1b\\'


def _layers(band: NDArray[np.uint8]) -> Iterator[str]:
    """Draw up to six rows of palette indices, a layer for each colour in them."""
    import numpy as np  # noqa: PLC0415 -- slow to load

    weights = 1 << np.arange(len(band))
    for colour in np.unique(band):
        signs = (63 + weights @ (band == colour)).astype(np.uint8)
        alike = re.compile(r"(.)\1{3,}")  # is written as its length and its sign
        drawn = signs.tobytes().decode("ascii")
        yield f"#{colour}" + alike.sub(lambda m: f"!{len(m[0])}{m[1]}", drawn)


def pixels_wide(path: Path) -> int:
    """Return how many pixels wide the picture at *path* is."""
    from PIL import Image  # noqa: PLC0415 -- slow to load

    with Image.open(path) as image:
        return image.width


def as_png(path: Path) -> bytes:
    """Return the picture at *path* as a PNG."""
    if path.suffix.lower() == ".png":
        return path.read_bytes()
    import io  # noqa: PLC0415 -- seldom needed

    from PIL import Image  # noqa: PLC0415 -- slow to load

    written = io.BytesIO()
    with Image.open(path) as image:
        image.convert("RGBA").save(written, "PNG")
    return written.getvalue()
