"""Pictures that were logged together, side by side in one, captions below."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import PIL.Image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL.Image import Image

from wandbwatch.plots import palette
from wandbwatch.plots.figure import WIDTH, own_settings, png
from wandbwatch.plots.words import DPI, Words

MOST = 16
"""More are too small to see on a phone."""
_GAP = 12
_CAPTION = 34
_PIXELS = 64_000_000
"""A larger picture is not decoded: it takes four bytes a pixel."""
_TINY = 160
"""Pixels: a smaller picture is tiny on a phone."""
_LARGEST = 8
"""A tiny picture is enlarged at most this many times, without smoothing."""


_Tile: TypeAlias = tuple[Image, str]


def still(content: bytes) -> bytes:
    """Return the first frame of a picture as PNG, as wide as our plots at most.

    Raises ValueError when it can't be decoded.
    """
    file = io.BytesIO()
    _decoded(content, WIDTH, WIDTH).save(file, format="PNG")
    return file.getvalue()


def seen(content: bytes) -> bytes:
    """Return *content*, enlarged if it is too tiny to see.

    What moves, and what can't be decoded, stays as it is.
    """
    try:
        with PIL.Image.open(io.BytesIO(content)) as opened:
            tiny = max(opened.size) < _TINY and not getattr(opened, "is_animated", 0)
        return still(content) if tiny else content
    except Exception:  # noqa: BLE001 - its plugins raise whatever a file makes them
        return content


def gallery(pictures: Sequence[tuple[bytes, str]]) -> bytes:
    """Draw the first `MOST` of *pictures*, each with its caption, as PNG.

    One that can't be decoded has its place and says so.
    """
    shown = pictures[:MOST]
    columns = _columns(len(shown))
    side = (WIDTH - (columns + 1) * _GAP) // columns
    tiles = [_tile(content, caption, side) for content, caption in shown]
    rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
    with own_settings():
        return png(_drawn(rows, side))


def _columns(count: int) -> int:
    return 2 if count <= 4 else 3 if count <= 9 else 4  # noqa: PLR2004 - squares


def _tile(content: bytes, caption: str, side: int) -> _Tile:
    try:
        return _decoded(content, side, side), caption
    except ValueError:
        return PIL.Image.new("RGBA", (1, 1)), f"cannot be shown: {caption}"


def _drawn(rows: Sequence[Sequence[_Tile]], side: int) -> Figure:
    captions = [caption for row in rows for _, caption in row]
    words, below = Words(captions), _CAPTION if any(captions) else 0
    heights = [max(picture.height for picture, _ in row) for row in rows]
    height = sum(heights) + len(rows) * (below + _GAP) + _GAP
    figure = Figure((WIDTH / DPI, height / DPI), DPI, facecolor=palette.BACKGROUND)
    FigureCanvasAgg(figure)  # sets itself as what draws the figure
    top = float(height)
    for row, tallest in zip(rows, heights, strict=True):
        top -= _GAP + tallest
        for place, (picture, caption) in enumerate(row):
            middle = _GAP + place * (side + _GAP) + side / 2
            x, y = middle - picture.width / 2, top + (tallest - picture.height) / 2
            figure.figimage(np.asarray(picture), round(x), round(y), origin="upper")
            text = words.fit(caption, side)
            words.write(figure, (middle, top - 24), text, palette.TEXT, align=0.5)
        top -= below
    return figure


def _decoded(content: bytes, width: int, height: int) -> Image:
    """Decode a picture into *width* by *height* pixels at most; ValueError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it thinks of the file
            with PIL.Image.open(io.BytesIO(content)) as opened:
                wide, tall = opened.size
                _check(wide * tall)
                opened.draft("RGB", (width, height))
                picture = opened.convert("RGBA")
    except ValueError:
        raise
    except Exception as e:  # its plugins raise whatever a broken file makes them
        raise ValueError(str(e)) from e
    scale = min(width / wide, height / tall)
    if scale < 1:
        picture.thumbnail((width, height), PIL.Image.Resampling.LANCZOS)
        return picture
    # The pixels of a small picture stay square, so that each can be seen.
    times = min(math.floor(scale), _LARGEST)
    size = wide * times, tall * times
    return picture.resize(size, PIL.Image.Resampling.NEAREST)


def _check(pixels: int) -> None:
    if not 0 < pixels <= _PIXELS:
        raise ValueError(f"{pixels} pixels")
