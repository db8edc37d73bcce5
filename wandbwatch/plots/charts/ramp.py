"""Colours for amounts: from the background through blue to a light yellow."""

from __future__ import annotations

import numpy as np

from wandbwatch.plots import palette
from wandbwatch.plots.canvas import Image
from wandbwatch.plots.scale import Floats

_STOPS = (0.0, 0.08, 0.35, 0.6, 0.8, 1.0)
_COLOURS = (palette.BACKGROUND, "#243f63", "#2f6fae", "#38a5b8", "#8fd6a0", "#fbf3b0")
"""Lighter with every step, so that it says the same without any hue."""


def shade(amounts: Floats) -> Image:
    """Return red green blue alpha of amounts from 0 to 1, of whatever shape."""
    clipped = np.clip(np.nan_to_num(amounts), 0.0, 1.0)
    stops = np.array([_channels(colour) for colour in _COLOURS])
    parts = [np.interp(clipped, _STOPS, stops[:, i]) for i in range(3)]
    parts.append(np.full_like(clipped, 255.0))
    return np.stack(parts, axis=-1).round().astype(np.uint8)


def colour(amount: float) -> str:
    """Return the colour of an amount from 0 to 1 as lines have it, never too dark."""
    red, green, blue, _ = shade(np.array([0.3 + 0.7 * amount]))[0].tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
