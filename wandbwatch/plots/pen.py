"""Words as this picture's fonts write them, and how wide they come out."""

from __future__ import annotations

from collections.abc import Iterable

from wandbwatch.plots import labels, layout
from wandbwatch.plots.canvas import Canvas, Font, TextMeasure, font, height
from wandbwatch.plots.emoji import emoji, is_stand_in, parts
from wandbwatch.plots.fonts import fonts_for

_LARGER = 1.1
"""How many times as high as its font an emoji is, to look as large as a capital."""
_BELOW = 0.2


class Pen:
    """Writes in two sizes: ``small`` and ``headline``."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Choose fonts that can write *texts*, which come from W&B."""
        fonts = fonts_for(labels.clean(text) for text in texts)
        self._emoji = emoji(fonts.missing)
        self._missing = fonts.missing - self._emoji.stand_ins.keys()
        self._measure = TextMeasure()
        self.small = font(fonts.families, layout.LINE)
        self.headline = font(fonts.families, layout.HEADLINE, bold=True)

    def clean(self, text: str) -> str:
        """Return *text* as it can be written, emoji stood in for."""
        drawable = labels.without_glyphs(labels.clean(text), self._missing)
        return self._emoji.put(drawable)

    def shorten(self, text: str, width: float, face: Font) -> str:
        """Clean *text* and cut its middle out until it is *width* pixels wide."""
        return labels.shorten(
            self.clean(text), lambda shorter: self._width(shorter, face) <= width
        )

    def width(self, text: str) -> float:
        """Return how many pixels wide *text* is in small words."""
        return self._width(text, self.small)

    def write(
        self,
        canvas: Canvas,
        at: tuple[float, float],
        text: str,
        colour: str,
        face: Font | None = None,
    ) -> None:
        """Write *text* in small words, or in *face*; its baseline begins *at*."""
        face = face or self.small
        x, y = at
        for part in parts(text):
            if is_stand_in(part):
                side = self._width(part, face)
                picture = self._emoji.pictures[part]
                canvas.stamp(x, y - side * _BELOW, picture, round(side))
            elif words := part.strip():
                before = len(part) - len(part.lstrip())
                canvas.write(x + before * self._space(face), y, words, face, colour)
            x += self._width(part, face)

    def _width(self, text: str, face: Font) -> float:
        return sum(self._part_width(part, face) for part in parts(text))

    def _part_width(self, part: str, face: Font) -> float:
        if is_stand_in(part):
            return height(face) * _LARGER
        words = part.strip()
        around = (len(part) - len(words)) * self._space(face)
        return around + (self._measure(words, face) if words else 0.0)

    def _space(self, face: Font) -> float:
        return self._measure("n n", face) - self._measure("nn", face)
