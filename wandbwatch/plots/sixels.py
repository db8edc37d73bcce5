"""Pictures as terminals take them: sixels, and PNGs of other formats."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
        bits = weights @ (band == colour)
        runs = (
            (bit, len(list(same))) for bit, same in itertools.groupby(bits.tolist())
        )
        yield f"#{colour}" + "".join(_run(chr(63 + bit), n) for bit, n in runs)


def _run(sign: str, count: int) -> str:
    return f"!{count}{sign}" if count > 3 else sign * count  # noqa: PLR2004 -- shorter


def width(path: Path) -> int:
    """Return how many pixels wide the picture at *path* is."""
    from PIL import Image  # noqa: PLC0415 -- slow to load

    with Image.open(path) as image:
        return image.width


def png(path: Path) -> bytes:
    """Return the picture at *path* as a PNG."""
    if path.suffix.lower() == ".png":
        return path.read_bytes()
    import io  # noqa: PLC0415 -- seldom needed

    from PIL import Image  # noqa: PLC0415 -- slow to load

    written = io.BytesIO()
    with Image.open(path) as image:
        image.convert("RGBA").save(written, "PNG")
    return written.getvalue()
