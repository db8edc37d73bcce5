"""Words as this picture's fonts write them, and how wide they come out."""

from __future__ import annotations

from collections.abc import Iterable

from wandbwatch.figure import labels, layout
from wandbwatch.figure.canvas import Font, Measure, font
from wandbwatch.figure.fonts import fonts_for


class Pen:
    def __init__(self, texts: Iterable[str]) -> None:
        """Choose fonts that can write *texts*, which come from W&B."""
        fonts = fonts_for(labels.clean(text) for text in texts)
        families = list(fonts.families)
        self._missing = fonts.missing
        self._measure = Measure()
        self.small = font(families, layout.LINE)
        self.headline = font(families, layout.HEADLINE, bold=True)

    def clean(self, text: str) -> str:
        return labels.without_glyphs(labels.clean(text), self._missing)

    def width(self, text: str) -> float:
        """Return how many pixels wide *text* is in small words."""
        return self._measure(text, self.small) if text else 0.0

    def shorten(self, text: str, width: float, face: Font) -> str:
        """Clean *text* and cut its middle out until it is *width* pixels wide."""
        return labels.shorten(
            self.clean(text), lambda shorter: self._measure(shorter, face) <= width
        )
