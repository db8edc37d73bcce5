"""Matplotlib held quiet and the same everywhere: no pyplot, no settings of a user."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

# Unset, its log goes to stderr: a cache it can't write, fonts it is listing.
logging.getLogger("matplotlib").setLevel(logging.CRITICAL)

import matplotlib as mpl  # noqa: E402 - after its log is quiet
import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
import PIL.Image  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.font_manager import FontProperties  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Polygon  # noqa: E402
from matplotlib.transforms import IdentityTransform  # noqa: E402

from wandbwatch.plots.scale import Floats  # noqa: E402

DPI = 100
_MARK_EDGE = 3.0
_OVER_LINES = 3
"""Where matplotlib draws what is to hide lines, which it draws at 2."""
Font: TypeAlias = FontProperties
Image: TypeAlias = npt.NDArray[np.uint8]
_CHUNK = 10_000
"""Vertices that Agg draws at a time; of a longer line it may refuse the whole."""


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw by matplotlib's defaults, whatever a matplotlibrc says; then put it back."""
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        mpl.rcdefaults()
        mpl.rcParams["agg.path.chunksize"] = _CHUNK
        yield


@dataclass(frozen=True)
class Pencil:
    """How a line is drawn; ``dash`` is in widths of the line, on and off."""

    colour: str
    width: float
    dash: tuple[float, ...] = ()
    alpha: float = 1.0


@dataclass(frozen=True)
class Marker:
    """One of matplotlib's markers; hollow ones show the background inside."""

    shape: str
    size: float
    filled: bool = True


class Canvas:
    """A picture of *width* by *height* pixels, drawn upon from its bottom left."""

    def __init__(self, width: int, height: int, background: str) -> None:
        size = (width / DPI, height / DPI)
        self._figure = Figure(figsize=size, dpi=DPI, facecolor=background)
        FigureCanvasAgg(self._figure)  # sets itself as what draws the figure
        self._background = background

    def write(self, x: float, y: float, text: str, font: Font, colour: str) -> None:
        """Write *text* with its left end and its baseline at *x* and *y*."""
        self._figure.text(
            x,
            y,
            text,
            transform=IdentityTransform(),
            fontproperties=font,
            color=colour,
            parse_math=False,  # a name is no formula: $, _ and \ are themselves
        )

    def line(self, x: Floats, y: Floats, pencil: Pencil) -> None:
        """Draw a line that is broken where *y* is NaN."""
        self._add(
            x,
            y,
            color=pencil.colour,
            linewidth=pixels(pencil.width),
            linestyle=(0, pencil.dash) if pencil.dash else "-",
            alpha=pencil.alpha,
            solid_joinstyle="round",
            solid_capstyle="round",
            dash_joinstyle="round",
        )

    def marks(self, x: Floats, y: Floats, marker: Marker, colour: str) -> None:
        """Draw a mark at each point."""
        self._add(
            x,
            y,
            linestyle="none",
            marker=marker.shape,
            markersize=pixels(marker.size),
            markeredgewidth=pixels(_MARK_EDGE),
            markeredgecolor=colour,
            markerfacecolor=colour if marker.filled else self._background,
        )

    def fill(
        self, x: Floats, low: Floats, high: Floats, colour: str, alpha: float = 1.0
    ) -> None:
        """Fill what lies between *low* and *high*, but where one of them is NaN."""
        there = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        for part in np.split(np.arange(len(x)), np.flatnonzero(~there)):
            kept = part[there[part]]
            if len(kept):
                across = np.concatenate([x[kept], x[kept][::-1]])
                up = np.concatenate([low[kept], high[kept][::-1]])
                self._figure.add_artist(
                    Polygon(
                        np.column_stack([across, up]),
                        transform=IdentityTransform(),
                        facecolor=colour,
                        edgecolor="none",
                        alpha=alpha,
                    ),
                    clip=False,
                )

    def paint(self, x: float, y: float, picture: Image) -> None:
        """Put *picture* there as it is, a pixel a pixel, its bottom left first."""
        self._figure.figimage(picture, round(x), round(y), zorder=_OVER_LINES)

    def stamp(self, x: float, y: float, picture: Image, side: int) -> None:
        """Put a square *picture* there, *side* pixels wide, its bottom left first."""
        image = PIL.Image.fromarray(picture).resize((side, side))
        self._figure.figimage(np.asarray(image), round(x), round(y))

    def picture(self, x: float, y: float, picture: Image) -> None:
        """Put *picture* there as it is, its bottom left first."""
        self._figure.figimage(picture, round(x), round(y), origin="upper")

    def png(self) -> bytes:
        file = io.BytesIO()
        # without the default metadata, which names a version
        self._figure.savefig(file, format="png", metadata={"Software": None})
        return file.getvalue()

    def _add(self, x: Floats, y: Floats, **look: Any) -> None:
        line = Line2D(x, y, transform=IdentityTransform(), **look)
        self._figure.add_artist(line, clip=False)


class TextMeasure:
    """How wide words are, in pixels."""

    def __init__(self) -> None:
        self._renderer = RendererAgg(1, 1, DPI)

    def __call__(self, text: str, font: Font) -> float:
        size = self._renderer.get_text_width_height_descent(text, font, ismath=False)
        return float(size[0])


def font(families: Sequence[str], size: float, *, bold: bool = False) -> Font:
    """Return a font *size* pixels high; each family stands in for those before."""
    weight = "bold" if bold else "normal"
    return Font(family=list(families), size=pixels(size), weight=weight)


def height(face: Font) -> float:
    """Return how many pixels high a font is."""
    return float(face.get_size_in_points()) * DPI / 72


def pixels(size: float) -> float:
    """Return *size* pixels in points, in which matplotlib takes fonts and lines."""
    return size * 72 / DPI
